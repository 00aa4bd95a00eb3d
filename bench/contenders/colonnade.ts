// The product as it is shipped: policies, limits, request ids and error handling on; asked as a guest.
import api from '../../examples/videos/api.ts'
import { createServer } from '../../src/create-server.ts'
import { connectPostgres } from '../../src/databases/postgres/connect.ts'
import type { ServerContender } from '../contender.ts'

export const colonnade: ServerContender = {
  kind: 'server',
  checked: true,
  serve: ({ config, poolSize }) =>
    createServer({
      database: connectPostgres({ config, poolSize, onError: error => console.error(error) }),
      api: () => api,
      onError: error => console.error(error),
    }),
}
