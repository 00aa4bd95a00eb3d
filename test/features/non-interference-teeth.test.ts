// The non-interference test has teeth: each fault that is planted in a copy of the sources must be noticed.
import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Fault } from '../non-interference/fault.ts'
import { faults } from '../non-interference/faults.ts'
import type { FaultOutcome, FaultRun } from '../non-interference/run-fault.ts'
import { emptyDatabase, servers, type TestDatabase } from '../support/databases.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** Inside the project, so that its packages are found; ignored by git and the linter. */
const folder = `${root}.colonnade/faults-${process.pid}`
const program = `${root}test/non-interference/run-fault.ts`
const run = promisify(execFile)

/** The text of a fault may be broken into lines otherwise than it is written here. */
function toPattern(find: string): RegExp {
  return new RegExp(
    find
      .trim()
      .split(/\s+/)
      .map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('\\s+'),
    'g',
  )
}

const copySources = (at: string) =>
  cp(`${root}src`, at, { recursive: true, filter: path => !path.endsWith('.test.ts') })

/** @returns takes it out again: what is unchanged at its place need not be compiled anew for the next fault */
async function plant(fault: Fault, at: string): Promise<() => Promise<void>> {
  const files = new Set(fault.edits.map(({ file }) => file))
  const mend = async () => {
    for (const file of files) await cp(`${root}src/${file}`, `${at}/${file}`)
  }
  for (const { file, find, put } of fault.edits) {
    const text = await readFile(`${at}/${file}`, 'utf8')
    const places = text.match(toPattern(find))?.length ?? 0
    if (places !== 1) throw new Error(`${file} has ${places} places to plant "${fault.name}" in, not one: ${find}`)
    await writeFile(
      `${at}/${file}`,
      text.replace(toPattern(find), () => put),
    )
  }
  return mend
}

describe('the non-interference test', () => {
  const databases: TestDatabase[] = []
  const outcomes = new Map<string, Promise<FaultOutcome>>()
  beforeAll(async () => {
    const [server] = servers()
    if (!server) throw new Error('there is no server')
    await mkdir(folder, { recursive: true })
    for (const lane of [0, 1]) await copySources(`${folder}/${lane}/src`)
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
    const mend = await plant(fault, sources)
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
