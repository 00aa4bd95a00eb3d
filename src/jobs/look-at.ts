// Looks at a command whose outcome could not be written: whether it is still ours, and whether it is to be cancelled.
import type { Statement } from '../databases/database.ts'
import { isTrue, type Rows } from '../formats/rows.ts'
import { given, isOurs, type Ours, oursOf } from './finish.ts'
import { prepared, type Queue } from './queue.ts'

export function lookAt(queue: Queue, owner: string, one: Ours): Statement {
  const text = `select q.cancel_requested_at is not null from ${queue.table} as q join ${given(queue)} on q.${queue.id} = g.id where ${isOurs}`
  return prepared(text, oursOf(owner, [one]))
}

/** Null where it is not ours any more. */
export function readLook(rows: Rows): { readonly isCancelled: boolean } | null {
  return rows.length === 0 ? null : { isCancelled: isTrue(rows.at(0), 0) }
}
