// Creates a database on a server.
import pg from 'pg'
import type { DatabaseConfig } from './database-config.ts'
import { codeOf } from './embedded-error.ts'

export interface CreateOptions {
  /** The database to copy; nobody may be connected to it. */
  readonly template?: string
  /** Leave a database of this name as it is, instead of failing. */
  readonly ifMissing?: boolean
}

/**
 * @param config of any database on the server, such as `postgres`
 * @returns the configuration for the new database
 * @example const app = await createDatabase(server.config, 'app', { ifMissing: true })
 */
export async function createDatabase<C extends pg.ClientConfig | DatabaseConfig>(
  config: C,
  name: string,
  options: CreateOptions = {},
): Promise<C & { database: string }> {
  const client = new pg.Client(config)
  await client.connect()
  try {
    const template = options.template ? ` template ${pg.escapeIdentifier(options.template)}` : ''
    await client.query(`create database ${pg.escapeIdentifier(name)}${template}`)
  } catch (error) {
    // 42P04: the database exists. 23505: another session creates it at this very moment.
    if (!options.ifMissing || !['42P04', '23505'].includes(codeOf(error) ?? '')) throw error
  } finally {
    await client.end()
  }
  return { ...config, database: name }
}
