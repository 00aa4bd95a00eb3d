// Asks which of some registered clients are active: a command of one that was revoked is not performed.
import type { Statement } from '../databases/database.ts'
import { prepared } from './queue.ts'

export function findActive(names: readonly string[]): Statement {
  return prepared('select name from colonnade.clients where name = any ($1::text[]) and revoked_at is null', [names])
}
