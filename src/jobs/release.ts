// Gives back commands that were claimed and never begun, or were cut off by our own end: as if they had not been claimed.
import type { Statement } from '../databases/database.ts'
import { given, isOurs, type Ours, oursOf } from './finish.ts'
import { prepared, type Queue } from './queue.ts'

export function release(queue: Queue, owner: string, ours: readonly Ours[]): Statement {
  const { table, id } = queue
  const text = `update ${table} as q set
      status = case when q.cancel_requested_at is null then 'pending' else 'cancelled' end,
      finished_at = case when q.cancel_requested_at is null then null else now() end,
      attempts = q.attempts - 1, started_at = null, updated_at = now(), lease_owner = null, lease_until = null
    from ${given(queue)} where q.${id} = g.id and ${isOurs} returning q.${id}::text`
  return prepared(text, oursOf(owner, ours))
}
