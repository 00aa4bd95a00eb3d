// Tests of who runs what in the rounds of the bench, and of what is skipped.
import { expect, it } from 'vitest'
import type { Task } from '../../bench/contender.ts'
import { contenders } from '../../bench/contenders/index.ts'
import { lacks, products } from '../../bench/product.ts'
import { type Running, runRounds } from '../../bench/run-rounds.ts'
import { formatSkips, listSkips, skipOf } from '../../bench/skips.ts'
import { mix, workloads } from '../../bench/workloads.ts'

const makeTask = (workload: string, part: readonly string[], writes = false): Task => ({
  ...{ workload, contenders: part, writes, requests: [], statuses: [200], cached: false },
  ...{ statement: { text: '', values: [] }, body: '', bytes: 0 },
})

it('runs only those that take part, interleaved, and tidies after each run', async () => {
  const log: string[] = []
  const started = ['a', 'b', 'c'].map((name): Running => {
    return {
      name,
      run: async (task, seconds) => {
        log.push(`${task.workload} ${name}`)
        return { requests: 10, seconds, p50: 1, p99: 1 }
      },
      usage: async () => null,
    }
  })
  const runs = await runRounds({
    tasks: [makeTask('W1', ['a', 'b', 'c']), makeTask('W4', ['a', 'c'], true)],
    contenders: started,
    rounds: 1,
    seconds: 2,
    postgresCpu: async () => null,
    tidy: async ({ writes }) => void log.push(writes ? 'tidied' : '-'),
    onRun: () => undefined,
    signal: new AbortController().signal,
  })
  const w1 = (...names: string[]) => names.flatMap(name => [`W1 ${name}`, '-'])
  const w4 = (...names: string[]) => names.flatMap(name => [`W4 ${name}`, 'tidied'])
  expect(log).toEqual([...w1('a', 'b', 'c'), ...w4('a', 'c'), ...w1('b', 'c', 'a'), ...w4('c', 'a')])
  expect(runs.map(({ workload, contender }) => `${workload} ${contender}`)).toEqual([
    ...['W1 a', 'W1 b', 'W1 c'],
    ...['W4 a', 'W4 c'],
  ])
  expect(runs[0]).toMatchObject({ rps: 5, cpuNode: null })
})

it('names every contender and product in its list', () => {
  const names = Object.keys(contenders)
  for (const { contenders: part } of Object.values(workloads)) expect(names).toEqual(expect.arrayContaining([...part]))
  expect(names).toEqual(expect.arrayContaining([...products]))
})

it('skips the product by name, and nobody else, where a workload needs what it cannot do', () => {
  const asked = [
    ['W1', { contenders: ['node-pg', 'colonnade'] }],
    ['W4', { contenders: ['node-pg', 'colonnade'], needs: 'write' }],
  ] as const
  const reason = lacks('write')
  expect(listSkips(asked, ['node-pg', 'colonnade'])).toEqual(reason === null ? [] : [`W4 colonnade: ${reason}`])
  expect(listSkips(asked, ['node-pg'])).toEqual([])
  expect(skipOf('node-pg', { needs: 'write' })).toBeNull()
  expect(skipOf('colonnade', {})).toBeNull()
})

it('prints a line for each that is skipped', () => {
  expect(formatSkips(['pgbench: not there', 'W4 colonnade: not yet'])).toEqual([
    'skipped: pgbench: not there\nskipped: W4 colonnade: not yet',
  ])
  expect(formatSkips([])).toEqual([])
})

it('mixes one of the others into each stretch, so that every connection meets some', () => {
  const mixed = mix(
    Array.from({ length: 1000 }, () => 'read'),
    Array.from({ length: 50 }, () => 'write'),
  )
  const places = mixed.flatMap((what, i) => (what === 'write' ? [i] : []))
  expect(mixed).toHaveLength(1000)
  expect(places.map(place => Math.floor(place / 20))).toEqual(Array.from({ length: 50 }, (_, i) => i))
  expect(new Set(places.map(place => place % 32)).size).toBeGreaterThan(16)
})
