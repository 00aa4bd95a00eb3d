// A program of its own: runs the cases against a folder of sources until the model notices something, and prints what.
import type pg from 'pg'
import { loadWriteProduct } from './product.ts'
import { type Mistake, openTables, runCase } from './run-cases.ts'

/** What is given as JSON in the first argument. */
export interface FaultRun {
  readonly sources: string
  readonly config: pg.ClientConfig
  readonly seed: number
  readonly seconds: number
}

/** The one line that it prints. */
export interface FaultOutcome {
  readonly noticed: (Omit<Mistake, 'report'> & { readonly report?: unknown }) | null
  readonly counts: Readonly<Record<string, number>>
}

const { sources, config, seed, seconds } = JSON.parse(process.argv[2] as string) as FaultRun
const product = await loadWriteProduct(sources)
const tables = await openTables(product, config)
const counts = new Map<string, number>()
const end = performance.now() + seconds * 1000
let noticed: Mistake | null = null
for (let at = seed; noticed === null && performance.now() < end; at++)
  noticed = await runCase(product, tables, at, counts)
await tables.close()
const { report, ...short } = noticed ?? {}
const outcome = {
  noticed: noticed && (process.argv[3] === 'report' ? noticed : short),
  counts: Object.fromEntries(counts),
}
console.log(JSON.stringify(outcome, null, process.argv[3] === 'report' ? 1 : 0))
