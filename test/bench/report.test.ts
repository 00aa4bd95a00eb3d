// Tests of what the bench makes of its command line and of its figures.
import { describe, expect, it } from 'vitest'
import { formatTables, toJson } from '../../bench/format-report.ts'
import { pick, readOptions } from '../../bench/options.ts'
import { parseStat } from '../../bench/postgres-cpu.ts'
import { rotate } from '../../bench/run-rounds.ts'
import { median, percentile, type Run, summarize } from '../../bench/summarize.ts'

const run = (contender: string, rps: number, more: Partial<Run> = {}): Run => ({
  workload: 'W1',
  contender,
  rps,
  p50: 1,
  p99: 2,
  cpuNode: 0.5,
  cpuPostgres: 0.25,
  bytes: 100e6,
  ...more,
})

describe('the command line of the bench', () => {
  it('takes the large data and five rounds where nothing is said', () => {
    expect(readOptions([])).toEqual({
      size: 'large',
      rounds: 5,
      seconds: 5,
      workloads: null,
      contenders: null,
      json: null,
      profile: null,
    })
  })

  it('lets what is said win over --quick', () => {
    const options = readOptions(['--quick', '--rounds', '1', '--workloads', 'W1, W3', '--json', 'a.json'])
    expect(options).toMatchObject({ size: 'small', rounds: 1, seconds: 1.5, workloads: ['W1', 'W3'], json: 'a.json' })
  })

  it.each([['--rounds', '0'], ['--rounds', '1.5'], ['--seconds', 'many'], ['--size', 'huge'], ['--fast']])(
    'refuses %s %s',
    (...args) => {
      expect(() => readOptions(args)).toThrow()
    },
  )

  it('picks in the order of the list, and names what there is for a name that there is not', () => {
    expect(pick({ a: 1, b: 2, c: 3 }, ['c', 'a'], 'letter')).toEqual([
      ['a', 1],
      ['c', 3],
    ])
    expect(() => pick({ a: 1, b: 2 }, ['toString'], 'letter')).toThrow('There is no letter "toString": a, b.')
  })
})

describe('the figures of the bench', () => {
  it('are medians of the rounds, with the least and the most', () => {
    const [one] = summarize([run('a', 30, { p99: 9 }), run('a', 10, { p99: 5 }), run('a', 20, { p99: 7 })])
    expect(one).toMatchObject({ rps: 20, minRps: 10, maxRps: 30, p99: 7, cpuNode: 0.5 })
  })

  it('leave out what could not be told', () => {
    const [one] = summarize([run('pgbench', 30, { cpuNode: null, bytes: null })])
    expect(one).toMatchObject({ cpuNode: null, bytes: null, cpuPostgres: 0.25 })
  })

  it('take the middle of two, and the nearest rank of many', () => {
    expect(median([4, 1, 2, 3])).toBe(2.5)
    const hundred = Array.from({ length: 100 }, (_, i) => 100 - i)
    expect([percentile(hundred, 0.5), percentile(hundred, 0.99), percentile([7], 0.99), percentile([], 0.5)]).toEqual([
      50, 99, 7, 0,
    ])
  })

  it('count the CPU time of a process with that of its ended children, whatever its name', () => {
    const stat = '42 (postgres: (a) b) S 7 42 42 0 -1 4194560 1 2 3 4 100 20 3 4 20 0 1 0'
    expect(parseStat(stat)).toEqual({ pid: 42, parent: 7, ticks: 127 })
  })

  it('let every contender come first in turn', () => {
    expect([0, 1, 2, 3].map(round => rotate(['a', 'b', 'c'], round).join(''))).toEqual(['abc', 'bca', 'cab', 'abc'])
  })
})

describe('the report of the bench', () => {
  const summaries = summarize([
    run('pgbench', 40_000, { cpuNode: null, bytes: null }),
    run('fastify-pg', 10_000),
    run('colonnade', 25_000),
    run('constant', 50_000, { workload: 'cached-200' }),
    run('colonnade', 40_000, { workload: 'cached-200' }),
  ])

  const cellsOf = (table = '') =>
    table.split('\n').map(line =>
      line
        .split('|')
        .slice(1, -1)
        .map(cell => cell.trim()),
    )

  it('compares with the same in plain JSON, where that ran too', () => {
    const document = run('colonnade', 20_000, { workload: 'W1J' })
    const tables = (...runs: readonly Run[]) => formatTables(summarize(runs), { W1J: 'W1' }).split('\n\n')
    const [, plain, , table] = tables(run('colonnade', 25_000), document, run('constant', 50_000, { workload: 'W1J' }))
    expect(cellsOf(plain)[0]).not.toContain('× W1')
    const [head = [], , one = [], other = []] = cellsOf(table)
    expect([one[head.indexOf('× W1')], other[head.indexOf('× W1')]]).toEqual(['0.80', ''])
    expect(cellsOf(tables(document)[1])[0]).not.toContain('× W1')
  })

  it('compares with hand-written servers and with pgbench, as far as they take part, in a table a workload', () => {
    const [first, table, second] = formatTables(summaries).split('\n\n')
    expect([first, second]).toEqual(['W1', 'cached-200'])
    const cells = cellsOf(table)
    expect(cells[0]).toEqual([
      'contender',
      'requests/s',
      'min–max',
      'p50 ms',
      'p99 ms',
      '× fastify-pg',
      '× pgbench',
      'CPU s/10k node',
      'CPU s/10k PostgreSQL',
      'MB',
    ])
    expect(cells[2]).toEqual(['pgbench', '40,000', '40,000–40,000', '1.00', '2.00', '4.00', '1.00', '', '0.25', ''])
    expect(cells[4]).toEqual([
      'colonnade',
      '25,000',
      '25,000–25,000',
      '1.00',
      '2.00',
      '2.50',
      '0.63',
      '0.50',
      '0.25',
      '100',
    ])
  })

  it('compares with the constant answer where none of them takes part', () => {
    const cells = cellsOf(formatTables(summaries).split('\n\n')[3])
    expect(cells[0]?.[5]).toBe('× constant')
    expect(cells[3]?.slice(0, 6)).toEqual(['colonnade', '40,000', '40,000–40,000', '1.00', '2.00', '0.80'])
  })

  it('is an array of plain figures as JSON', () => {
    expect(JSON.parse(toJson(summaries))[0]).toEqual({
      workload: 'W1',
      contender: 'pgbench',
      rps: 40_000,
      p50: 1,
      p99: 2,
      cpuNode: null,
      cpuPostgres: 0.25,
    })
  })
})
