// Works through one table of commands: claims what is due, performs it, writes what came of it.
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
import type { Database } from '../databases/database.ts'
import { textOf } from '../formats/rows.ts'
import type { AbortCause } from './attempt-aborted.ts'
import { backoffMs } from './backoff.ts'
import { makeBatchFinisher } from './batch-finisher.ts'
import { type Claimed, claim, readClaimed } from './claim.ts'
import { expire } from './expire.ts'
import { failKeyless, fillKeys, findKeyless, makeKeys, writeKeys } from './fill-keys.ts'
import { findActive } from './find-active.ts'
import { finish } from './finish.ts'
import type { Gate } from './gate.ts'
import { LazyTransaction } from './lazy-transaction.ts'
import { letGo } from './let-go.ts'
import { lockQueue } from './lock-queue.ts'
import { lookAt, readLook } from './look-at.ts'
import { nextDue, readNextDue } from './next-due.ts'
import { type Attempt, type Ended, type MakeReport, performAttempt, type RunQuery } from './perform-attempt.ts'
import { makeProgressWriter } from './progress-writer.ts'
import type { Queue } from './queue.ts'
import { release } from './release.ts'
import { readRenewed, renew } from './renew.ts'
import { Signal } from './signal.ts'
import { cancelled, type Failure, revoked, sayFailure, timedOut, toFailure } from './to-failure.ts'
import { writeProgress } from './write-progress.ts'

export type Outcome = 'succeeded' | 'retried' | 'failed' | 'cancelled' | 'lost' | 'released'

export interface WorkerSettings {
  /** Unlike that of any other worker. */
  readonly owner: string
  /** A worker that is not heard of for so long has lost what it had claimed. */
  readonly leaseMs: number
  /** How often it looks without being told, at least. */
  readonly pollMs: number
  /** How long an attempt may go on once it was cut off. */
  readonly graceMs: number
  readonly progressMs: number
  /** In place of what each resource says. */
  readonly concurrency: number | null
  /** From 0 up to 1. */
  readonly random: () => number
}

export interface WorkerSurroundings {
  readonly database: Database
  /** To transactions of attempts. */
  readonly gate: Gate
  readonly query: RunQuery
  readonly report?: MakeReport | undefined
  readonly settings: WorkerSettings
  readonly onError: (error: unknown) => void
  /** @param ms from the claim to the outcome */
  readonly onEnded: (outcome: Outcome, ms: number) => void
  /** Something was committed in a transaction of a command. */
  readonly onChanged: () => void
}

interface Held {
  readonly claimed: Claimed
  readonly claimedAt: number
  /** Of the clock of this process: until then it is ours for certain. */
  leaseUntil: number
  attempt: Attempt | null
}

/** So many milliseconds of work are claimed ahead, where commands are done faster than they can be claimed. */
const aheadMs = 50
const maxAhead = 200
/** Of one claim, however many may be performed at a time. */
const maxClaim = 1_000
/** Commands that were claimed ahead wait so long at most: then others may have them. */
const maxBufferedMs = 250

export class QueueWorker {
  queue: Queue
  readonly #around: WorkerSurroundings
  readonly #held = new Map<string, Held>()
  /** Claimed, not begun. */
  #buffer: Held[] = []
  #running = 0
  #after = ''
  /** What one command takes, as it was lately. */
  #averageMs = aheadMs
  #isStopping = false
  #waitsForRoom = false
  #expireAt = 0
  readonly #signal = new Signal()
  readonly #looped: Promise<void>
  readonly #finish: (one: Claimed) => Promise<boolean>
  readonly #finishOfClient: (one: Claimed) => Promise<boolean>
  readonly #ending = new Set<Promise<void>>()

  constructor(queue: Queue, around: WorkerSurroundings) {
    this.queue = queue
    this.#around = around
    this.#finish = makeBatchFinisher(batch => this.#writeFinished(batch, false))
    this.#finishOfClient = makeBatchFinisher(batch => this.#writeFinished(batch, true))
    this.#looped = this.#loop()
  }

  get running(): number {
    return this.#running
  }

  /** There may be something to do. */
  wake(): void {
    this.#signal.set()
  }

