// Holds the answer to a request until a command is as its caller waits for, or the time is over. No connection to the database is taken meanwhile.

import type { Following } from './following/shared-reads.ts'
import { joinCommand } from './join-command.ts'
import type { Walk } from './read-records.ts'
import type { ReadAnswer } from './respond/read-answer.ts'
import { checkStillHolds, msUntilExpiry } from './still-holds.ts'

/**
 * @param walk of a GET of the one record
 * @param isAwaited whether there is nothing more to wait for; a command whose state the caller may not know is not waited for
 * @returns the record as it is then
 * @throws ApiError 404 once it is not there for the caller any more, 401 once his token has expired
 */
export async function holdCommand(
  walk: Walk,
  seconds: number,
  isAwaited: (answer: ReadAnswer) => boolean,
): Promise<ReadAnswer> {
  const { http, principal, runtime } = walk
  const { promise, resolve, reject } = Promise.withResolvers<ReadAnswer>()
  const since = performance.now()
  const release = runtime.followers.hold('answer')
  let following: Following | undefined
  let isOver = false
  const end = () => {
    isOver = true
    following?.refresh()
  }
  const timer = setTimeout(end, Math.min(seconds * 1000, Math.max(msUntilExpiry(principal, Date.now()), 0)))
  const unwatch = http.whenGone?.(() => resolve(gone))
  try {
    following = await joinCommand(walk, {
      told(answer) {
        const isHidden = !answer.state || answer.state.status === null
        if (isOver || isHidden || isAwaited(answer)) resolve(answer)
      },
      failed: reject,
      released: end,
    })
    if (isOver) following.refresh()
    const answer = await promise
    await checkStillHolds(principal)
    return answer
  } finally {
    clearTimeout(timer)
    unwatch?.()
    following?.leave()
    release()
    http.watch?.held?.(performance.now() - since)
  }
}

/** Nobody reads it. */
const gone: ReadAnswer = { body: '', headers: {} }
