// A program of its own: runs the harness against a folder of sources until it notices something, and prints what.
import type pg from 'pg'
import type { Focus } from './focus.ts'
import { newCounts, runCase } from './harness.ts'
import { loadProduct } from './product.ts'
import { openTwins } from './twin-databases.ts'

/** What is given as JSON in the first argument. */
export interface FaultRun {
  readonly sources: string
  readonly databases: readonly [pg.ClientConfig, pg.ClientConfig]
  readonly seed: number
  readonly seconds: number
  readonly focus: Focus
  /** Whether a statement that fails is what the fault does; else it says nothing of it, and the search goes on. */
  readonly fails: boolean
}

/** The one line that it prints. */
export interface FaultOutcome {
  readonly noticed: {
    readonly seed: number
    readonly reason: string
    readonly statuses: readonly number[]
    readonly asked: string
  } | null
  readonly requests: number
  readonly policies: number
}

const { sources, databases, seed, seconds, focus, fails } = JSON.parse(process.argv[2] as string) as FaultRun
const product = await loadProduct(sources)
const twins = await openTwins(product, databases)
const counts = newCounts()
const end = performance.now() + seconds * 1000
let noticed: FaultOutcome['noticed'] = null
for (let at = seed; noticed === null && performance.now() < end; at++) {
  const found = await runCase(product, twins, at, { callers: 3, requests: 40, focus }, counts)
  if (!found || (!fails && found.answers.some(one => one.status >= 500))) continue
  noticed = {
    seed: at,
    reason: found.reason,
    statuses: found.answers.map(one => one.status),
    asked: found.asked.at(-1)?.target ?? '',
  }
}
await twins.close()
const outcome: FaultOutcome = { noticed, requests: counts.requests, policies: counts.policies }
console.log(JSON.stringify(outcome))
