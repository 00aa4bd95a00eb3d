// Closes a server without cutting off an answer, and without waiting for those who ask nothing.
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Server as TlsServer } from 'node:tls'

/** How long a connection that has not asked yet may still do so. */
const graceMs = 300

/**
 * Follows the connections of a server from its start; node:http itself waits for connections that never sent a request.
 * @returns a function that closes the server: it resolves once what runs is answered, or after `patienceMs`
 */
export function followConnections(server: Server): (patienceMs: number) => Promise<void> {
  /** How many requests of each connection are being answered. */
  const running = new Map<Socket, number>()
  const count = (socket: Socket, change: number) => {
    const before = running.get(socket)
    if (before !== undefined) running.set(socket, before + change)
  }
  const follow = (socket: Socket) => {
    running.set(socket, 0)
    socket.once('close', () => running.delete(socket))
  }
  if (server instanceof TlsServer) {
    // Over TLS a request comes on a socket that wraps the connection; before the handshake is done there is the connection alone.
    const handshakes = new Map<string, Socket>()
    const nameOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`
    server.on('connection', (socket: Socket) => {
      const name = nameOf(socket)
      handshakes.set(name, socket)
      follow(socket)
      socket.once('close', () => handshakes.get(name) === socket && handshakes.delete(name))
    })
    server.on('secureConnection', (socket: Socket) => {
      const plain = handshakes.get(nameOf(socket))
      if (plain) running.delete(plain)
      follow(socket)
    })
  } else server.on('connection', follow)
  for (const event of ['request', 'checkContinue', 'checkExpectation']) {
    server.on(event, ({ socket }: IncomingMessage, response: ServerResponse) => {
      count(socket, 1)
      response.once('close', () => count(socket, -1))
    })
  }
  return async patienceMs => {
    const closed = new Promise<void>(resolve => {
      server.close(() => resolve())
    })
    server.closeIdleConnections()
    const grace = setTimeout(() => {
      for (const [socket, requests] of running) if (requests === 0) socket.destroy()
    }, graceMs)
    const patience = setTimeout(() => server.closeAllConnections(), patienceMs)
    await closed
    clearTimeout(grace)
    clearTimeout(patience)
  }
}
