// A few connections that share all reads: statements are pipelined while they are quick, spread where they are slow, moved where they
// would stand behind one that hangs, and wait within bounds where there is no room.
import type pg from 'pg'
import { ApiError } from '../../../errors/api-error.ts'
import type { Rows } from '../../../formats/rows.ts'
import { toArrayText } from '../../../types/array-text.ts'
import type { DatabaseFigures, Statement, Waiting } from '../../database.ts'
import { cancelStatement } from '../cancel-statement.ts'
import { endClient } from '../end-client.ts'
import { hungUp } from '../hung-up.ts'
import { FairQueue } from './fair-queue.ts'
import type { PendingRead } from './pending-read.ts'
import { ServiceTimes } from './service-times.ts'
import { type TakenOver, takeOver } from './take-over.ts'
import { WireConnection, type WireOptions } from './wire-connection.ts'
import { LostConnectionError, ProtocolError } from './wire-errors.ts'

export interface WirePoolOptions extends WireOptions {
  readonly config: pg.ClientConfig
  /** One statement that pins a new session. */
  readonly settings: string
  readonly maxConnections: number
  /** The server ends a statement after this; a connection that is silent for longer is given up. */
  readonly statementTimeoutMs: number
  readonly onError: (error: Error) => void
  /** Called with each statement when it is first sent. */
  readonly onStatement?: ((text: string) => void) | undefined
}

/** Statements that leave together for one connection are expected to take no longer than this. */
const packedMs = 1
/** Less expected work than this waits for a busy connection to answer, once so many are busy. */
const heldMs = 0.3
const busyFirst = 2
/** Where all connections are busy they take up to so much; the rest waits in the queue, where it can go to any of them. */
const fullMs = 4
const maxDepth = 64
/** Writes that share a commit. */
const maxGrouped = 32
/** Groups in flight: while one runs another is committed, and the next one gathers. More of them would be smaller, and each costs a commit. */
const maxGroups = 2
/** As many as Bind can count. */
const maxValues = 65_535
/** Reads that wait for a connection. */
const maxQueued = 1_000
const maxWaitMs = 5_000
/** A statement that runs longer than this holds nothing up: what stands behind it is moved. */
const patienceMs = 50
/** A plan that takes longer than this never takes the last connection. */
const slowMs = 50
const tickMs = 20
const idleMs = 60_000
/** How long the server may be silent beyond the time limit of a statement. */
const graceMs = 2_000
/** After this a statement that goes on is cancelled once more. */
const cancelAgainMs = 1_000
const firstBackoffMs = 50
const longestBackoffMs = 2_000
/** A read whose connection is lost is sent once more, for it changes nothing. */
const maxLost = 1

interface Room {
  readonly connection: WireConnection
  /** Expected work that it may take. */
  readonly ms: number
  /** It is the last one that has nothing to do, and there will be no other. */
  readonly last: boolean
}

interface Member {
  readonly connection: WireConnection
  readonly taken: TakenOver
  /** Being cancelled: takes nothing until that is over. */
  cancelling: boolean
  /** When it was last cancelled, and how far it had come then. */
  cancelled: { readonly at: number; readonly progress: number }
  /** We are ending it ourselves. */
  ending: boolean
}

export class WirePool {
  readonly #options: WirePoolOptions
  readonly #members: Member[] = []
  readonly #queue = new FairQueue()
  readonly #times = new ServiceTimes()
  #connecting = 0
  #backoffMs = 0
  #retryAt = 0
  #lastError: unknown = null
  #flushing = false
  #ticking: NodeJS.Timeout | undefined
  #resting: NodeJS.Timeout | undefined
  #closed = false
  #flushes = 0
  #waits = 0
  #waitedMs = 0

  constructor(options: WirePoolOptions) {
    this.#options = options
  }

