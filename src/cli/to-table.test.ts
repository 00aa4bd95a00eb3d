// How rows stand in terminals of every width.
import { expect, it } from 'vitest'
import { toTable } from './to-table.ts'

const header = ['id', 'status', 'error']
const rows = [
  ['17', 'failed', 'no_answer: The switch did not answer, and nobody knows why.'],
  ['8', 'succeeded', ''],
]

it('cuts nothing where it goes to a file', () => {
  expect(toTable(header, rows, null)).toEqual({
    header: 'id  status     error',
    lines: ['17  failed     no_answer: The switch did not answer, and nobody knows why.', '8   succeeded'],
  })
})

it('cuts the last column where the terminal is narrower', () => {
  const { lines } = toTable(header, rows, 50)
  expect(lines).toEqual(['17  failed     no_answer: The switch did not answ…', '8   succeeded'])
  expect(lines[0]).toHaveLength(50)
})

it('sets them one below the other where a table would not fit', () => {
  const { header: none, lines } = toTable(header, rows, 30)
  expect(none).toBe(null)
  expect(lines).toEqual([
    'id      17',
    'status  failed',
    'error   no_answer: The switch…',
    '',
    'id      8',
    'status  succeeded',
  ])
})
