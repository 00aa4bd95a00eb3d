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

/** Milliseconds from now; null where nothing is known of. */
export function readNextDue(rows: Rows): number | null {
  const text = textOf(rows.at(0), 0)
  return text === null ? null : Math.max(0, Number(text))
}
