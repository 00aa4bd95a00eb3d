// Writes that an attempt came to nothing: the command waits for another, has failed, or was cancelled meanwhile.
import type { Statement } from '../databases/database.ts'
import { given, isOurs, type Ours, oursOf } from './finish.ts'
import { prepared, type Queue } from './queue.ts'

export interface Attempted {
  /** `{"code","message"}` for who may read the command. */
  readonly error: string
  /** For operators. */
  readonly internal: string | null
  /** There is no other attempt. */
  readonly isFinal: boolean
  /** Until the next one. */
  readonly delayMs: number
}

/** Gives back the status that it has now. */
export function letGo(
  queue: Queue,
  owner: string,
  one: Ours,
  { error, internal, isFinal, delayMs }: Attempted,
): Statement {
  const { table, id } = queue
  const isCancelled = 'q.cancel_requested_at is not null'
  const text = `update ${table} as q set
      status = case when ${isCancelled} then 'cancelled' when $6::bool then 'failed' else 'pending' end,
      error = case when q.cancel_requested_at is null and $6::bool then $4::jsonb end,
      last_error = $4::jsonb || jsonb_build_object('at', to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')),
      internal_error = $5::text,
      run_at = case when ${isCancelled} or $6::bool then q.run_at else now() + $7::float8 * interval '1 ms' end,
      finished_at = case when ${isCancelled} or $6::bool then now() end,
      updated_at = now(), lease_owner = null, lease_until = null, progress = coalesce($8::jsonb, q.progress)
    from ${given(queue)} where q.${id} = g.id and ${isOurs} returning q.status`
  const progress = one.progress ?? null
  return prepared(text, [...oursOf(owner, [one]), error, internal, isFinal ? 't' : 'f', String(delayMs), progress])
}
