// Follows the connections of a server, so that it can stop without cutting off an answer and without taking a request that nobody will answer.
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Server as NetServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** How long a connection that has not asked yet may still do so. */
const graceMs = 300
/** The same of one that was answered before: its next request may be on the way. */
const keptGraceMs = 100
/** How long we read and drop what still comes after the last answer, so that the client can read that answer. */
const lingerMs = 1_000

export interface StopOptions {
  /** Until no connection is accepted any more; answers say `Connection: close` from the beginning. */
  readonly delayMs: number
  /** After the delay; who is not answered by then is cut off. */
  readonly timeoutMs: number
}

export interface Connections {
  follow(server: Server): void
  /** False for a request that came after the last answer of its connection: it is not to be looked at. */
  takes(request: IncomingMessage, response: ServerResponse): boolean
  /** Whether the answer that is about to be sent is the last one of its connection. */
  isLast(request: IncomingMessage): boolean
  /** Resolves once what runs is answered and all connections are closed. */
  stop(options: StopOptions): Promise<void>
}

interface Followed {
  /** Requests that were taken and are not answered to the end. */
  waiting: number
  asked: boolean
  /** Takes no further request. */
  sealed: boolean
}

export function followConnections(): Connections {
  const open = new Map<Socket, Followed>()
  let server: Server
  let stopping: Promise<void> | undefined

  function seal(socket: Socket, one: Followed): void {
    one.sealed = true
    // node closes both ways after an answer that says so; what the client was just sending would then reset the connection, with the answer unread.
    socket.destroySoon = () => endGently(socket)
  }

  /** No request, or no further one, is answered here. */
  function sealIdle(isMeant: (one: Followed) => boolean): void {
    for (const [socket, one] of open) {
      if (one.sealed || !isMeant(one)) continue
      seal(socket, one)
      if (one.waiting === 0) endGently(socket)
    }
  }

  async function stop({ delayMs, timeoutMs }: StopOptions): Promise<void> {
    if (delayMs > 0) await sleep(delayMs)
    const closed = new Promise<void>(resolve => server.once('close', resolve))
    // Not the close of http.Server: it destroys connections whose answer is not read to its end yet.
    NetServer.prototype.close.call(server)
    const timers = [
      setTimeout(() => sealIdle(({ asked }) => asked), keptGraceMs),
      setTimeout(() => sealIdle(() => true), graceMs),
      setTimeout(() => server.closeAllConnections(), timeoutMs),
    ]
    await closed
    for (const timer of timers) clearTimeout(timer)
    // Now that there are none, for its timers.
    server.close()
  }

  return {
    follow(given) {
      server = given
      const track = (socket: Socket) => {
        open.set(socket, { waiting: 0, asked: false, sealed: false })
        socket.once('close', () => open.delete(socket))
      }
      server.on('connection', track)
      if (!('setSecureContext' in server)) return
      // Over TLS a request comes on a socket that wraps the connection; before the handshake is done there is the connection alone.
      const handshakes = new Map<string, Socket>()
      const nameOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`
      server.on('connection', (socket: Socket) => {
        const name = nameOf(socket)
        handshakes.set(name, socket)
        socket.once('close', () => handshakes.get(name) === socket && handshakes.delete(name))
      })
      server.on('secureConnection', (socket: Socket) => {
        const plain = handshakes.get(nameOf(socket))
        if (plain) open.delete(plain)
        track(socket)
      })
    },
    takes({ socket }, response) {
      const one = open.get(socket)
      if (!one) return true
      if (one.sealed) return false
      one.waiting += 1
      one.asked = true
      response.once('close', () => {
        one.waiting -= 1
        if (one.sealed && one.waiting === 0) endGently(socket)
      })
      return true
    },
    isLast({ socket }) {
      if (!stopping) return false
      const one = open.get(socket)
      // Pipelined ones come after it.
      if (!one || one.waiting > 1) return false
      seal(socket, one)
      return true
    },
    stop(options) {
      stopping ??= stop(options)
      return stopping
    },
  }
}

/** Says that nothing more will come, and waits a while for the client to say the same. */
function endGently(socket: Socket): void {
  if (socket.destroyed || socket.writableEnded) return
  socket.end()
  socket.resume()
  const timer = setTimeout(() => socket.destroy(), lingerMs)
  socket.once('close', () => clearTimeout(timer))
}
