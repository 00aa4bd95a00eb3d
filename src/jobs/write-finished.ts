// Writes that commands have succeeded where they are still ours and their givers may still give them.
import type { Transaction } from '../databases/database.ts'
import { isTrue } from '../formats/rows.ts'
import { readIds } from './claim.ts'
import { finish, type Ours } from './finish.ts'
import { type GiverCheck, isRevokedTable } from './giver-holds.ts'
import { prepared, type Queue } from './queue.ts'

export interface Finished {
  readonly owner: string
  readonly ours: readonly Ours[]
  /** The same for all of them. */
  readonly check: GiverCheck
}

/** @returns the ids of those that have succeeded */
export async function writeFinished(
  queue: Queue,
  { owner, ours, check }: Finished,
  run: Transaction['run'],
): Promise<ReadonlySet<string>> {
  const done = await run(finish(queue, owner, ours, check), readIds)
  if (check !== 'token, no table' || done.size === ours.length) return done
  // The first token of all may have been revoked since the claim, for which the table was made.
  if (!(await run(findTable, rows => isTrue(rows.at(0), 0)))) return done
  const left = ours.filter(one => !done.has(one.id))
  return new Set([...done, ...(await run(finish(queue, owner, left, 'token'), readIds))])
}

const findTable = prepared(`select ${isRevokedTable}`, [])
