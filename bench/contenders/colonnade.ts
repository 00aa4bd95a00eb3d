// The product as it is shipped: policies, limits, request ids and error handling on; asked as a guest, or with a token to write.
import api from '../../examples/videos/api.ts'
import { createServer, type ServerOptions } from '../../src/create-server.ts'
import { type ConnectOptions, connectPostgres } from '../../src/databases/postgres/connect.ts'
import type { ServerContender } from '../contender.ts'
import { responseCache } from '../product.ts'
import { jwtKey } from '../tokens.ts'

export const colonnade = makeColonnade({})

/**
 * @param connect what differs from the product's own way to the database
 * @param common options of its servers
 */
export function makeColonnade(connect: Partial<ConnectOptions>, common: Partial<ServerOptions> = {}): ServerContender {
  return {
    kind: 'server',
    checked: true,
    async serve({ config, poolSize }) {
      const onError = (error: unknown) => console.error(error)
      const start = (options: Partial<ServerOptions>) =>
        createServer({
          database: connectPostgres({ config, poolSize, onError, ...connect }),
          api: () => api,
          jwt: { key: jwtKey, algorithm: 'HS256' },
          onError,
          ...common,
          ...options,
        })
      const plain = await start({})
      const cached = await start(responseCache)
      return {
        port: plain.port,
        cachedPort: cached.port,
        async close() {
          await plain.close()
          await cached.close()
        },
      }
    },
  }
}
