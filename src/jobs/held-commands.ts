// Holds what a worker has claimed of one table until its outcome is written, and says how much more to claim.
import type { Claimed } from './claim.ts'
import type { Attempt } from './perform-attempt.ts'

export interface Held {
  readonly claimed: Claimed
  readonly claimedAt: number
  /** Of the clock of this process: until then it is ours for certain. */
  leaseUntil: number
  /** Null until it is begun. */
  attempt: Attempt | null
  /** What its attempt has told of its progress last and nobody wrote, as JSON text. */
  progress: string | null
}

/** So many milliseconds of work are claimed ahead, where commands are done faster than they can be claimed. */
const aheadMs = 50
const maxAhead = 200
/** Of one claim, however many may be performed at a time. */
const maxClaim = 1_000
/** Commands that were claimed ahead wait so long at most: then others may have them. */
export const maxWaitMs = 250

export class HeldCommands {
  readonly #held = new Map<string, Held>()
  /** Claimed, not begun. */
  #waiting: Held[] = []
  #running = 0
  /** What one command takes, as it was lately. */
  #averageMs = aheadMs

  get all(): readonly Held[] {
    return [...this.#held.values()]
  }

  get running(): number {
    return this.#running
  }

  get isAnyWaiting(): boolean {
    return this.#waiting.length > 0
  }

  /** How many to claim now; 0 while enough is there. */
  wanted(concurrency: number): number {
    const waiting = this.#waiting.length
    // With outcomes that wait to be written, no more is claimed for a while.
    if (this.#held.size > Math.max(maxAhead, concurrency) * 2) return 0
    const ahead = Math.min(maxAhead, Math.ceil((concurrency * aheadMs) / Math.max(this.#averageMs, 0.1)))
    const level = Math.min(maxClaim, Math.max(concurrency, ahead))
    // Not by ones: a claim costs the same for many.
    if (level > concurrency) return waiting > level / 4 ? 0 : level - waiting
    return Math.min(maxClaim, Math.max(0, concurrency - this.#running - waiting))
  }

  /** It is ours from now on, and to be kept so. */
  hold(claimed: readonly Claimed[], claimedAt: number, leaseMs: number): readonly Held[] {
    const held = claimed.map((one): Held => {
      return { claimed: one, claimedAt, leaseUntil: claimedAt + leaseMs, attempt: null, progress: null }
    })
    for (const one of held) this.#held.set(one.claimed.id, one)
    return held
  }

  /** They wait to be begun. */
  line(up: readonly Held[]): void {
    this.#waiting.push(...up)
  }

  /** The next that is to be begun; null where none waits, or as many run as may. */
  begin(concurrency: number): Held | null {
    if (this.#running >= concurrency) return null
    const next = this.#waiting.shift()
    if (!next) return null
    this.#running += 1
    return next
  }

  /** One that was begun has come to its end, whatever that is. */
  ran(ms: number): void {
    this.#averageMs += (ms - this.#averageMs) * 0.1
    this.#running -= 1
  }

  /** @returns whether it was waiting still: it will not be begun */
  withdraw(one: Held): boolean {
    if (one.attempt || !this.#waiting.includes(one)) return false
    this.#waiting = this.#waiting.filter(other => other !== one)
    return true
  }

  /** None of those that wait will be begun. */
  withdrawAll(): readonly Held[] {
    return this.#waiting.splice(0)
  }

  /** Of what was claimed ahead, what waits behind a command that takes long. */
  withdrawOld(now: number): readonly Held[] {
    const [first] = this.#waiting
    if (!first || now - first.claimedAt < maxWaitMs) return []
    this.#averageMs = Math.max(this.#averageMs, aheadMs)
    return this.withdrawAll()
  }

  /** It is ours no more. Another claim of the same command stays. */
  drop(one: Held): void {
    if (this.#held.get(one.claimed.id) === one) this.#held.delete(one.claimed.id)
  }
}
