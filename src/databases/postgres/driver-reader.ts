// Reads over the stock driver: a connection a read. For those who switch the wire path off.
import type pg from 'pg'
import type { Rows } from '../../formats/rows.ts'
import type { Statement, Waiting } from '../database.ts'
import { cancelStatement } from './cancel-statement.ts'
import { DriverQuery } from './driver-query.ts'
import { hungUp } from './hung-up.ts'
import { type TextRow, TextRows } from './text-rows.ts'
import { codeOf } from './to-api-error.ts'

/** Prepared statements that a connection may hold before it is replaced: the server keeps each of them in memory. */
const maxPrepared = 1000
/** How often a running statement looks whether its caller is there. */
const lookMs = 20

export interface DriverReaderOptions {
  readonly pool: pg.Pool
  readonly prepare: boolean
  readonly onStatement: ((text: string) => void) | undefined
}

export type Read = <T>(statement: Statement, waiting: Waiting, take: (rows: Rows) => T) => Promise<T>

/** @returns a function that throws the errors of the driver as they come */
export function readByDriver({ pool, prepare, onStatement }: DriverReaderOptions): Read {
  const prepared = new WeakMap<pg.PoolClient, Set<string>>()

  /** Whether the connection now holds so many prepared statements that it is better replaced. */
  function isFull(client: pg.PoolClient, name: string): boolean {
    if (name === '') return false
    const names = prepared.get(client) ?? new Set()
    prepared.set(client, names.add(name))
    return names.size >= maxPrepared
  }

  async function run(statement: Statement, waiting: Waiting, name: string): Promise<readonly TextRow[]> {
    const client = await pool.connect()
    let running = false
    let broken = false
    let cancelling: Promise<void> | undefined
    const looking = setInterval(() => {
      if (waiting.isGone()) cancelling ??= cancelStatement(client)
    }, lookMs)
    try {
      if (waiting.isGone()) throw hungUp()
      running = true
      onStatement?.(statement.text)
      return await new Promise((resolve, reject) => {
        client.query(new DriverQuery(statement, name, (error, rows) => (error ? reject(error) : resolve(rows))))
      })
    } catch (error) {
      broken = running && isBroken(error)
      throw waiting.isGone() ? hungUp() : error
    } finally {
      clearInterval(looking)
      // The connection is not given back before the cancel has been handled, so that it never hits a neighbour's statement.
      if (cancelling) await cancelling
      client.release(broken || isFull(client, name))
    }
  }

  return async (statement, waiting, take) => {
    const name = prepare ? statement.name : ''
    const rows = await run(statement, waiting, name).catch((error: unknown) => {
      // The table changed under a prepared statement: once more, parsed anew.
      if (codeOf(error) !== '0A000' || name === '') throw error
      return run(statement, waiting, '')
    })
    return take(new TextRows(rows))
  }
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
