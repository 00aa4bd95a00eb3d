// Writes that commands have succeeded, where they are still ours: the fence that a late worker does not pass.
import type { Statement } from '../databases/database.ts'
import { listType } from './fill-keys.ts'
import { type GiverCheck, giverHolds } from './giver-holds.ts'
import { prepared, type Queue } from './queue.ts'

export interface Ours {
  readonly id: string
  readonly attempt: number
  /** To be written with the outcome, as JSON text. */
  readonly progress?: string | null
}

/** `q` is a row, `g` one of the commands that are meant, `$1` the owner. */
export const isOurs = `q.lease_owner = $1::text and q.attempts = g.attempt and q.status = 'running'`

export function given({ key }: Queue): string {
  return `unnest($2::${listType(key)}, $3::int4[]) as g(id, attempt)`
}

export function oursOf(owner: string, ours: readonly Ours[]): Statement['values'] {
  return [owner, ours.map(one => one.id), ours.map(one => String(one.attempt))]
}

/**
 * @param check of those who gave them: they have to be able to do so still
 * @returns a statement that gives back the ids of those that have succeeded
 */
export function finish(queue: Queue, owner: string, ours: readonly Ours[], check: GiverCheck): Statement {
  const { table, id, key } = queue
  const tells = ours.some(one => one.progress)
  const text = `update ${table} as q set status = 'succeeded', finished_at = now(), updated_at = now(), error = null,
      lease_owner = null, lease_until = null${tells ? ", progress = coalesce(nullif(g.progress, '')::jsonb, q.progress)" : ''}
    from ${tells ? `unnest($2::${listType(key)}, $3::int4[], $4::text[]) as g(id, attempt, progress)` : given(queue)}
    where q.${id} = g.id and ${isOurs} and q.cancel_requested_at is null ${giverHolds(check)} returning q.${id}::text`
  const values = oursOf(owner, ours)
  return prepared(text, tells ? [...values, ours.map(one => one.progress ?? '')] : values)
}
