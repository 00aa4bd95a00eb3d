// Keeps commands ours for another while, and tells which of them are to be cancelled, and which are not ours any more.
import type { Statement } from '../databases/database.ts'
import { isTrue, type Rows, textOf } from '../formats/rows.ts'
import { given, isOurs, type Ours, oursOf } from './finish.ts'
import { prepared, type Queue } from './queue.ts'

/** What is locked, such as by its own outcome that is just written, is left as it is and is ours all the same. */
export function renew(queue: Queue, owner: string, ours: readonly Ours[], leaseMs: number): Statement {
  const { table, id } = queue
  const text = `with held as (
      select q.${id} as id from ${table} as q join ${given(queue)} on q.${id} = g.id where ${isOurs} for update of q skip locked
    ), renewed as (
      update ${table} as q set lease_until = now() + $4::float8 * interval '1 ms' from held where q.${id} = held.id
    )
    select q.${id}::text, q.cancel_requested_at is not null from ${table} as q join ${given(queue)} on q.${id} = g.id where ${isOurs}`
  return prepared(text, [...oursOf(owner, ours), String(leaseMs)])
}

/** By id: whether it is to be cancelled. */
export function readRenewed(rows: Rows): ReadonlyMap<string, boolean> {
  const held = new Map<string, boolean>()
  for (let i = 0; i < rows.length; i += 1) {
    const row = rows.at(i)
    held.set(textOf(row, 0) ?? '', isTrue(row, 1))
  }
  return held
}
