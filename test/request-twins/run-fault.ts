// A program of its own: runs cases against a folder of sources until one of them shows something, and prints what.
import type pg from 'pg'
import { loadRequestProduct } from './product.ts'
import { type Mistake, newCounts, runCase } from './run-case.ts'
import { openTwins } from './twins.ts'

/** What is given as JSON in the first argument. */
export interface FaultRun {
  readonly sources: string
  readonly configs: readonly [pg.ClientConfig, pg.ClientConfig]
  readonly seed: number
  readonly seconds: number
}

/** The one line that it prints. */
export interface FaultOutcome {
  readonly noticed: Pick<Mistake, 'seed' | 'what'> | null
  readonly policies: number
}

const { sources, configs, seed, seconds } = JSON.parse(process.argv[2] as string) as FaultRun
const product = await loadRequestProduct(sources)
const twins = await openTwins(product, configs)
const counts = newCounts()
const end = performance.now() + seconds * 1000
let noticed: Mistake | null = null
for (let at = seed; noticed === null && performance.now() < end; at++)
  noticed = await runCase(product, twins, at, counts)
await twins.close()
const outcome: FaultOutcome = {
  noticed: noticed && { seed: noticed.seed, what: noticed.what },
  policies: counts.policies,
}
if (process.argv[3] === 'report') console.log(JSON.stringify(noticed, null, 1), counts)
console.log(JSON.stringify(outcome))
