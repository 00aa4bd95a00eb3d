// A server that answers wrongly in every way neither crashes the process, nor leaves a read without an end, nor fills the memory.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { chooseSeed } from '../support/seed.ts'
import type { FuzzResult } from '../wire/fuzz-program.ts'

const program = fileURLToPath(new URL('../wire/fuzz-program.ts', import.meta.url))
const seed = chooseSeed(process.env.WIRE_FUZZ_SEED)
const seconds = Number(process.env.WIRE_FUZZ_SECONDS ?? 12)
const megabyte = 1024 * 1024

it(`settles every read of a server that answers wrongly (WIRE_FUZZ_SEED=${seed})`, { timeout: 90_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--expose-gc',
    '--conditions=colonnade-source',
    program,
    ...[seed, seconds].map(String),
  ])
  const result = JSON.parse(stdout) as FuzzResult
  expect(result.unhandled).toEqual([])
  expect(result.unsettled).toBe(0)
  expect(result.wrong).toBe(0)
  // Beside what the server of the same process holds.
  expect(result.peakBytes).toBeLessThan(400 * megabyte)
  expect(result.leftBytes).toBeLessThan(40 * megabyte)
  // Nothing of it were true of a program that does nothing.
  expect(result.answered).toBeGreaterThan(100)
  expect(Object.keys(result.spoilt).length).toBeGreaterThanOrEqual(15)
  expect(Object.values(result.spoilt).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(500)
})
