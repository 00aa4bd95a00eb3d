// Tests of what the bench writes for pgbench and reads of its answers.
import { expect, it } from 'vitest'
import type { BoundText } from '../../bench/contender.ts'
import { readLatencies, readTransactions, writeScript } from '../../bench/pgbench-script.ts'

const write = (text: string, values: readonly (readonly BoundText[])[]) => writeScript({ text, values })

it('hands over what is the same every time, and chooses the rest by one random number', () => {
  const { script, variables } = write('select $2::int4, $1::text, $2', [
    ['x', '10'],
    ['x', '20'],
    ['x', '-30'],
  ])
  expect(variables).toEqual([['p1', 'x']])
  expect(script.split('\n')).toEqual([
    '\\set i random(0, 2)',
    '\\set p2 case when :i < 1 then 10 else case when :i < 2 then 20 else -30 end end',
    'select :p2::int4, :p1::text, :p2;',
    '',
  ])
})

it('takes values together that stood together', () => {
  const { script } = write('select $1, $2', [
    ['1', '100'],
    ['2', '200'],
  ])
  expect(script).toContain(
    '\\set p1 case when :i < 1 then 1 else 2 end\n\\set p2 case when :i < 1 then 100 else 200 end',
  )
})

it('needs no random number where nothing varies', () => {
  expect(write('select $1', [['1'], ['1']])).toEqual({ script: 'select :p1;\n', variables: [['p1', '1']] })
})

it('refuses values that pgbench cannot vary', () => {
  expect(() => write('select $1', [['a'], ['b']])).toThrow('whole numbers only, not "a"')
  expect(() => write('select $1', [[null]])).toThrow('cannot bind null')
})

it('reads the latencies of a log', () => {
  expect(readLatencies('0 199 2241 0 1175850568 995598\n1 12 90 0 1175850568 998079\n')).toEqual([2241, 90])
})

it('reads how many transactions there were, and fails where some did', () => {
  const report = (failed: number) =>
    `number of transactions actually processed: 1200\nnumber of failed transactions: ${failed} (0.000%)\ntps = 599.5 (without initial connection time)\n`
  expect(readTransactions(report(0))).toEqual({ transactions: 1200, perSecond: 599.5 })
  expect(() => readTransactions(report(3))).toThrow('pgbench failed')
  expect(() => readTransactions('pgbench: error: no such file')).toThrow('no such file')
})
