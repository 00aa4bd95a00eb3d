// Connects to PostgreSQL: reads over the wire path, all else over the driver's pool, in sessions whose settings are pinned.
import pg from 'pg'
import type { Rows } from '../../formats/rows.ts'
import type { Database, DatabaseFigures, Statement } from '../database.ts'
import { cursorSecret } from './cursor-secret.ts'
import { postgres } from './dialect.ts'
import { type Read, readByDriver } from './driver-reader.ts'
import { socketOf } from './end-client.ts'
import { findWarnings } from './find-warnings.ts'
import { introspect } from './introspect.ts'
import { listenTo } from './listen.ts'
import { sessionSettings } from './session.ts'
import { sqlTypeOf } from './sql-type-of.ts'
import { streamRows } from './stream-rows.ts'
import { SchemaChangedError, toApiError } from './to-api-error.ts'
import { toWriteError } from './to-write-error.ts'
import { runStatement, runTransaction } from './transaction.ts'
import { WirePool } from './wire/wire-pool.ts'

export interface ConnectOptions {
  readonly config: pg.ClientConfig
  readonly statementTimeoutMs?: number
  /** Connections at most, for reads; the driver's pool has as many again, and opens them when they are needed. */
  readonly poolSize?: number
  /** False for a pooler that keeps no prepared statements. */
  readonly prepare?: boolean
  /** False reads over the stock driver in place of our own wire path. */
  readonly wire?: boolean
  /** Bytes of one result, at most. */
  readonly maxResultBytes?: number
  /** Called for errors of idle connections, which concern no request. */
  readonly onError?: (error: Error) => void
  /** Called with each statement that runs: for counting in tests and tracing. */
  readonly onStatement?: (text: string) => void
}

/** What was begun is done, whether or not its caller waits. */
const nobodyLeaves = { isGone: () => false }

/** Prepared statements of a connection: the server keeps each of them in memory. */
const maxPrepared = 1000

/** How long the connections of the driver's pool may take to end. */
const closeMs = 2_000

export function connectPostgres({
  config,
  statementTimeoutMs = 10_000,
  poolSize = 10,
  prepare = true,
  wire = true,
  maxResultBytes = 64 * 1024 * 1024,
  onError = () => undefined,
  onStatement,
}: ConnectOptions): Database {
  const settings = sessionSettings(statementTimeoutMs)
  const pool = new pg.Pool({
    ...config,
    max: poolSize,
    connectionTimeoutMillis: 5_000,
    // The server ends a statement before; this is for one that has fallen silent.
    query_timeout: statementTimeoutMs + 5_000,
    idleTimeoutMillis: 60_000,
    allowExitOnIdle: false,
    onConnect: async client => {
      // A connection can break between two of its statements: the next one tells, or the pool where it idles.
      client.on('error', () => undefined)
      await client.query(settings)
    },
  })
  pool.on('error', onError)
  const clients = new Set<pg.PoolClient>()
  pool.on('connect', client => clients.add(client))
  pool.on('remove', client => clients.delete(client))
  /** Waits for those that are lent, but for none whose server has fallen silent. */
  async function endPool(): Promise<void> {
    const timer = setTimeout(() => {
      for (const client of clients) socketOf(client).destroy()
    }, closeMs)
    await pool.end()
    clearTimeout(timer)
  }
  const wirePool = wire
    ? new WirePool({
        ...{ config, settings, prepare, maxPrepared, maxResultBytes, statementTimeoutMs },
        ...{ maxConnections: poolSize, onError, onStatement },
      })
    : null
  const read: Read = wirePool
    ? (statement, waiting, take) => wirePool.read(statement, waiting, take)
    : readByDriver({ pool, prepare, onStatement })

  /** The driver does not tell who had to wait, only who waits. */
  function driverFigures(): DatabaseFigures {
    const { totalCount, idleCount, waitingCount } = pool
    return { connections: totalCount, busy: totalCount - idleCount, queued: waitingCount, waits: 0, waitedMs: 0 }
  }

  async function writeByDriver<T>(statement: Statement, take: (rows: Rows) => T): Promise<T> {
    const client = await pool.connect()
    let broken = true
    try {
      onStatement?.(statement.text)
      const result = await runStatement(client, statement, prepare, take)
      broken = false
      return result
    } finally {
      client.release(broken)
    }
  }

  return {
    dialect: postgres,
    sqlTypeOf,
    read: (statement, waiting, take) =>
      read(statement, waiting, take).catch((error: unknown) => Promise.reject(toApiError(error))),
    stream: streamRows({ pool, maxStreams: Math.max(1, Math.floor(poolSize / 2)), statementTimeoutMs, onStatement }),
    write: (statement, take, { grouped = false } = {}) =>
      (wirePool
        ? wirePool.read(statement, nobodyLeaves, take, grouped ? 'grouped' : 'alone')
        : writeByDriver(statement, take)
      ).catch((error: unknown) => Promise.reject(toWriteError(error))),
    transaction: work =>
      runTransaction({ pool, prepare, onStatement }, work).catch((error: unknown) =>
        Promise.reject(toWriteError(error)),
      ),
    async introspect() {
      let client: pg.PoolClient | undefined
      let failed = true
      try {
        client = await pool.connect()
        const schema = await introspect(client)
        failed = false
        return schema
      } catch (error) {
        throw toApiError(error)
      } finally {
        client?.release(failed)
      }
    },
    isSchemaChange: error => error instanceof SchemaChangedError,
    listen: (listener, channel) => listenTo(config, listener, onError, channel),
    secret: () =>
      cursorSecret((text, values) => pool.query<{ value: string }>(text, values)).catch((error: unknown) =>
        Promise.reject(toApiError(error)),
      ),
    warnings: () => findWarnings(text => pool.query<{ warning: string }>(text)),
    figures: () => ({ ...(wirePool && { wire: wirePool.figures() }), driver: driverFigures() }),
    async close() {
      await Promise.all([wirePool?.close(), endPool()])
    },
  }
}
