// Brings what caches and pools count by themselves into the metrics, when somebody asks for them.
import { Counter, Gauge, type Registry } from 'prom-client'
import type { Runtime } from '../runtime.ts'

export interface Figures {
  /** From now on this runtime is read: the first, or the one after a reload, which counts from 0 again. */
  follow(runtime: Runtime): void
  read(): void
}

export function followRuntime(registers: Registry[]): Figures {
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge<L>({ name: `colonnade_${name}`, help, labelNames, registers })
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Counter<L>({ name: `colonnade_${name}_total`, help, labelNames, registers })

  const plans = gauge('plans', 'Plans that are kept.')
  const planLookups = counter('plan_lookups', 'Plans looked up.', ['result'])
  const sharedReads = counter('shared_reads', 'Reads that joined one that was about to be sent.')
  const keptAnswers = gauge('kept_answers', 'Answers in the response cache.')
  const keptBytes = gauge('kept_answers_bytes', 'What the answers in the response cache take.')
  const keptLookups = counter('kept_answer_lookups', 'Answers looked up in the response cache.', ['result'])
  const connections = gauge('database_connections', 'Connections to the database.', ['pool', 'state'])
  const queue = gauge('database_queue_length', 'Statements that wait for a connection.', ['pool'])
  const waits = counter('database_waits', 'Statements that had to wait for a connection of the wire pool.')
  const waitSeconds = counter('database_wait_seconds', 'How long statements waited for the wire pool.')

  const held = gauge('http_held', 'Answers that are held for the outcome of a command, and event streams.', ['kind'])
  const followed = gauge('followed_reads', 'Statements that serve all of them at a change of each row.')

  const hits = follower(value => planLookups.inc({ result: 'hit' }, value))
  const misses = follower(value => planLookups.inc({ result: 'miss' }, value))
  const shared = follower(value => sharedReads.inc(value))
  const keptHits = follower(value => keptLookups.inc({ result: 'hit' }, value))
  const keptMisses = follower(value => keptLookups.inc({ result: 'miss' }, value))
  const waited = follower(value => waits.inc(value))
  const waitedSeconds = follower(value => waitSeconds.inc(value))

  let runtime: Runtime | undefined
  function read(): void {
    if (!runtime) return
    const { answers, database, flights } = runtime
    plans.set(runtime.plans.size)
    hits.to(runtime.plans.hits)
    misses.to(runtime.plans.misses)
    shared.to(flights.joined)
    const { answers: waiting, streams, reads } = runtime.followers.figures()
    held.set({ kind: 'answer' }, waiting)
    held.set({ kind: 'stream' }, streams)
    followed.set(reads)
    keptAnswers.set(answers?.size ?? 0)
    keptBytes.set(answers?.bytes ?? 0)
    keptHits.to(answers?.hits ?? 0)
    keptMisses.to(answers?.misses ?? 0)
    for (const [pool, one] of Object.entries(database.figures())) {
      connections.set({ pool, state: 'busy' }, one.busy)
      connections.set({ pool, state: 'idle' }, one.connections - one.busy)
      queue.set({ pool }, one.queued)
      if (pool !== 'wire') continue
      waited.to(one.waits)
      waitedSeconds.to(one.waitedMs / 1000)
    }
  }

  return {
    read,
    follow(next) {
      read()
      runtime = next
      // The database stays.
      for (const one of [hits, misses, shared, keptHits, keptMisses]) one.restart()
    },
  }
}

/** Adds to a counter what a number has grown by. */
function follower(add: (value: number) => void): { to(value: number): void; restart(): void } {
  let taken = 0
  return {
    to(value) {
      add(Math.max(0, value - taken))
      taken = value
    },
    restart() {
      taken = 0
    },
  }
}
