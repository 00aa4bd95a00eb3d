// A read as the pool hands it to a connection, and what becomes of it.
import type { PendingRead } from '../../src/databases/postgres/wire/pending-read.ts'
import { type Rows, textOf } from '../../src/formats/rows.ts'

export interface Asked {
  readonly read: PendingRead
  /** The rows as texts. */
  readonly result: Promise<readonly (readonly (string | null)[])[]>
  /** Times that it was settled: once, at most. */
  readonly settled: () => number
}

export function takeRows(rows: Rows, columns = 1): (string | null)[][] {
  return Array.from({ length: rows.length }, (_, index) => {
    const row = rows.at(index)
    return Array.from({ length: columns }, (_, column) => textOf(row, column))
  })
}

/** @param name of the prepared statement; the text's own unless given */
export function makeRead(text: string, values: readonly (string | null)[] = [], name = text): Asked {
  const { promise, resolve, reject } = Promise.withResolvers<(string | null)[][]>()
  // A test may look at it later, or not at all.
  promise.catch(() => undefined)
  let settled = 0
  const read: PendingRead = {
    statement: { name, text, values },
    values,
    waiting: { isGone: () => false },
    since: performance.now(),
    flush: 0,
    settled: false,
    sent: 0,
    lost: 0,
    stale: false,
    writes: false as const,
    succeed(rows) {
      settled += 1
      read.settled = true
      try {
        resolve(takeRows(rows))
      } catch (error) {
        reject(error)
      }
    },
    fail(error) {
      settled += 1
      read.settled = true
      reject(error)
    },
  }
  return { read, result: promise, settled: () => settled }
}
