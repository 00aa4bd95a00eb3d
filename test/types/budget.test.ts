// Holds the compiler's work for a large definition to what it was: editors feel every type that is made too often.
import { execFile } from 'node:child_process'
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { generateProject } from './generate-project.ts'

const source = fileURLToPath(new URL('../../src/index.ts', import.meta.url))
const tsc = fileURLToPath(import.meta.resolve('typescript/bin/tsc'))
const run = promisify(execFile)
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'colonnade-types-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

it('checks 100 resources over 400 tables within the budget of instantiations and memory', async () => {
  const budget = JSON.parse(await readFile(new URL('./budget.json', import.meta.url), 'utf8'))
  generateProject(folder, source, { tables: 400, resources: 100 })
  const { stdout } = await run(process.execPath, [tsc, '-p', folder, '--extendedDiagnostics'])
  const used = { instantiations: numberAt(stdout, 'Instantiations'), memoryKb: numberAt(stdout, 'Memory used') }
  // Instantiations are the same on every machine; memory depends on when it is collected.
  // When the types do more for good reason, write the new numbers into budget.json.
  expect(used.instantiations).toBeLessThan(budget.instantiations * 1.15)
  expect(used.memoryKb).toBeLessThan(budget.memoryKb * 1.5)
  expect(used.instantiations, 'far less than before: is everything still checked?').toBeGreaterThan(
    budget.instantiations * 0.5,
  )
}, 60_000)

it('finds a mistake in a project of that form', async () => {
  generateProject(folder, source, { tables: 4, resources: 2 })
  await appendFile(join(folder, 'api.ts'), "resource(db.t1, { sorts: ['titel'] })\n")
  const failed = await run(process.execPath, [tsc, '-p', folder]).catch((error: { stdout: string }) => error)
  expect(failed.stdout).toMatch(/api\.ts\(\d+,27\): error TS\d+: Type '"titel"'/)
}, 60_000)

function numberAt(diagnostics: string, name: string): number {
  return Number(diagnostics.match(new RegExp(`^${name}:\\s+(\\d+)`, 'm'))?.[1])
}
