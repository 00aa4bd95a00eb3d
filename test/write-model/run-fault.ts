// A program of its own: runs the cases against a folder of sources until one of them shows something, and prints what.
import type pg from 'pg'
import { loadWriteProduct } from './product.ts'
import { type Mistake, openTables, runCase } from './run-cases.ts'
import { runRaces } from './run-races.ts'
import { runTwins } from './run-twins.ts'

/** What is given as JSON in the first argument. */
export interface FaultRun {
  readonly sources: string
  readonly by: 'model' | 'twins' | 'races'
  /** Two databases; the model needs the first. */
  readonly configs: readonly [pg.ClientConfig, pg.ClientConfig]
  readonly seed: number
  readonly seconds: number
}

/** The one line that it prints. */
export interface FaultOutcome {
  readonly noticed: (Omit<Mistake, 'report'> & { readonly report?: unknown }) | null
  readonly counts: Readonly<Record<string, number>>
}

const { sources, by, configs, seed, seconds } = JSON.parse(process.argv[2] as string) as FaultRun
const product = await loadWriteProduct(sources)
const [one, other] = [
  await openTables(product, configs[0]),
  by !== 'twins' ? null : await openTables(product, configs[1]),
]
const counts = new Map<string, number>()
const end = performance.now() + seconds * 1000
const run = by === 'races' ? runRaces : runCase
let noticed: Mistake | null = null
for (let at = seed; noticed === null && performance.now() < end; at++)
  noticed = await (other ? runTwins(product, [one, other], at, counts) : run(product, one, at, counts))
await one.close()
await other?.close()
const { report, ...short } = noticed ?? {}
const outcome = {
  noticed: noticed && (process.argv[3] === 'report' ? noticed : short),
  counts: Object.fromEntries(counts),
}
console.log(JSON.stringify(outcome, null, process.argv[3] === 'report' ? 1 : 0))
