// Counts what becomes of requests, and asks how many wait when somebody reads the metrics.
import { Counter, Gauge, type Registry } from 'prom-client'
import type { Database } from '../databases/database.ts'
import { countWaiting, readDepth } from '../jobs/count-waiting.ts'
import type { Queue } from '../jobs/queue.ts'
import { Distribution, registerHistogram } from './distribution.ts'

export interface RequestFigures {
  /** @param ms from the claim to the outcome */
  ended(resource: string, outcome: string, ms: number): void
  /** These are the tables from now on. */
  follow(queues: readonly Queue[], database: Database): void
}

/** The tables are asked so often at most. */
const everyMs = 5_000

export function followRequests(registry: Registry): RequestFigures {
  const registers = [registry]
  const outcomes = new Counter({
    name: 'colonnade_request_attempts_total',
    help: 'Attempts of requests that this worker has ended, by what came of them.',
    labelNames: ['resource', 'outcome'] as const,
    registers,
  })
  const seconds = new Map<string, Distribution>()
  const duration = {
    name: 'colonnade_request_attempt_duration_seconds',
    help: 'From the claim of a request to the outcome of the attempt.',
  }
  registerHistogram(registry, duration, () => seconds.values())
  let queues: readonly Queue[] = []
  let database: Database | undefined
  let askedAt = Number.NEGATIVE_INFINITY

  const depth = new Gauge({
    name: 'colonnade_requests',
    help: 'Requests that are not over, by status.',
    labelNames: ['resource', 'status'] as const,
    registers,
    // All are read at once, by the first that is printed.
    collect: read,
  })
  const age = new Gauge({
    name: 'colonnade_requests_oldest_seconds',
    help: 'For how long the oldest pending request has been due.',
    labelNames: ['resource'] as const,
    registers,
  })

  async function read(): Promise<void> {
    if (!database || performance.now() - askedAt < everyMs) return
    askedAt = performance.now()
    for (const queue of queues) {
      // Metrics are printed also while the database is away.
      const found = await database.read(countWaiting(queue), { isGone: () => false }, readDepth).catch(() => null)
      if (!found) continue
      depth.set({ resource: queue.name, status: 'pending' }, found.pending)
      depth.set({ resource: queue.name, status: 'running' }, found.running)
      age.set({ resource: queue.name }, found.oldestSeconds)
    }
  }

  return {
    ended(resource, outcome, ms) {
      outcomes.inc({ resource, outcome })
      let distribution = seconds.get(resource)
      if (!distribution) {
        distribution = new Distribution({ resource })
        seconds.set(resource, distribution)
      }
      distribution.observe(ms / 1000)
    },
    follow(next, from) {
      queues = next
      database = from
    },
  }
}
