// Writes what came of commands, each behind the fence: it counts only where the command is still ours, in this attempt.
import { textOf } from '../formats/rows.ts'
import { backoffMs } from './backoff.ts'
import { makeBatchFinisher } from './batch-finisher.ts'
import type { Claimed } from './claim.ts'
import type { Ours } from './finish.ts'
import type { GiverCheck } from './giver-holds.ts'
import type { Held } from './held-commands.ts'
import type { LazyTransaction } from './lazy-transaction.ts'
import { letGo } from './let-go.ts'
import { lookAt, readLook } from './look-at.ts'
import type { Ended } from './perform-attempt.ts'
import type { Queue } from './queue.ts'
import type { Outcome, QueueSurroundings } from './queue-surroundings.ts'
import { release } from './release.ts'
import { cancelled, type Failure, revoked, sayFailure, timedOut, toFailure } from './to-failure.ts'
import { writeFinished } from './write-finished.ts'

export interface Settled {
  /** As it is now: a reload may bring another. */
  readonly queue: () => Queue
  readonly onEnded: (one: Held, outcome: Outcome) => void
}

export class Settler {
  readonly #around: QueueSurroundings
  readonly #queue: () => Queue
  readonly #end: Settled['onEnded']
  /** Each writes those together of whose givers the same is asked. */
  readonly #finishers = new Map<GiverCheck, (one: Ours) => Promise<boolean>>()

  constructor(around: QueueSurroundings, { queue, onEnded }: Settled) {
    this.#around = around
    this.#queue = queue
    this.#end = onEnded
  }

  /** Writes what came of an attempt. */
  async settle(one: Held, ended: Ended, transaction: LazyTransaction): Promise<void> {
    const { outcome, aborted, error, stray } = ended
    if (outcome === 'returned' && aborted !== 'lost') {
      const failure = await this.#succeed(one, transaction)
      if (failure) await this.letGo(one, failure)
      return
    }
    await transaction.undo()
    if (aborted === 'lost') return this.#end(one, 'lost')
    if (aborted === 'stopping') return this.giveBack([one])
    if (aborted === 'cancelled') return this.letGo(one, cancelled)
    await this.letGo(one, aborted === 'timeout' ? timedOut(this.#queue().request.timeoutMs, stray) : toFailure(error))
  }

  /** It came to nothing, this time or for good. */
  async letGo(one: Held, failure: Failure): Promise<void> {
    const { database, settings } = this.#around
    const { attempts, backoff } = this.#queue().request
    const { attempt } = one.claimed
    const isFinal = failure.isFinal || attempt >= attempts
    const statement = letGo(this.#queue(), settings.owner, oursOf(one), {
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

  /** As if they had never been claimed. */
  async giveBack(held: readonly Held[]): Promise<void> {
    if (held.length === 0) return
    const { database, settings, onError } = this.#around
    const ours = held.map(({ claimed }) => claimed)
    await database.write(release(this.#queue(), settings.owner, ours), () => undefined).catch(onError)
    for (const one of held) this.#end(one, 'released')
  }

  /** @returns why it came to nothing; null where it succeeded, or is ours no more */
  async #succeed(one: Held, transaction: LazyTransaction): Promise<Failure | null> {
    const { claimed } = one
    try {
      const isWritten = transaction.isOpen
        ? await this.#commit(one, transaction)
        : await this.#persist(one, () => this.#finisherOf(claimed)(oursOf(one)))
      if (isWritten) {
        this.#end(one, 'succeeded')
        return null
      }
    } catch (error) {
      return toFailure(error)
    }
    const { database, settings } = this.#around
    const look = lookAt(this.#queue(), settings.owner, claimed)
    const found = await this.#persist(one, () => database.read(look, { isGone: () => false }, readLook))
    if (found) return found.isCancelled || claimed.check === 'none' ? cancelled : revoked
    this.#end(one, 'lost')
    return null
  }

  /** @returns false where it is ours no more, is to be cancelled, or its giver was revoked: then all is undone */
  async #commit(one: Held, transaction: LazyTransaction): Promise<boolean> {
    const { settings, onChanged } = this.#around
    const finished = { owner: settings.owner, ours: [oursOf(one)], check: one.claimed.check }
    const fenced = new Error('The command is not ours any more.')
    try {
      await transaction.commit(async ({ run }) => {
        if ((await writeFinished(this.#queue(), finished, run)).size === 0) throw fenced
        await run(tellOfChange, () => undefined)
      })
      onChanged()
      return true
    } catch (error) {
      if (error === fenced) return false
      throw error
    }
  }

  #finisherOf({ check }: Claimed): (one: Ours) => Promise<boolean> {
    const { database, settings } = this.#around
    const known = this.#finishers.get(check)
    if (known) return known
    const finisher = makeBatchFinisher(ours =>
      writeFinished(this.#queue(), { owner: settings.owner, ours, check }, (statement, take) =>
        database.write(statement, take),
      ),
    )
    this.#finishers.set(check, finisher)
    return finisher
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
}

/** With what its attempt told last. */
function oursOf({ claimed: { id, attempt }, progress }: Held): Ours {
  return { id, attempt, progress }
}

/** Which tables a command wrote, nobody knows: kept answers of all of them are dropped. */
const tellOfChange = { name: '', text: `select pg_notify('colonnade', 'changed')`, values: [] }
