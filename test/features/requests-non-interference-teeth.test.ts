// The twins of commands and reports have teeth: each fault that is planted in a copy of the sources is noticed.
import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Fault, faults } from '../request-twins/faults.ts'
import type { FaultOutcome, FaultRun } from '../request-twins/run-fault.ts'
import { emptyDatabase, servers, type TestDatabase } from '../support/databases.ts'
import { copySources, plantFault } from '../support/plant-fault.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** Inside the project, so that its packages are found; ignored by git and the linter. */
const folder = `${root}.colonnade/request-faults-${process.pid}`
const program = `${root}test/request-twins/run-fault.ts`
const run = promisify(execFile)

describe('the test of twins with commands and reports', () => {
  const databases: TestDatabase[] = []
  const outcomes = new Map<string, Promise<FaultOutcome>>()
  beforeAll(async () => {
    const [server] = servers()
    if (!server) throw new Error('there is no server')
    for (const lane of [0, 1]) await copySources(`${root}src`, `${folder}/${lane}/src`)
    for (let i = 0; i < 4; i++) databases.push(await emptyDatabase(server))
    // Two at a time, each with two databases of its own.
    const lanes = [Promise.resolve(), Promise.resolve()]
    for (const [i, fault] of faults.entries()) {
      const lane = i % 2
      const outcome = (lanes[lane] as Promise<void>).then(() =>
        tryFault(fault, lane, databases.slice(lane * 2, lane * 2 + 2)),
      )
      outcomes.set(fault.name, outcome)
      lanes[lane] = outcome.then(
        () => undefined,
        () => undefined,
      )
    }
  })
  afterAll(async () => {
    await Promise.allSettled(outcomes.values())
    await rm(folder, { recursive: true, force: true })
    for (const database of databases) await database.drop()
  })

  async function tryFault(fault: Fault, lane: number, pair: readonly TestDatabase[]): Promise<FaultOutcome> {
    const sources = `${folder}/${lane}/src`
    const mend = await plantFault(fault, `${root}src`, sources)
    const configs = pair.map(({ config }) => config) as unknown as FaultRun['configs']
    const order: FaultRun = { sources, configs, seed: fault.seed, seconds: 40 }
    const { stdout } = await run(process.execPath, [program, JSON.stringify(order)], {
      cwd: root,
      maxBuffer: 10_000_000,
    }).finally(mend)
    return JSON.parse(stdout.trim().split('\n').at(-1) as string) as FaultOutcome
  }

  for (const fault of faults) {
    it(`notices that ${fault.name}`, async () => {
      const { noticed } = await (outcomes.get(fault.name) as Promise<FaultOutcome>)
      expect(noticed, 'nothing was noticed').not.toBeNull()
      // What fails would be noticed too, but it says nothing of the fault.
      expect(noticed?.what).not.toBe('an error of our own')
    }, 240_000)
  }
})
