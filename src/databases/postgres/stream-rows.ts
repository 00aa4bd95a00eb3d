// Streams the rows of one statement in batches, the next one fetched when it is asked for: what is held does not grow with the result.
import type { Rows } from '../../formats/rows.ts'
import type { Database } from '../database.ts'
import { type Cursor, type CursorOptions, openCursor } from './cursor.ts'
import { hungUp } from './hung-up.ts'
import { StreamGate } from './stream-gate.ts'
import { type TextRow, TextRows } from './text-rows.ts'
import { toApiError } from './to-api-error.ts'

/** Few at first, for nothing is known of their size yet. */
const firstRows = 50
const maxRows = 500
const batchBytes = 256 * 1024
/** Rows grow larger on the way; a batch is at most so many times the last one. */
const growth = 4
const maxWaitMs = 5_000

export interface StreamSettings extends Omit<CursorOptions, 'mayRest'> {
  readonly maxStreams: number
}

export function streamRows({ maxStreams, ...options }: StreamSettings): Database['stream'] {
  const gate = new StreamGate(maxStreams, maxWaitMs)
  return async function* stream(statement, waiting, { isOfWorker: mayRest = false } = {}): AsyncGenerator<Rows> {
    const leave = mayRest ? () => undefined : await gate.enter()
    let cursor: Cursor | undefined
    try {
      if (waiting.isGone()) throw hungUp()
      cursor = await openCursor({ ...options, mayRest }, statement, waiting)
      let count = firstRows
      for (let isFirst = true; ; isFirst = false) {
        const rows = await cursor.fetch(count)
        const isLast = rows.length < count
        // What is read of the last batch needs no connection any more.
        if (isLast) {
          await cursor.close()
          leave()
        }
        if (isFirst || rows.length > 0) yield new TextRows(rows)
        if (isLast) return
        count = nextCount(rows)
      }
    } catch (error) {
      throw waiting.isGone() ? hungUp() : toApiError(error)
    } finally {
      await cursor?.close()
      leave()
    }
  }
}

function nextCount(rows: readonly TextRow[]): number {
  let bytes = 1
  for (const row of rows) for (const value of row) bytes += value?.length ?? 0
  const wanted = Math.floor((batchBytes * rows.length) / bytes)
  return Math.max(1, Math.min(wanted, rows.length * growth, maxRows))
}
