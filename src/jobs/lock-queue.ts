// Lets one worker at a time claim from a table: the next statement of the transaction then sees all that was claimed before.
import type { Statement } from '../databases/database.ts'
import { prepared, type Queue } from './queue.ts'

export function lockQueue({ table }: Queue): Statement {
  const name = table.replaceAll("'", "''")
  return prepared(`select pg_advisory_xact_lock(hashtext('colonnade.requests'), '${name}'::regclass::oid::int4)`, [])
}