  /** Nothing is begun from now on; what was claimed and not begun is given back. */
  async drain(): Promise<void> {
    this.#isStopping = true
    this.#signal.set()
    await this.#giveBack(this.#buffer.splice(0))
    await this.#looped
    await this.#giveBack(this.#buffer.splice(0))
  }

  /** Resolves once nothing runs any more. */
  async idle(): Promise<void> {
    while (this.#ending.size > 0) await Promise.allSettled([...this.#ending])
  }

  abortAll(why: AbortCause): void {
    for (const { attempt } of this.#held.values()) attempt?.abort(why)
  }

  /** Keeps what is held, and cuts off what is to be cancelled or is ours no more. */
  async renew(): Promise<void> {
    const { database, settings } = this.#around
    const held = [...this.#held.values()]
    if (held.length === 0) return
    const asked = performance.now()
    try {
      const ours = held.map(({ claimed }) => claimed)
      const kept = await database.write(renew(this.queue, settings.owner, ours, settings.leaseMs), readRenewed)
      for (const one of held) {
        const isCancelled = kept.get(one.claimed.id)
        if (isCancelled === undefined) this.#lose(one)
        else if (isCancelled) await this.#cutOff(one)
        if (isCancelled !== undefined) one.leaseUntil = asked + settings.leaseMs
      }
    } catch (error) {
      this.#around.onError(error)
    }
    // Where nobody answers, others may have it by now.
    for (const one of held) if (performance.now() > one.leaseUntil) this.#lose(one)
  }

  #lose(one: Held): void {
    one.attempt?.abort('lost')
    if (one.attempt || !this.#buffer.includes(one)) return
    this.#buffer = this.#buffer.filter(other => other !== one)
    this.#end(one, 'lost')
  }

  /** What was not begun need not be. */
  async #cutOff(one: Held): Promise<void> {
    one.attempt?.abort('cancelled')
    if (one.attempt || !this.#buffer.includes(one)) return
    this.#buffer = this.#buffer.filter(other => other !== one)
    await this.#giveBack([one])
  }

  get #concurrency(): number {
    return this.#around.settings.concurrency ?? this.queue.request.concurrency
  }

  /** How many to claim now; 0 while enough is there. */
  #wanted(): number {
    const free = this.#concurrency - this.#running - this.#buffer.length
    if (this.#held.size > Math.max(maxAhead, this.#concurrency) * 2) return 0
    const ahead = Math.min(maxAhead, Math.ceil((this.#concurrency * aheadMs) / Math.max(this.#averageMs, 0.1)))
    const level = Math.min(maxClaim, Math.max(this.#concurrency, ahead))
    // Not by ones: a claim costs the same for many.
    if (level > this.#concurrency) return this.#buffer.length > level / 4 ? 0 : level - this.#buffer.length
    return Math.min(maxClaim, Math.max(0, free))
  }

  async #loop(): Promise<void> {
    const { settings } = this.#around
    let failures = 0
    while (!this.#isStopping) {
      const wanted = this.#wanted()
      this.#signal.clear()
      if (wanted === 0) {
        this.#waitsForRoom = true
        await this.#signal.wait(this.#buffer.length > 0 ? maxBufferedMs : settings.pollMs)
        this.#waitsForRoom = false
        await this.#dropOld()
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

  async #waitUntilDue(): Promise<void> {
    const { database, settings } = this.#around
    const due = await database.read(nextDue(this.queue), { isGone: () => false }, readNextDue)
    // Whose lease has ended and cannot be taken yet, because somebody holds the row, is looked at again a little later.
    const ms = due === null ? settings.pollMs : due <= 0 ? 200 : Math.max(due, 20)
    const isTold = await this.#signal.wait(Math.min(settings.pollMs, ms))
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
    const { queue } = this
    const { owner, leaseMs } = settings
    const asked = performance.now()
    const claimed = await database.transaction(async ({ run }) => {
      await run(lockQueue(queue), () => undefined)
      await this.#fillKeys(run)
      return run(claim(queue, { owner, leaseMs, limit, after: this.#after }), rows => readClaimed(rows, queue))
    })
    const last = claimed.at(-1)
    if (last) this.#after = last.turnOf
    const held = claimed.map(
      (one): Held => ({ claimed: one, claimedAt: asked, leaseUntil: asked + leaseMs, attempt: null }),
    )
    for (const one of held) this.#held.set(one.claimed.id, one)
    this.#buffer.push(...(await this.#withoutRevoked(held)))
    this.#start()
    return claimed.length
  }

  async #fillKeys(run: Parameters<Parameters<Database['transaction']>[0]>[0]['run']): Promise<void> {
    const { queue } = this
    const { key } = queue.request
    if (key === null) return
    const byColumns = fillKeys(queue)
    if (byColumns) return run(byColumns, () => undefined)
    const made = await run(findKeyless(queue), rows => makeKeys(rows, queue))
    if (made.some(one => one.key !== null)) await run(writeKeys(queue, made), () => undefined)
    const [broken] = made.filter(one => one.key === null)
    if (!broken) return
    this.#around.onError(broken.error)
    const failure = toFailure(broken.error)
    await run(failKeyless(queue, made, sayFailure(failure), failure.internal ?? ''), () => undefined)
  }

  /** A command of a client that was revoked since it was given is not begun. */
  async #withoutRevoked(held: readonly Held[]): Promise<readonly Held[]> {
    const clients = new Set(held.flatMap(({ claimed }) => claimed.caller.client ?? []))
    if (clients.size === 0) return held
    const active = await this.#around.database.read(findActive([...clients]), { isGone: () => false }, rows => {
      return new Set(Array.from({ length: rows.length }, (_, i) => textOf(rows.at(i), 0)))
    })
    const isActive = ({ claimed: { caller } }: Held) => caller.client === null || active.has(caller.client)
    for (const one of held) if (!isActive(one)) this.#follow(this.#letGo(one, revoked))
    return held.filter(isActive)
  }

  /** Begins what there is room for. */
  #start(): void {
    while (this.#running < this.#concurrency && !this.#isStopping) {
      const next = this.#buffer.shift()
      if (!next) return
      this.#running += 1
      this.#follow(this.#perform(next))
    }
  }

  #follow(work: Promise<void>): void {
    const followed = work.catch(error => this.#around.onError(error)).finally(() => this.#ending.delete(followed))
    this.#ending.add(followed)
  }

  async #perform(one: Held): Promise<void> {
    const { database, gate, settings, query, report, onError } = this.#around
    const { claimed } = one
    const { queue } = this
    const began = performance.now()
    const transaction = new LazyTransaction(database, gate)
    const progress = makeProgressWriter(
      text => database.write(writeProgress(queue, settings.owner, claimed, text), () => undefined),
      settings.progressMs,
      onError,
    )
    let ended: Ended
    try {
      one.attempt = performAttempt(claimed, queue, {
        ...{ transaction, query, report, graceMs: settings.graceMs },
        progress: progress.report,
      })
      ended = await one.attempt.ended
    } finally {
      this.#averageMs += (performance.now() - began - this.#averageMs) * 0.1
      this.#running -= 1
      this.#start()
      if (this.#waitsForRoom) this.#signal.set()
    }
    await progress.stop()
    await this.#settle(one, ended, transaction)
    // Another of the same key may be due.
    if (queue.request.key !== null) this.#signal.set()
  }

  /** Writes what came of it. */
  async #settle(one: Held, ended: Ended, transaction: LazyTransaction): Promise<void> {
    const { outcome, aborted, error, stray } = ended
    if (outcome === 'returned' && aborted !== 'lost') {
      const failure = await this.#succeed(one, transaction)
      if (failure) await this.#letGo(one, failure)
      return
    }
    await transaction.undo()
    if (aborted === 'lost') return this.#end(one, 'lost')
    if (aborted === 'stopping') return this.#giveBack([one])
    if (aborted === 'cancelled') return this.#letGo(one, cancelled)
    await this.#letGo(one, aborted === 'timeout' ? timedOut(this.queue.request.timeoutMs, stray) : toFailure(error))
  }

  /** @returns why it came to nothing; null where it succeeded, or is ours no more */
  async #succeed(one: Held, transaction: LazyTransaction): Promise<Failure | null> {
    const { claimed } = one
    const { client } = claimed.caller
    try {
      const isWritten = transaction.isOpen
        ? await this.#commit(one, transaction)
        : await this.#persist(one, () => (client === null ? this.#finish(claimed) : this.#finishOfClient(claimed)))
      if (isWritten) {
        this.#end(one, 'succeeded')
        return null
      }
    } catch (error) {
      return toFailure(error)
    }
    const { database, settings } = this.#around
    const look = lookAt(this.queue, settings.owner, claimed)
    const found = await this.#persist(one, () => database.read(look, { isGone: () => false }, readLook))
    if (found) return found.isCancelled || client === null ? cancelled : revoked
    this.#end(one, 'lost')
    return null
  }

  /** @returns false where it is ours no more, or is to be cancelled: then all is undone */
  async #commit({ claimed }: Held, transaction: LazyTransaction): Promise<boolean> {
    const { settings, onChanged } = this.#around
    const statement = finish(this.queue, settings.owner, [claimed], claimed.caller.client !== null)
    const fenced = new Error('The command is not ours any more.')
    try {
      await transaction.commit(async ({ run }) => {
        if (!(await run(statement, rows => rows.length > 0))) throw fenced
        await run(tellOfChange, () => undefined)
      })
      onChanged()
      return true
    } catch (error) {
      if (error === fenced) return false
      throw error
    }
  }

  async #writeFinished(batch: readonly Claimed[], ofClient: boolean): Promise<ReadonlySet<string>> {
    const { database, settings } = this.#around
    return database.write(finish(this.queue, settings.owner, batch, ofClient), rows => {
      return new Set(Array.from({ length: rows.length }, (_, i) => textOf(rows.at(i), 0) ?? ''))
    })
  }

  async #letGo(one: Held, failure: Failure): Promise<void> {
    const { database, settings } = this.#around
    const { attempts, backoff } = this.queue.request
    const { attempt } = one.claimed
    const isFinal = failure.isFinal || attempt >= attempts
    const statement = letGo(this.queue, settings.owner, one.claimed, {
      error: sayFailure(failure),
      internal: failure.internal,
      isFinal,
      delayMs: backoffMs(backoff, attempt, settings.random()),
    })
    const status = await this.#persist(one, () =>
      database.write(statement, rows => (rows.length > 0 ? textOf(rows.at(0), 0) : null)),
    )
    this.#end(one, status === null ? 'lost' : status === 'pending' ? 'retried' : (status as 'failed' | 'cancelled'))
  }

  /** While the database is away the outcome is tried again, for as long as the command is ours. */
  async #persist<T>(one: Held, write: () => Promise<T>): Promise<T | null> {
    for (;;) {
      try {
        return await write()
      } catch (error) {
        this.#around.onError(error)
        if (performance.now() > one.leaseUntil) return null
        await new Promise(resolve => setTimeout(resolve, 200))
      }
    }
  }

  async #giveBack(held: readonly Held[]): Promise<void> {
    if (held.length === 0) return
    const { database, settings, onError } = this.#around
    const ours = held.map(({ claimed }) => claimed)
    await database.write(release(this.queue, settings.owner, ours), () => undefined).catch(onError)
    for (const one of held) this.#end(one, 'released')
  }

  /** Of what was claimed ahead, what waits behind a command that takes long. */
  async #dropOld(): Promise<void> {
    const [first] = this.#buffer
    if (!first || performance.now() - first.claimedAt < maxBufferedMs) return
    this.#averageMs = Math.max(this.#averageMs, aheadMs)
    await this.#giveBack(this.#buffer.splice(0))
  }

  #end({ claimed, claimedAt }: Held, outcome: Outcome): void {
    if (this.#held.get(claimed.id)?.claimed === claimed) this.#held.delete(claimed.id)
    this.#around.onEnded(outcome, performance.now() - claimedAt)
    // With outcomes that wait to be written, no more is claimed for a while.
    if (this.#waitsForRoom) this.#signal.set()
  }
}

/** Which tables a command wrote, nobody knows: kept answers of all of them are dropped. */
const tellOfChange = { name: '', text: `select pg_notify('colonnade', 'changed')`, values: [] }
