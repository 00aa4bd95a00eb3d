// Writes how far a command has come, for those who follow it.
import type { Statement } from '../databases/database.ts'
import { given, isOurs, type Ours, oursOf } from './finish.ts'
import { prepared, type Queue } from './queue.ts'

export function writeProgress(queue: Queue, owner: string, one: Ours, progress: string): Statement {
  // A command that has changed its own row holds it until it ends: waiting for that would be waiting for oneself.
  const text = `with free as (
      select q.${queue.id} as id from ${queue.table} as q, ${given(queue)} where q.${queue.id} = g.id and ${isOurs}
      for no key update of q skip locked
    )
    update ${queue.table} as q set progress = $4::jsonb, updated_at = now() from free where q.${queue.id} = free.id`
  return prepared(text, [...oursOf(owner, [one]), progress])
}
