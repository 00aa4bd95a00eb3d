// Finds a port that nobody listens on.
import { createServer } from 'node:net'

/** On 127.0.0.1; somebody else may take it before its caller does. */
export function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
