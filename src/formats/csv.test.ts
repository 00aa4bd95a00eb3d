import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type TextRow, TextRows } from '../databases/postgres/text-rows.ts'
import type { Layout, Output } from '../plan/layout.ts'
import { jsonb } from '../types/json.ts'
import { text } from '../types/text.ts'
import { fromByteText } from './byte-text.ts'
import { ByteWriter } from './byte-writer.ts'
import { csv } from './csv.ts'

const layoutOf = (outputs: readonly Output[]): Layout => ({
  outputs,
  cursor: [],
  code: [],
  included: [],
  meta: { total: -1, aggregate: -1, groups: -1 },
  present: -1,
})

function write(outputs: readonly Output[], records: readonly TextRow[]): string {
  const open = csv.open(layoutOf(outputs))
  const out = new ByteWriter()
  const rows = new TextRows(records)
  for (let i = 0; i < rows.length; i += 1) open.write(rows.at(i), out, '')
  return fromByteText(open.head + open.finish(out.toByteText()))
}

/** As the grammar of RFC 4180 reads it; null for a cell without quotes that is empty. */
function parse(given: string): (string | null)[][] {
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y
  const lines: (string | null)[][] = [[]]
  while (cell.lastIndex < given.length) {
    const found = cell.exec(given)
    if (!found) throw new Error(`no CSV: ${JSON.stringify(given)}`)
    const [, quoted, bare, end] = found
    lines.at(-1)?.push(quoted === undefined ? bare || null : quoted.replaceAll('""', '"'))
    if (end === '\r\n') lines.push([])
  }
  return lines.slice(0, -1)
}

/** What a database holds: any text but NUL, and no half of a surrogate pair. */
const stored = fc.string({ unit: 'binary' }).map(one => one.replaceAll('\0', ''))
const odd = fc.oneof(stored, fc.constantFrom('', 'null', '"', '""', 'a,b', '\r\n', '\x1e\x1f\x1d', '=1+1', ' a ', '\\'))

it('gives back every text as it is stored', () => {
  const outputs = [
    { kind: 'value', name: 'one', guard: -1, index: 0, type: text },
    { kind: 'value', name: 'two, "three"', guard: 2, index: 1, type: text },
  ] as const
  fc.assert(
    fc.property(fc.array(fc.tuple(odd, fc.option(odd), fc.boolean())), records => {
      const rows = records.map(([one, two, shown]) => [one, two, shown ? 't' : 'f'])
      expect(parse(write(outputs, rows))).toEqual([
        ['one', 'two, "three"'],
        ...records.map(([one, two, shown]) => [one, shown ? two : null]),
      ])
    }),
  )
})

it('gives back JSON as JSON', () => {
  const outputs = [
    { kind: 'value', name: 'id', guard: -1, index: 0, type: text },
    { kind: 'value', name: 'data', guard: -1, index: 1, type: jsonb },
  ] as const
  fc.assert(
    fc.property(fc.jsonValue(), value => {
      const [, [, cell] = []] = parse(write(outputs, [['x', JSON.stringify(value)]]))
      expect(cell === null ? null : JSON.parse(cell ?? '')).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})

it('joins the parts of a composite key as a path does', () => {
  const parts = [
    { name: 'a', index: 0, type: text },
    { name: 'b', index: 1, type: text },
  ]
  const outputs = [{ kind: 'key', name: 'place', guard: -1, parts }] as const
  expect(
    parse(
      write(outputs, [
        ['no,rth', 'a~b'],
        ['x', null],
        ['', 'å"'],
      ]),
    ),
  ).toEqual([['place'], ['no~1rth,a~0b'], [''], [',å"']])
})
