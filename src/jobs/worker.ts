// Works through the commands of all request resources: hears of new ones, keeps its leases, and ends in good order.
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Database } from '../databases/database.ts'
import type { ExportQuery } from './export-query.ts'
import { Gate } from './gate.ts'
import type { MakeReport, RunQuery } from './perform-attempt.ts'
import type { Queue } from './queue.ts'
import type { Outcome, WorkerSettings } from './queue-surroundings.ts'
import { QueueWorker } from './queue-worker.ts'
import { type Scheduler, startScheduler } from './scheduler.ts'

export interface WorkerOptions {
  /** 30,000 when left out: how long what it had claimed waits for another worker where it was killed. */
  readonly leaseMs?: number
  /** 10,000 when left out: how often it looks where nobody tells it of anything. */
  readonly pollMs?: number
  /** 10,000 when left out: how long what runs may take to end when the worker stops. */
  readonly drainMs?: number
  /** 1,000 when left out: how long an attempt may go on once its time is over. */
  readonly graceMs?: number
  /** How many commands of a table at a time, in place of what each resource says. */
  readonly concurrency?: number
  /** 5 when left out: how many commands are in a transaction at a time, each on a connection of its own. */
  readonly transactions?: number
  /** 3 when left out: how many commands read by `stream`, or are reports of a query, at a time; others wait their turn. */
  readonly streams?: number
}

export interface WorkerSurroundings {
  readonly database: Database
  readonly query: RunQuery
  readonly exportQuery: ExportQuery
  /** Reports fail without it. */
  readonly report?: MakeReport
  readonly onError: (error: unknown) => void
  readonly onEnded?: (queue: string, outcome: Outcome, ms: number) => void
  /** Tables may have changed: those of a command's transaction. */
  readonly onChanged?: () => void
}

export interface Worker {
  /** By which its leases name it. */
  readonly owner: string
  /** These are the commands from now on. */
  follow(queues: readonly Queue[]): Promise<void>
  /** How many are performed now. */
  running(): number
  /** Begins nothing more, waits for what runs, and gives the rest back. */
  stop(): Promise<void>
}

interface Working {
  readonly worker: QueueWorker
  scheduler: Scheduler
}

/** By NOTIFY: there is something to do, or something to cancel. */
const channel = 'colonnade_work'

/** How often the progress of a command is written. */
const progressMs = 500

export async function startWorker(
  queues: readonly Queue[],
  surroundings: WorkerSurroundings,
  options: WorkerOptions = {},
): Promise<Worker> {
  const { database, query, exportQuery, report, onEnded, onChanged = () => undefined } = surroundings
  const onError = (error: unknown) => {
    try {
      surroundings.onError(error)
    } catch {
      // Nobody can be told; the worker goes on.
    }
  }
  const {
    leaseMs = 30_000,
    pollMs = 10_000,
    drainMs = 10_000,
    graceMs = 1_000,
    transactions = 5,
    streams = 3,
  } = options
  for (const [name, value] of Object.entries({ leaseMs, pollMs, transactions, streams }))
    if (!(value >= 1)) throw new Error(`worker.${name} must be above 0, not ${value}.`)
  const owner = `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`
  const settings: WorkerSettings = {
    ...{ owner, leaseMs, pollMs, graceMs, progressMs },
    concurrency: options.concurrency ?? null,
    random: Math.random,
  }
  const gates = { gate: new Gate(transactions), streams: new Gate(streams) }
  /** By topic. */
  const workers = new Map<string, Working>()
  /** Those of tables that are no queue any more, until they are done. */
  const leaving = new Set<Working>()
  let stopping: Promise<void> | undefined

  function begin(queue: Queue): void {
    const worker = new QueueWorker(queue, {
      ...{ database, ...gates, query, exportQuery, report, settings, onError, onChanged },
      onEnded: (outcome, ms) => onEnded?.(queue.name, outcome, ms),
    })
    workers.set(queue.topic, { worker, scheduler: startScheduler(queue, { database, onError, now: Date.now }) })
  }

  /** Renewals do not overlap, and one that was asked for meanwhile comes after. */
  let renewing: Promise<void> | null = null
  let again = false
  function renewAll(): void {
    if (renewing) {
      again = true
      return
    }
    renewing = Promise.all([...workers.values(), ...leaving].map(({ worker }) => worker.renew()))
      .then(() => undefined, onError)
      .finally(() => {
        renewing = null
        if (!again) return
        again = false
        renewAll()
      })
  }

  for (const queue of queues) begin(queue)
  const timer = setInterval(renewAll, leaseMs / 3)
  const unlisten = await database.listen(
    {
      onMessage(payload) {
        const [topic = '', word] = payload.split(' ')
        if (word === 'cancel') renewAll()
        else if (topic === 'reload') for (const { worker } of workers.values()) worker.wake()
        else workers.get(topic)?.worker.wake()
      },
      // Until it listens again the poll finds what there is to do.
      onLost: () => undefined,
    },
    channel,
  )

  async function end(ended: readonly Working[]): Promise<void> {
    await Promise.all(ended.map(({ scheduler }) => scheduler.stop()))
    await Promise.all(ended.map(({ worker }) => worker.drain()))
    const idle = Promise.all(ended.map(({ worker }) => worker.idle()))
    if (await endsWithin(idle, drainMs)) return
    for (const { worker } of ended) worker.abortAll('stopping')
    await endsWithin(idle, graceMs + 5_000)
  }

  async function stop(): Promise<void> {
    await end([...workers.values()])
    clearInterval(timer)
    await renewing
    await unlisten()
  }

  return {
    owner,
    async follow(next) {
      if (stopping) return
      const gone = new Map(workers)
      for (const queue of next) {
        const kept = gone.get(queue.topic)
        gone.delete(queue.topic)
        if (!kept) {
          begin(queue)
          continue
        }
        kept.worker.queue = queue
        await kept.scheduler.stop()
        kept.scheduler = startScheduler(queue, { database, onError, now: Date.now })
        kept.worker.wake()
      }
      for (const [topic, one] of gone) {
        workers.delete(topic)
        leaving.add(one)
        void end([one])
          .catch(onError)
          .finally(() => leaving.delete(one))
      }
    },
    running: () => [...workers.values()].reduce((sum, { worker }) => sum + worker.running, 0),
    stop() {
      stopping ??= stop()
      return stopping
    },
  }
}

async function endsWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  const { promise: tooLate, resolve } = Promise.withResolvers<false>()
  const timer = setTimeout(() => resolve(false), ms)
  try {
    return await Promise.race([work.then(() => true), tooLate])
  } finally {
    clearTimeout(timer)
  }
}
