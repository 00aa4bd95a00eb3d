// Starts an API whose way to its database leads through a fault proxy.

import type { ConnectOptions } from '../../src/databases/postgres/connect.ts'
import type { Random } from '../hostile/random.ts'
import { type ApiUnderTest, startApi } from '../support/api-under-test.ts'
import { cloneDatabase, createTemplate, type Server } from '../support/databases.ts'
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts'
import { tablesSql } from './tables.ts'

export interface Proxied {
  readonly api: ApiUnderTest
  readonly proxy: FaultProxy
  /** Name of the database, which only this API uses. */
  readonly database: string
  close(): Promise<void>
}

export async function startProxied(server: Server, random: Random, options: Partial<ConnectOptions>): Promise<Proxied> {
  const template = await createTemplate(server, 'faults', async client => void (await client.query(tablesSql)))
  const database = await cloneDatabase(server, template)
  const proxy = await startFaultProxy(database.config, random)
  const config = { ...database.config, host: '127.0.0.1', port: proxy.port, connectionTimeoutMillis: 2_000 }
  const api = await startApi('open', { ...database, config }, options)
  return {
    api,
    proxy,
    database: config.database,
    close: async () => {
      // First, so that nobody waits for what is frozen.
      await proxy.close()
      await api.close()
    },
  }
}
