// Connects to PostgreSQL: a pool of pinned sessions, one statement a read, cancelled when nobody waits.
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { ApiError } from '../../errors/api-error.ts'
import type { Database, ResultRow, Statement, Waiting } from '../database.ts'
import { cancelStatement } from './cancel-statement.ts'
import { postgres } from './dialect.ts'
import { findWarnings } from './find-warnings.ts'
import { introspect } from './introspect.ts'
import { listenTo } from './listen.ts'
import { ReadQuery } from './read-query.ts'
import { sessionSettings } from './session.ts'
import { sqlTypeOf } from './sql-type-of.ts'
import { codeOf, SchemaChangedError, toApiError } from './to-api-error.ts'

export interface ConnectOptions {
  readonly config: pg.ClientConfig
  readonly statementTimeoutMs?: number
  /** Connections at most. */
  readonly poolSize?: number
  /** False for a pooler that keeps no prepared statements. */
  readonly prepare?: boolean
  /** Called for errors of idle connections, which concern no request. */
  readonly onError?: (error: Error) => void
  /** Called with each statement that runs: for counting in tests and tracing. */
  readonly onStatement?: (text: string) => void
}

/** Prepared statements that a connection may hold before it is replaced: the server keeps each of them in memory. */
const maxPrepared = 1000

export function connectPostgres({
  config,
  statementTimeoutMs = 10_000,
  poolSize = 10,
  prepare = true,
  onError,
  onStatement,
}: ConnectOptions): Database {
  const settings = sessionSettings(statementTimeoutMs)
  const pool = new pg.Pool({
    ...config,
    max: poolSize,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 60_000,
    allowExitOnIdle: false,
    onConnect: async client => {
      // A connection can break between two of its statements: the next one tells, or the pool where it idles.
      client.on('error', () => undefined)
      await client.query(settings)
    },
  })
  pool.on('error', error => onError?.(error))
  const prepared = new WeakMap<pg.PoolClient, Set<string>>()

  /** Whether the connection now holds so many prepared statements that it is better replaced: each takes memory in the server. */
  function isFull(client: pg.PoolClient, name: string | undefined): boolean {
    if (name === undefined) return false
    const names = prepared.get(client) ?? new Set()
    prepared.set(client, names.add(name))
    return names.size >= maxPrepared
  }

  async function run(statement: Statement, waiting: Waiting, name: string | undefined): Promise<readonly ResultRow[]> {
    const client = await pool.connect()
    let gone = false
    let running = false
    let broken = false
    let cancelling: Promise<void> | undefined
    const stop = waiting.onGone(() => {
      gone = true
      if (running) cancelling = cancelStatement(client)
    })
    try {
      if (gone) throw hungUp()
      running = true
      onStatement?.(statement.text)
      return await new Promise<readonly ResultRow[]>((resolve, reject) => {
        client.query(new ReadQuery(statement, name ?? '', (error, rows) => (error ? reject(error) : resolve(rows))))
      })
    } catch (error) {
      broken = running && isBroken(error)
      throw gone ? hungUp() : error
    } finally {
      stop()
      // The connection is not given back before the cancel has been handled, so that it never hits a neighbour's statement.
      if (cancelling) await cancelling
      client.release(broken || isFull(client, name))
    }
  }

  return {
    dialect: postgres,
    sqlTypeOf,
    async read(statement, waiting) {
      try {
        return await run(statement, waiting, prepare ? statement.name : undefined)
      } catch (error) {
        // The table changed under a prepared statement: once more, parsed anew.
        if (codeOf(error) !== '0A000' || !prepare) throw toApiError(error)
        return await run(statement, waiting, undefined).catch((again: unknown) => Promise.reject(toApiError(again)))
      }
    },
    async introspect() {
      let client: pg.PoolClient | undefined
      try {
        client = await pool.connect()
        return await introspect(client)
      } catch (error) {
        throw toApiError(error)
      } finally {
        client?.release()
      }
    },
    isSchemaChange: error => error instanceof SchemaChangedError,
    listen: onMessage => listenTo(config, onMessage, onError ?? (() => undefined)),
    async secret() {
      const made = randomBytes(32).toString('base64url')
      try {
        return (await keepSecret((text, values) => pool.query<{ value: string }>(text, values), made)) ?? made
      } catch (error) {
        // A login that may not write: cursors then live as long as this process.
        if (codeOf(error) === '42501' || codeOf(error) === '25006') return made
        throw toApiError(error)
      }
    },
    warnings: () => findWarnings(text => pool.query<{ warning: string }>(text)),
    close: () => pool.end(),
  }
}

type Query = (text: string, values?: string[]) => Promise<{ readonly rows: readonly { readonly value: string }[] }>

/** The first process to come keeps its secret; all others take that one. */
async function keepSecret(query: Query, made: string): Promise<string | undefined> {
  const find = "select value from colonnade.settings where name = 'cursor_secret'"
  const there = await query("select 'x' as value where to_regclass('colonnade.settings') is not null")
  if (there.rows.length === 0) {
    // Lock first: two processes that create the same schema at once would both fail.
    await query(
      "do $$ begin perform pg_advisory_xact_lock(hashtext('colonnade.settings')); create schema if not exists colonnade; create table if not exists colonnade.settings (name text primary key, value text not null); end $$",
    )
  }
  const known = (await query(find)).rows[0]?.value
  if (known !== undefined) return known
  await query("insert into colonnade.settings values ('cursor_secret', $1) on conflict do nothing", [made])
  return (await query(find)).rows[0]?.value
}

/** Nobody reads this answer, and it is no failure of ours. */
function hungUp(): ApiError {
  return new ApiError('bad_request', 'The caller hung up.')
}

/** A connection whose state is not known any more: not one whose statement merely failed. */
function isBroken(error: unknown): boolean {
  const code = codeOf(error)
  // 0A000: it holds a prepared statement of a table that has changed.
  return (
    code === undefined ||
    code === '0A000' ||
    !/^[0-9A-Z]{5}$/.test(code) ||
    code.startsWith('57P') ||
    code.startsWith('08')
  )
}
