// Claims what is due of one table in a transaction of its own: the lock, then the keys that are missing, then the claim.
import type { Database, Transaction } from '../databases/database.ts'
import { type Claim, type Claimed, claim, readClaimed } from './claim.ts'
import { failKeyless, fillKeys, findKeyless, makeKeys, writeKeys } from './fill-keys.ts'
import { lockQueue } from './lock-queue.ts'
import type { Queue } from './queue.ts'
import { sayFailure, toFailure } from './to-failure.ts'

export interface ClaimSurroundings {
  readonly database: Database
  /** Told of a key that could not be made. */
  readonly onError: (error: unknown) => void
}

export function claimDue(
  queue: Queue,
  wanted: Claim,
  { database, onError }: ClaimSurroundings,
): Promise<readonly Claimed[]> {
  return database.transaction(async ({ run }) => {
    await run(lockQueue(queue), () => undefined)
    await giveKeys(queue, run, onError)
    return run(claim(queue, wanted), rows => readClaimed(rows, queue))
  })
}

async function giveKeys(queue: Queue, run: Transaction['run'], onError: (error: unknown) => void): Promise<void> {
  if (queue.request.key === null) return
  const byColumns = fillKeys(queue)
  if (byColumns) return run(byColumns, () => undefined)
  const made = await run(findKeyless(queue), rows => makeKeys(rows, queue))
  if (made.some(one => one.key !== null)) await run(writeKeys(queue, made), () => undefined)
  const [broken] = made.filter(one => one.key === null)
  if (!broken) return
  onError(broken.error)
  const failure = toFailure(broken.error)
  await run(failKeyless(queue, made, sayFailure(failure), failure.internal ?? ''), () => undefined)
}
