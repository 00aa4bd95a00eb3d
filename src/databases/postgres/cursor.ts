// One cursor on a connection of the driver: a transaction of its own, in which each fetch is a statement with its own time limit.
// A portal that is only suspended (as pg-cursor leaves it between two reads) would run into that limit while a slow client reads.
import type { Socket } from 'node:net'
import type pg from 'pg'
import type { Statement, Waiting } from '../database.ts'
import { cancelStatement } from './cancel-statement.ts'
import { DriverQuery } from './driver-query.ts'
import type { TextRow } from './text-rows.ts'

/** How often a running statement looks whether its caller is there. */
const lookMs = 20
/** How long the server may be silent beyond the time limit of a statement. */
const graceMs = 2_000

/**
 * All rows will be fetched, so the plan is to be the best for all of them. A server's own limit on idling between two fetches is for those who
 * forgot their transaction; ours is that the client reads.
 */
const begin = (mayRest: boolean) =>
  `begin; set local cursor_tuple_fraction = 1; set local idle_in_transaction_session_timeout = ${mayRest ? '0' : "'10min'"}`

export interface CursorOptions {
  readonly pool: pg.Pool
  readonly statementTimeoutMs: number
  readonly onStatement: ((text: string) => void) | undefined
  /** However long it is between two fetches. */
  readonly mayRest: boolean
}

export interface Cursor {
  /** Fewer than `count` at the end. */
  fetch(count: number): Promise<readonly TextRow[]>
  /** Gives the connection back; nothing happens the second time. */
  close(): Promise<void>
}

/** @throws errors of the driver as they come; after one the connection is gone */
export async function openCursor(
  { pool, statementTimeoutMs, onStatement, mayRest }: CursorOptions,
  statement: Statement,
  waiting: Waiting,
): Promise<Cursor> {
  const client = await pool.connect()
  let isOpen = true
  const release = (isBroken: boolean) => {
    if (isOpen) client.release(isBroken)
    isOpen = false
  }

  async function guard<T>(work: Promise<T>): Promise<T> {
    const since = performance.now()
    let cancelling: Promise<void> | undefined
    const looking = setInterval(() => {
      if (waiting.isGone()) cancelling ??= cancelStatement(client)
      if (performance.now() - since > statementTimeoutMs + graceMs) socketOf(client).destroy()
    }, lookMs)
    try {
      return await work
    } catch (error) {
      release(true)
      throw error
    } finally {
      clearInterval(looking)
      // The connection is not given back before the cancel has been handled, so that it never hits a neighbour's statement.
      if (cancelling) await cancelling
    }
  }

  function run(text: string, values: Statement['values'] = []): Promise<readonly TextRow[]> {
    onStatement?.(text)
    return guard(
      new Promise((resolve, reject) => {
        const unnamed = { name: '', text, values }
        client.query(new DriverQuery(unnamed, '', (error, rows) => (error ? reject(error) : resolve(rows))))
      }),
    )
  }

  await guard(client.query(begin(mayRest)))
  await run(`declare export no scroll cursor for ${statement.text}`, statement.values)
  return {
    fetch: count => run(`fetch ${count} from export`),
    async close() {
      if (!isOpen) return
      // As any statement outside a transaction ends.
      await guard(client.query('commit')).catch(() => undefined)
      release(false)
    },
  }
}

function socketOf(client: pg.PoolClient): Socket {
  return (client as unknown as { readonly connection: { readonly stream: Socket } }).connection.stream
}
