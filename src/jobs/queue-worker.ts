// Works through one table of commands: claims what is due, performs it, has what came of it written.
//
//            claim                       perform returns: finish
//   pending ───────> running ─────────────────────────────────────────> succeeded
//      ▲  │             │ │ │  perform throws, time is over: letGo
//      │  │ cancel      │ │ └──────────────────┬─── attempts used up ──> failed
//      │  └──> cancelled│ │                    │    (or a final failure, or its giver was revoked)
//      │                │ │ cancel asked, and  │
//      │                │ └─ the worker lets go ──────────────────────> cancelled
//      │                │                      │
//      └────────────────┴──────────────────────┘
//        lease ended: expire     attempts left: again after the backoff
//        never begun: release
//
// Every change out of `running` is fenced: it counts only where the command is still this worker's, in this attempt.
import type { AbortCause } from './attempt-aborted.ts'
import { type Begun, beginAttempt } from './begin-attempt.ts'
import { claimDue } from './claim-due.ts'
import { expire } from './expire.ts'
import { findRevoked } from './find-revoked.ts'
import { type Held, HeldCommands, maxWaitMs } from './held-commands.ts'
import { keepLeases } from './keep-leases.ts'
import { nextDue, readNextDue } from './next-due.ts'
import type { Ended } from './perform-attempt.ts'
import type { Queue } from './queue.ts'
import type { Outcome, QueueSurroundings } from './queue-surroundings.ts'
import { Settler } from './settler.ts'
import { Signal } from './signal.ts'
import { revoked } from './to-failure.ts'

export class QueueWorker {
  queue: Queue
  readonly #around: QueueSurroundings
  readonly #held = new HeldCommands()
  readonly #settler: Settler
  /** What was begun in the background, until it is done. */
  readonly #ending = new Set<Promise<void>>()
  readonly #signal = new Signal()
  readonly #looped: Promise<void>
  #after = ''
  #isStopping = false
  #waitsForRoom = false
  #expireAt = 0

  constructor(queue: Queue, around: QueueSurroundings) {
    this.queue = queue
    this.#around = around
    this.#settler = new Settler(around, {
      queue: () => this.queue,
      onEnded: (one, outcome) => this.#end(one, outcome),
    })
    this.#looped = this.#loop()
  }

  get running(): number {
    return this.#held.running
  }

  /** There may be something to do. */
  wake(): void {
    this.#signal.set()
  }

  /** Nothing is begun from now on; what was claimed and not begun is given back. */
  async drain(): Promise<void> {
    this.#isStopping = true
    this.#signal.set()
    await this.#settler.giveBack(this.#held.withdrawAll())
    await this.#looped
    await this.#settler.giveBack(this.#held.withdrawAll())
  }

  /** Resolves once nothing runs any more. */
  async idle(): Promise<void> {
    while (this.#ending.size > 0) await Promise.allSettled([...this.#ending])
  }

  abortAll(why: AbortCause): void {
    for (const { attempt } of this.#held.all) attempt?.abort(why)
  }

  /** Keeps what is held, and cuts off what is to be cancelled or is ours no more. */
  renew(): Promise<void> {
    return keepLeases(this.queue, this.#held.all, this.#around, {
      onLost: one => {
        one.attempt?.abort('lost')
        if (this.#held.withdraw(one)) this.#end(one, 'lost')
      },
      // What was not begun need not be.
      onCancelled: async one => {
        one.attempt?.abort('cancelled')
        if (this.#held.withdraw(one)) await this.#settler.giveBack([one])
      },
    })
  }

  get #concurrency(): number {
    return this.#around.settings.concurrency ?? this.queue.request.concurrency
  }

  async #loop(): Promise<void> {
    let failures = 0
    while (!this.#isStopping) {
      const wanted = this.#held.wanted(this.#concurrency)
      this.#signal.clear()
      if (wanted === 0) {
        await this.#waitForRoom()
        continue
      }
      try {
        await this.#expire()
        const claimed = await this.#claim(wanted)
        failures = 0
        if (claimed >= wanted || this.#isStopping) continue
        await this.#waitUntilDue()
      } catch (error) {
        this.#around.onError(error)
        failures += 1
        await this.#signal.wait(Math.min(5_000, 100 * 2 ** failures))
      }
    }
  }

  async #waitForRoom(): Promise<void> {
    this.#waitsForRoom = true
    await this.#signal.wait(this.#held.isAnyWaiting ? maxWaitMs : this.#around.settings.pollMs)
    this.#waitsForRoom = false
    await this.#settler.giveBack(this.#held.withdrawOld(performance.now()))
  }

  async #waitUntilDue(): Promise<void> {
    const { database, settings } = this.#around
    const due = await database.read(nextDue(this.queue), { isGone: () => false }, readNextDue)
    const isTold = await this.#signal.wait(Math.min(settings.pollMs, due))
    if (!isTold) this.#expireAt = 0
  }

  async #expire(): Promise<void> {
    const { database, settings } = this.#around
    if (performance.now() < this.#expireAt) return
    await database.write(expire(this.queue), () => undefined)
    this.#expireAt = performance.now() + Math.min(settings.leaseMs / 4, settings.pollMs / 2)
  }

  /** @returns how many */
  async #claim(limit: number): Promise<number> {
    const { database, settings } = this.#around
    const { owner, leaseMs } = settings
    const asked = performance.now()
    const claimed = await claimDue(this.queue, { owner, leaseMs, limit, after: this.#after }, this.#around)
    this.#after = claimed.at(-1)?.turnOf ?? this.#after
    const held = this.#held.hold(claimed, asked, leaseMs)
    // Where it cannot be told, nothing is begun.
    const gone = await findRevoked(this.queue, owner, held, database).catch(async error => {
      await this.#settler.giveBack(held)
      throw error
    })
    for (const one of gone) this.#follow(this.#settler.letGo(one, revoked))
    this.#held.line(held.filter(one => !gone.has(one)))
    this.#start()
    return claimed.length
  }

  /** Begins what there is room for. */
  #start(): void {
    while (!this.#isStopping) {
      const next = this.#held.begin(this.#concurrency)
      if (!next) return
      this.#follow(this.#perform(next))
    }
  }

  #follow(work: Promise<void>): void {
    const followed = work.catch(error => this.#around.onError(error)).finally(() => this.#ending.delete(followed))
    this.#ending.add(followed)
  }

  async #perform(one: Held): Promise<void> {
    const { queue } = this
    const began = performance.now()
    let attempt: Begun
    let ended: Ended
    try {
      attempt = beginAttempt(one, queue, this.#around)
      ended = await attempt.ended
    } finally {
      this.#held.ran(performance.now() - began)
      this.#start()
      if (this.#waitsForRoom) this.#signal.set()
    }
    one.progress = await attempt.stopProgress()
    await this.#settler.settle(one, ended, attempt.transaction)
    // Another of the same key may be due.
    if (queue.request.key !== null) this.#signal.set()
  }

  #end(one: Held, outcome: Outcome): void {
    this.#held.drop(one)
    this.#around.onEnded(outcome, performance.now() - one.claimedAt)
    // There may be room now: with outcomes that wait to be written, no more was claimed.
    if (this.#waitsForRoom) this.#signal.set()
  }
}
