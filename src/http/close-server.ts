// Closes a server without cutting off an answer, and without waiting for those who ask nothing.
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

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
  server.on('connection', (socket: Socket) => {
    running.set(socket, 0)
    socket.once('close', () => running.delete(socket))
  })
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
