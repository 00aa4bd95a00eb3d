// Writes how far a command has come, for those who follow it.
import type { Statement } from '../databases/database.ts'
import { given, isOurs, type Ours, oursOf } from './finish.ts'
import { prepared, type Queue } from './queue.ts'

export function writeProgress(queue: Queue, owner: string, one: Ours, progress: string): Statement {
  const text = `update ${queue.table} as q set progress = $4::jsonb, updated_at = now()
    from ${given(queue)} where q.${queue.id} = g.id and ${isOurs}`
  return prepared(text, [...oursOf(owner, [one]), progress])
}
