// Looks at the sessions of one database, and ends them; never those of another.
import type pg from 'pg'
import { withClient } from '../../src/databases/postgres/with-client.ts'
import type { Server } from '../support/provided.ts'

/** Ids of the processes that serve a database and for which the condition holds; our own look is not among them. */
export function sessionsOf(server: Server, database: string, where = 'true'): Promise<readonly number[]> {
  return withClient(server.config as pg.ClientConfig, async client => {
    const { rows } = await client.query<{ pid: number }>(
      `select pid from pg_stat_activity where datname = $1 and backend_type = 'client backend' and (${where})`,
      [database],
    )
    return rows.map(row => row.pid)
  })
}

/** @returns how many were ended */
export function endSessions(server: Server, database: string, where = 'true'): Promise<number> {
  return withClient(server.config as pg.ClientConfig, async client => {
    // Chosen first, ended after, or the planner could end all sessions of the server.
    const { rows } = await client.query(
      `with ours as materialized (select pid from pg_stat_activity where datname = $1 and backend_type = 'client backend' and (${where})) select pg_terminate_backend(pid) from ours`,
      [database],
    )
    return rows.length
  })
}
