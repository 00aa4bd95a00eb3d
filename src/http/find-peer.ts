// Says who asks as the connection tells it, whoever may stand behind.
import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import type { Client } from '../request/http-request.ts'

export function findPeer({ socket, headers }: IncomingMessage): Client {
  return {
    address: toPlainAddress(socket.remoteAddress ?? ''),
    scheme: (socket as Partial<TLSSocket>).encrypted ? 'https' : 'http',
    host: headers.host ?? '',
  }
}

/** `::ffff:10.0.0.1` is 10.0.0.1, as it is met on a socket for both families. */
export function toPlainAddress(address: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address
}
