// Random writes under random policies: what is answered and what is in the tables afterwards is what a naive model says.
import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeEachServer, emptyDatabase, servers, type TestDatabase } from '../support/databases.ts'
import { copySources, plantFault } from '../support/plant-fault.ts'
import { chooseSeed } from '../support/seed.ts'
import { faults } from '../write-model/faults.ts'
import { loadWriteProduct } from '../write-model/product.ts'
import { openTables, runCase, type Tables } from '../write-model/run-cases.ts'
import type { FaultOutcome, FaultRun } from '../write-model/run-fault.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** More of them search longer: `WRITE_CASES=2000`. */
const cases = Number(process.env.WRITE_CASES ?? 50)
/** Outcomes that every run has to come by, or it would prove little. */
const common = [
  '200 done',
  '201 done',
  '204 done',
  '403 row',
  '403 field',
  '403 scope',
  '404 unseen',
  '422 link',
  '422 unknown',
  '200 put',
  '412 there',
  '207 lenient',
  '200 operations',
  '403 operations: field',
  '200 filtered',
  '409 too many',
  '200 action',
  '200 action on many',
  '200 done, as a document',
  '404 unseen, as a document',
]

describeEachServer('writes under random policies', server => {
  let tables: Tables
  let database: TestDatabase
  const product = loadWriteProduct(`${root}src`)
  beforeAll(async () => {
    database = await emptyDatabase(server)
    tables = await openTables(await product, database.config as pg.ClientConfig)
  })
  afterAll(async () => {
    await tables?.close()
    await database?.drop()
  })

  it(
    'answer and change what the rules say, and nothing else',
    async () => {
      const seed = chooseSeed(process.env.FC_SEED)
      const counts = new Map<string, number>()
      for (let i = 0; i < cases; i++) {
        const mistake = await runCase(await product, tables, seed + i, counts)
        expect(mistake, `FC_SEED=${seed + i}: ${mistake?.what}\n${JSON.stringify(mistake?.report, null, 1)}`).toBeNull()
      }
      const said = [...counts].sort().map(([outcome, count]) => `${count} × ${outcome}`)
      console.log(`${server.name}: ${cases} policies, seed ${seed}: ${said.join(', ')}`)
      for (const outcome of common) expect(counts.get(outcome) ?? 0, outcome).toBeGreaterThan(0)
    },
    60_000 + cases * 2_000,
  )
})

const folder = `${root}.colonnade/write-faults-${process.pid}`

describe('the test of writes under random policies', () => {
  const databases: TestDatabase[] = []
  beforeAll(async () => {
    const [server] = servers()
    if (!server) throw new Error('there is no server')
    for (let i = 0; i < 2; i++) databases.push(await emptyDatabase(server))
    await copySources(`${root}src`, `${folder}/src`)
  })
  afterAll(async () => {
    for (const database of databases) await database.drop()
    await rm(folder, { recursive: true, force: true })
  })

  for (const fault of faults)
    it(`notices that ${fault.name}`, async () => {
      const sources = `${folder}/src`
      const mend = await plantFault(fault, `${root}src`, sources)
      const configs = databases.map(one => one.config) as readonly object[] as FaultRun['configs']
      const order: FaultRun = { sources, configs, by: fault.by ?? 'model', seed: fault.seed ?? 1, seconds: 40 }
      const program = `${root}test/write-model/run-fault.ts`
      const { stdout } = await promisify(execFile)(process.execPath, [program, JSON.stringify(order)], {
        cwd: root,
      }).finally(mend)
      const { noticed } = JSON.parse(stdout.trim().split('\n').at(-1) as string) as FaultOutcome
      expect(noticed, 'nothing was noticed').not.toBeNull()
      // A statement that fails would be noticed too, but it says nothing of the fault.
      expect(noticed?.status, noticed?.what).toBeLessThan(500)
    }, 120_000)
})
