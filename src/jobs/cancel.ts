// Cancels a command: at once while it waits, and once its worker lets go of it while it runs.
import type { Statement } from '../databases/database.ts'
import { type Rows, textOf } from '../formats/rows.ts'
import type { RequestState } from '../schema/request-columns.ts'
import { prepared, type Queue } from './queue.ts'

/** @param id as text */
export function cancel({ table, id, key }: Queue, which: string): Statement {
  const text = `with known as (select ${id} as id, status from ${table} where ${id} = $1::${key.sqlType} for update),
    done as (update ${table} as q set status = case q.status when 'pending' then 'cancelled' else q.status end,
        finished_at = case q.status when 'pending' then now() else q.finished_at end,
        cancel_requested_at = coalesce(q.cancel_requested_at, now()), updated_at = now()
      from known where q.${id} = known.id and known.status in ('pending', 'running') returning q.status)
    select known.status, (select status from done) from known`
  return prepared(text, [which])
}

export interface Cancelled {
  readonly was: RequestState
  /** `cancelled`, or `running` until its worker lets go; null where it was over. */
  readonly is: RequestState | null
}

/** Null where there is no such command. */
export function readCancelled(rows: Rows): Cancelled | null {
  if (rows.length === 0) return null
  const row = rows.at(0)
  return { was: textOf(row, 0) as RequestState, is: textOf(row, 1) as RequestState | null }
}
