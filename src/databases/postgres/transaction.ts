// Runs statements in one transaction on a connection of the driver's pool.
import type pg from 'pg'
import type { Rows } from '../../formats/rows.ts'
import type { Statement, Transaction } from '../database.ts'
import { DriverQuery } from './driver-query.ts'
import { TextRows } from './text-rows.ts'
import { toWriteError } from './to-write-error.ts'

export interface TransactionOptions {
  readonly pool: pg.Pool
  readonly prepare: boolean
  readonly onStatement: ((text: string) => void) | undefined
}

/** @throws what the work throws, once all is undone; errors of the driver as they come */
export async function runTransaction<T>(
  { pool, prepare, onStatement }: TransactionOptions,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  const client = await pool.connect()
  let broken = true
  let isOver = false
  const onCommit: (() => void)[] = []
  try {
    await client.query('begin isolation level read committed')
    const result = await work({
      run: (statement, take) => {
        onStatement?.(statement.text)
        return runStatement(client, statement, prepare, take).catch((error: unknown) =>
          Promise.reject(toWriteError(error)),
        )
      },
      query: async (text, values) => {
        // The connection serves somebody else by then.
        if (isOver) throw new Error('The transaction is over: wait for every statement before the hook returns.')
        onStatement?.(text)
        const { rows, rowCount } = await client
          .query<Record<string, unknown>>(text, [...values])
          .catch((error: unknown) => Promise.reject(toWriteError(error)))
        return { rows, count: rowCount }
      },
      onCommit: call => void onCommit.push(call),
    })
    isOver = true
    const { command } = await client.query('commit')
    // Where a statement failed and somebody went on as if it had not, the server says ROLLBACK and no error.
    if (command !== 'COMMIT') throw new Error('A statement of the transaction failed, so that all of it is undone.')
    broken = false
    for (const call of onCommit) call()
    return result
  } catch (error) {
    isOver = true
    broken = !(await client.query('rollback').then(
      () => true,
      () => false,
    ))
    throw error
  } finally {
    client.release(broken)
  }
}

/** One statement by the driver, outside or inside a transaction. */
export function runStatement<T>(
  client: pg.ClientBase,
  statement: Statement,
  prepare: boolean,
  take: (rows: Rows) => T,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const query = new DriverQuery(statement, prepare ? statement.name : '', (error, rows) => {
      if (error) return reject(error)
      try {
        resolve(take(new TextRows(rows)))
      } catch (thrown) {
        reject(thrown)
      }
    })
    client.query(query)
  })
}
