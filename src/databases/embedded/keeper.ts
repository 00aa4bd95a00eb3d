// The session by which a process says that it is using an embedded server, and learns when it is the last one.
import pg from 'pg'
import type { DatabaseConfig } from './database-config.ts'

/**
 * A session with a shared advisory lock. The server drops it by itself when the process ends, in whatever way, so
 * that no list of users has to be kept in order.
 */
export interface Keeper {
  /** Such as `18.4`. */
  readonly version: string
  /** The data folder of the server at the other end. */
  readonly dataFolder: string
  /** Settles when the session is over, by whichever side. */
  readonly ended: Promise<void>
  isOpen(): boolean
  /** Gives up this process's claim; true when no other process has one. Ask under the folder's lock. */
  letGo(): Promise<boolean>
  end(): Promise<void>
}

const LOCK = '(1668246636, 1)'

export async function openKeeper(config: DatabaseConfig): Promise<Keeper> {
  const client: pg.Client & { unref?: () => void } = new pg.Client({
    ...config,
    application_name: 'colonnade keeper',
    options: '-c idle_session_timeout=0 -c statement_timeout=0',
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  })
  let open = true
  const ended = Promise.withResolvers<void>()
  client.on('error', () => {
    // A session that breaks also ends.
  })
  client.on('end', () => {
    open = false
    ended.resolve()
  })
  try {
    await client.connect()
    const found = await client.query<{ version: string; folder: string }>(
      `select current_setting('server_version') as version, current_setting('data_directory') as folder`,
    )
    await client.query(`select pg_advisory_lock_shared${LOCK}`)
    // The session alone shall not keep a process from ending.
    client.unref?.()
    return {
      version: found.rows[0]?.version ?? '',
      dataFolder: found.rows[0]?.folder ?? '',
      ended: ended.promise,
      isOpen: () => open,
      letGo: () => letGo(client),
      end: () => client.end(),
    }
  } catch (error) {
    await client.end().catch(() => undefined)
    throw error
  }
}

async function letGo(client: pg.Client): Promise<boolean> {
  await client.query(`select pg_advisory_unlock_shared${LOCK}`)
  const { rows } = await client.query<{ last: boolean }>(`select pg_try_advisory_lock${LOCK} as last`)
  return rows[0]?.last === true
}
