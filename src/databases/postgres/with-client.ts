// Lends a connection of the driver, for work that is no request: seeding, creating and dropping databases.
import pg from 'pg'

/** What a seed gets to run its statements on. */
export type { ClientBase as DatabaseClient } from 'pg'

/** Connects, works, and closes whatever happens. */
export async function withClient<T>(config: pg.ClientConfig, work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
  const client = new pg.Client(config)
  // A connection that is cut while it idles is told by the next statement.
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** @throws while somebody else is connected to it */
export async function dropDatabase(client: pg.ClientBase, name: string): Promise<void> {
  await client.query(`drop database if exists ${pg.escapeIdentifier(name)}`)
}
