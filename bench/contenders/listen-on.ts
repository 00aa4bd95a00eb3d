// Lets a server of a contender listen on any free port of this machine.
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Serving } from '../contender.ts'

export async function listenOn(server: Server): Promise<Serving> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
