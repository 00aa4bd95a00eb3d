// Asks when there will be something to do: the next command that becomes due, and the next lease that ends.
import type { Statement } from '../databases/database.ts'
import { type Rows, textOf } from '../formats/rows.ts'
import { prepared, type Queue } from './queue.ts'

export function nextDue({ table }: Queue): Statement {
  const text = `select extract(epoch from least(
      (select min(run_at) from ${table} where status = 'pending' and run_at > now() and isfinite(run_at)),
      (select min(lease_until) from ${table} where status = 'running' and isfinite(lease_until))) - now()) * 1000`
  return prepared(text, [])
}

/** In how many milliseconds to look again; for ever where nothing is known of. */
export function readNextDue(rows: Rows): number {
  const text = textOf(rows.at(0), 0)
  if (text === null) return Number.POSITIVE_INFINITY
  // Whose lease has ended and cannot be taken yet, because somebody holds the row, is looked at again a little later.
  return Number(text) <= 0 ? 200 : Math.max(Number(text), 20)
}
