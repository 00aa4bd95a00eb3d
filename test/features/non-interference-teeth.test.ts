// The non-interference test has teeth: each fault that is planted in a copy of the sources must be noticed.
import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Fault } from '../non-interference/fault.ts'
import { faults } from '../non-interference/faults.ts'
import type { FaultOutcome, FaultRun } from '../non-interference/run-fault.ts'
import { emptyDatabase, servers, type TestDatabase } from '../support/databases.ts'
import { copySources, plantFault } from '../support/plant-fault.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** Inside the project, so that its packages are found; ignored by git and the linter. */
const folder = `${root}.colonnade/faults-${process.pid}`
const program = `${root}test/non-interference/run-fault.ts`
const run = promisify(execFile)

describe('the non-interference test', () => {
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
        tryFault(fault, lane, [databases[lane * 2], databases[lane * 2 + 1]] as [TestDatabase, TestDatabase]),
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

  async function tryFault(
    fault: Fault,
    lane: number,
    [one, other]: readonly [TestDatabase, TestDatabase],
  ): Promise<FaultOutcome> {
    const sources = `${folder}/${lane}/src`
    const mend = await plantFault(fault, `${root}src`, sources)
    const order: FaultRun = {
      sources,
      databases: [one.config, other.config] as FaultRun['databases'],
      seed: fault.seed ?? 1,
      seconds: 40,
      focus: fault.focus ?? 'all',
      fails: fault.fails === true,
    }
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
      // A statement that fails would be noticed too, but it says nothing of the fault.
      if (!fault.fails)
        expect(
          noticed?.statuses.every(status => status < 500),
          `${noticed?.reason}: ${noticed?.asked}`,
        ).toBe(true)
    }, 240_000)
  }
})
