// Takes commands from workers that are gone: their lease has ended.
import type { Statement } from '../databases/database.ts'
import { prepared, type Queue } from './queue.ts'

/** Gives back the status that each has now. */
export function expire({ table, id, request }: Queue): Statement {
  const isLast = `q.attempts >= $1::int4`
  const text = `update ${table} as q set
      status = case when q.cancel_requested_at is not null then 'cancelled' when ${isLast} then 'failed' else 'pending' end,
      error = case when q.cancel_requested_at is null and ${isLast} then $2::jsonb end,
      last_error = $2::jsonb || jsonb_build_object('at', to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')),
      internal_error = 'The worker ' || coalesce(q.lease_owner, 'that nobody knows') || ' was lost.',
      finished_at = case when q.cancel_requested_at is not null or ${isLast} then now() end,
      updated_at = now(), lease_owner = null, lease_until = null
    where q.${id} in (select ${id} from ${table} where status = 'running' and (lease_until < now() or lease_until is null) limit 1000 for update skip locked)
    returning q.status`
  const error = JSON.stringify({ code: 'lost', message: 'The worker that performed it was lost.' })
  return prepared(text, [String(request.attempts), error])
}