  /**
   * Runs one statement. `take` is called while the rows are there, and what it gives is the result.
   * @throws ApiError `overloaded` where it waited too long; errors of the driver and the server as they come
   */
  read<T>(
    statement: Statement,
    waiting: Waiting,
    take: (rows: Rows) => T,
    writes: PendingRead['writes'] = false,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const read: PendingRead = {
        statement,
        values: statement.values.map(toText),
        waiting,
        writes,
        since: performance.now(),
        flush: this.#flushes,
        settled: false,
        sent: 0,
        lost: 0,
        stale: false,
        succeed(rows) {
          if (read.settled) return
          read.settled = true
          try {
            resolve(take(rows))
          } catch (error) {
            reject(error)
            // Then what comes after these rows is not to be trusted either.
            if (error instanceof ProtocolError) throw error
          }
        },
        fail(error) {
          if (read.settled) return
          read.settled = true
          reject(error)
        },
      }
      if (this.#closed) return read.fail(closed())
      if (read.values.length > maxValues)
        return read.fail(new RangeError(`A statement takes ${maxValues} values at most.`))
      if (this.#queue.size >= maxQueued) return read.fail(overloaded())
      if (this.#members.length === 0 && this.#connecting === 0 && performance.now() < this.#retryAt)
        return read.fail(this.#lastError)
      this.#queue.add(read)
      this.#flushSoon()
    })
  }

  figures(): DatabaseFigures {
    const busy = this.#members.filter(({ connection }) => connection.depth > 0).length
    const { length: connections } = this.#members
    return { connections, busy, queued: this.#queue.size, waits: this.#waits, waitedMs: this.#waitedMs }
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#ticking)
    clearInterval(this.#resting)
    for (const read of this.#queue.takeAll(() => true)) read.fail(closed())
    await Promise.all(this.#members.map(({ taken }) => endClient(taken.client)))
  }

  /** Once all requests of this turn of the event loop have come: their statements leave together. */
  #flushSoon(): void {
    if (this.#flushing) return
    this.#flushing = true
    setImmediate(() => {
      this.#flushing = false
      this.#flush()
    })
  }

  #flush(): void {
    if (this.#closed) return
    while (this.#queue.size > 0) {
      const room = this.#findRoom()
      if (!room || !this.#fill(room)) break
    }
    this.#flushes += 1
    for (const { connection } of this.#members) connection.send()
    this.#ticking ??= setInterval(() => this.#tick(), tickMs).unref()
  }

  /**
   * Where the next statements go, and how much work. Few quick ones wait until a connection has answered what it has: sent together they cost
   * far less than one by one. None where all connections have enough to do.
   */
  #findRoom(): Room | undefined {
    const { maxConnections } = this.#options
    const queuedMs = this.#queue.expectedMs(this.#times)
    let idle: Member | undefined
    let idleCount = 0
    let busyCount = 0
    let least: Member | undefined
    for (const member of this.#members) {
      const { connection } = member
      if (connection.closed || member.cancelling || member.ending || connection.isStuffed) continue
      if (connection.depth === 0) {
        idle ??= member
        idleCount += 1
      } else if (!isStalled(connection)) {
        busyCount += 1
        if (!least || connection.backlogMs < least.connection.backlogMs) least = member
      }
    }
    if (busyCount >= Math.min(busyFirst, maxConnections) && queuedMs < heldMs) return undefined
    if (idle) return { connection: idle.connection, ms: packedMs, last: idleCount === 1 && this.#isGrown }
    this.#connect()
    if (!least || !this.#isGrown || least.connection.depth >= maxDepth) return undefined
    const ms = fullMs - least.connection.backlogMs
    return ms > 0 ? { connection: least.connection, ms, last: false } : undefined
  }

  /** Moves reads from the queue to a connection. @returns whether there was one that fits */
  #fill({ connection, ms, last }: Room): boolean {
    let left = ms
    let placed = 0
    /** Writes share this turn of the connection with nothing else. */
    let grouped = false
    const mayGroup = this.#mayGroup
    for (let more = true; more; ) {
      more = false
      for (const plan of this.#queue.plans()) {
        const cost = this.#times.expected(plan)
        const writes = this.#queue.writes(plan)
        // Writes of one kind share a turn, and a commit; else a write has the connection for itself.
        if (grouped ? writes !== 'grouped' : writes && (placed > 0 || connection.depth > 0)) continue
        if (writes === 'grouped' && !mayGroup) continue
        // Whatever it costs, a statement goes to a connection that has nothing to do.
        if (cost > left && !grouped && (placed > 0 || connection.depth > 0)) continue
        if (cost > slowMs && last) continue
        const read = this.#queue.take(plan)
        if (!read || read.settled) continue
        if (read.sent === 0) this.#noteFirst(read)
        connection.add(read, cost)
        if (writes === 'alone') return true
        grouped = writes === 'grouped'
        left -= cost
        placed += 1
        more = connection.depth < (grouped ? maxGrouped : maxDepth)
      }
    }
    return placed > 0
  }

  /** One that makes no progress holds no others up. */
  get #mayGroup(): boolean {
    const busy = this.#members.filter(({ connection }) => connection.grouped > 0 && !isStalled(connection))
    return busy.length < maxGroups
  }

  #noteFirst({ statement, flush, since }: PendingRead): void {
    this.#options.onStatement?.(statement.text)
    if (flush === this.#flushes) return
    this.#waits += 1
    this.#waitedMs += performance.now() - since
  }

  /** No further connection can be had: there are all that may be, or the last attempt failed. */
  get #isGrown(): boolean {
    const { maxConnections } = this.#options
    return maxConnections > 1 && (this.#members.length >= maxConnections || performance.now() < this.#retryAt)
  }

  #connect(): void {
    const { maxConnections, config, settings, onError } = this.#options
    if (this.#closed || this.#connecting > 0 || this.#members.length + this.#connecting >= maxConnections) return
    if (performance.now() < this.#retryAt) return
    this.#connecting += 1
    takeOver(config, settings).then(
      taken => {
        this.#connecting -= 1
        this.#backoffMs = 0
        if (this.#closed) return void endClient(taken.client)
        this.#members.push(this.#member(taken))
        this.#flush()
      },
      (error: unknown) => {
        this.#connecting -= 1
        this.#backoffMs = Math.min(longestBackoffMs, Math.max(firstBackoffMs, this.#backoffMs * 2))
        // Not all at once, where many processes lost the same server.
        this.#retryAt = performance.now() + this.#backoffMs * (0.5 + Math.random() / 2)
        this.#lastError = error
        if (this.#members.length > 0) return onError(error instanceof Error ? error : new Error(String(error)))
        for (const read of this.#queue.takeAll(() => true)) read.fail(error)
      },
    )
  }

  #member(taken: TakenOver): Member {
    const connection = new WireConnection(taken.socket, this.#options, {
      again: reads => this.#again(reads),
      answered: (names, msEach) => {
        for (const name of names) this.#times.note(name, msEach)
      },
      drained: () => {
        if (this.#queue.size > 0) this.#flushSoon()
      },
      down: (error, reads) => this.#down(member, error, reads),
    })
    const member: Member = { connection, taken, cancelling: false, cancelled: { at: 0, progress: 0 }, ending: false }
    return member
  }

  /** Sent again before what waits: oldest first. */
  #again(reads: readonly PendingRead[]): void {
    for (const read of [...reads].reverse()) if (!read.settled) this.#queue.addFirst(read)
    this.#flushSoon()
  }

  #down(member: Member, error: Error, reads: readonly PendingRead[]): void {
    const index = this.#members.indexOf(member)
    if (index >= 0) this.#members.splice(index, 1)
    if (this.#closed) {
      for (const read of reads) read.fail(closed())
      return
    }
    if (reads.length === 0 && !member.ending) this.#options.onError(error)
    const again: PendingRead[] = []
    for (const read of reads) {
      read.lost += 1
      // Whether a write was done nobody can tell.
      if (read.writes || read.lost > maxLost) read.fail(error)
      else again.push(read)
    }
    this.#again(again)
  }

  /** Looks after what takes long: hung-up callers, statements behind a slow one, silent servers, full queues. */
  #tick(): void {
    const now = performance.now()
    for (const read of this.#queue.takeAll(({ waiting }) => waiting.isGone())) read.fail(hungUp())
    for (const read of this.#queue.takeAll(({ since }) => now - since > maxWaitMs)) read.fail(overloaded())
    for (const member of [...this.#members]) this.#lookAfter(member, now)
    if (this.#queue.size > 0) this.#flush()
    else if (this.#members.every(({ connection }) => connection.depth === 0)) this.#rest()
  }

  /** With nothing under way there are idle connections to look after at most, and whoever is woken for that costs more than they do. */
  #rest(): void {
    clearInterval(this.#ticking)
    this.#ticking = undefined
    this.#resting ??= setInterval(() => this.#endIdle(performance.now()), idleMs / 4).unref()
  }

  /** The last one stays: the next request would have to wait for it. */
  #endIdle(now: number): void {
    for (const member of this.#members.slice(1)) {
      if (member.connection.depth > 0 || now - member.connection.progressedAt <= idleMs || member.ending) continue
      member.ending = true
      void endClient(member.taken.client)
    }
    if (this.#members.length > 1) return
    clearInterval(this.#resting)
    this.#resting = undefined
  }

  #lookAfter(member: Member, now: number): void {
    const { connection } = member
    const silentMs = now - connection.progressedAt
    if (connection.depth === 0 || silentMs <= patienceMs) return
    if (silentMs > this.#options.statementTimeoutMs + graceMs) {
      connection.destroy(new LostConnectionError('The server has not answered in time.'))
      return
    }
    const behind = connection.takeBehind()
    if (behind.length > 0) this.#again(behind)
    const { running } = connection
    if (member.cancelling || connection.hasBehind || (running && (running.writes || !running.waiting.isGone()))) return
    if (running) {
      connection.abandonRunning()
      running.fail(hungUp())
    }
    // Another cancel of the same statement can wait: each is a connection, and a process of the server.
    if (member.cancelled.progress === connection.progressedAt && now - member.cancelled.at < cancelAgainMs) return
    member.cancelled = { at: now, progress: connection.progressedAt }
    this.#cancel(member)
  }

  /** Nothing is sent on the connection until the cancel has been handled: it never hits a neighbour's statement. */
  #cancel(member: Member): void {
    member.cancelling = true
    cancelStatement(member.taken.client).then(() => {
      member.cancelling = false
      this.#flushSoon()
    })
  }
}

function isStalled({ depth, progressedAt }: WireConnection): boolean {
  return depth > 0 && performance.now() - progressedAt > patienceMs
}

function toText(value: Statement['values'][number]): string | null {
  return typeof value === 'string' || value === null ? value : toArrayText(value)
}

function overloaded(): ApiError {
  return new ApiError('unavailable', 'Too many requests wait for the database. Try again shortly.', {
    headers: { 'retry-after': '1' },
  })
}

function closed(): ApiError {
  return new ApiError('unavailable', 'The server is closing.', { headers: { 'retry-after': '2' } })
}
