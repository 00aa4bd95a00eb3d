// Begins a command that has failed or was cancelled anew, with all its attempts.
import type { Statement } from '../databases/database.ts'
import { prepared, type Queue } from './queue.ts'

/** Gives back a row where it was done. @param which the id as text */
export function retry({ table, id, key }: Queue, which: string): Statement {
  const text = `update ${table} set status = 'pending', attempts = 0, error = null, internal_error = null, progress = null,
      run_at = now(), started_at = null, finished_at = null, cancel_requested_at = null, updated_at = now()
    where ${id} = $1::${key.sqlType} and status in ('failed', 'cancelled') returning ${id}::text`
  return prepared(text, [which])
}
