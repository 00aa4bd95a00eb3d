// Counts the commands of a table that are not over, and tells how old the one is that has been due longest.
import type { Statement } from '../databases/database.ts'
import { type Rows, textOf } from '../formats/rows.ts'
import { prepared, type Queue } from './queue.ts'

export interface Depth {
  readonly pending: number
  readonly running: number
  /** Of the pending one that has been due for longest. */
  readonly oldestSeconds: number
}

export function countWaiting({ table }: Queue): Statement {
  const text = `select (select count(*) from ${table} where status = 'pending'), (select count(*) from ${table} where status = 'running'),
    coalesce(greatest(0, extract(epoch from now() - (select min(run_at) from ${table} where status = 'pending' and isfinite(run_at)))), 0)`
  return prepared(text, [])
}

export function readDepth(rows: Rows): Depth {
  const row = rows.at(0)
  const [pending, running, oldestSeconds] = [0, 1, 2].map(column => Number(textOf(row, column)))
  return { pending: pending ?? 0, running: running ?? 0, oldestSeconds: oldestSeconds ?? 0 }
}
