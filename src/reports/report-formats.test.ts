import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { ReportFormat } from '../schema/resource-definition.ts'
import { encodeRows, type ReportRow } from './report-formats.ts'

interface Encoded {
  readonly text: string
  readonly pieces: readonly number[]
  readonly counts: readonly number[]
  readonly ended: readonly number[]
}

/** The pieces share their bytes, so that each is copied before the next is asked for. */
async function encode(format: ReportFormat, rows: readonly ReportRow[]): Promise<Encoded> {
  const counts: number[] = []
  const ended: number[] = []
  const pieces: Buffer[] = []
  async function* one() {
    yield* rows
  }
  const counter = {
    onRow: (count: number) => void counts.push(count),
    onEnd: (count: number) => void ended.push(count),
  }
  for await (const piece of encodeRows(format, one(), counter)) pieces.push(Buffer.from(piece))
  return { text: Buffer.concat(pieces).toString(), pieces: pieces.map(one => one.length), counts, ended }
}

/** As the grammar of RFC 4180 reads it; null for a cell without quotes that is empty. */
function parseCsv(given: string): (string | null)[][] {
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

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '"', '""', 'a,b', '\r\n', '\n', '=1+1', '+1', '-1', '@x', '\t', ' a ', 'null', 'é😀'),
  fc.nat({ max: 70_000 }).map(length => 'å'.repeat(length)),
)
const value = fc.oneof(
  { weight: 4, arbitrary: text },
  fc.constantFrom(null, undefined, true, false),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.date({ noInvalidDate: true }),
  fc.jsonValue(),
)
/** Rows with the same columns, as those of a query are. */
const tables = fc
  .uniqueArray(
    text.filter(name => name !== '__proto__' && name.length < 200),
    { minLength: 1, maxLength: 5 },
  )
  .chain(names =>
    fc.array(
      fc.tuple(...names.map(() => value)).map(values => Object.fromEntries(names.map((name, i) => [name, values[i]]))),
      { maxLength: 12 },
    ),
  )

it('gives back in JSON and NDJSON what the rows are in JSON', async () => {
  await fc.assert(
    fc.asyncProperty(tables, async rows => {
      const wanted = JSON.parse(JSON.stringify(rows))
      expect(JSON.parse((await encode('json', rows)).text)).toEqual(wanted)
      const { text } = await encode('ndjson', rows)
      // A record has no line break of its own; only those of the format separate.
      const lines = text.split('\n')
      expect(lines.pop()).toBe('')
      expect(lines.map(line => JSON.parse(line))).toEqual(wanted)
    }),
    { numRuns: 60 },
  )
})

it('gives back in CSV every text as it is, nothing for null, and JSON for what has parts', async () => {
  await fc.assert(
    fc.asyncProperty(tables, async rows => {
      const [first] = rows
      const names = Object.keys(first ?? {})
      const cell = (one: unknown) =>
        one === null || one === undefined
          ? null
          : one instanceof Date
            ? one.toISOString()
            : typeof one === 'object'
              ? JSON.stringify(one)
              : String(one)
      // A line of one cell that is nothing would be no line.
      const line = (cells: (string | null)[]) => (cells.length === 1 && cells[0] === null ? [''] : cells)
      const wanted = first ? [names, ...rows.map(row => line(names.map(name => cell(row[name]))))] : []
      expect(parseCsv((await encode('csv', rows)).text)).toEqual(wanted)
    }),
    { numRuns: 60 },
  )
})

it('leaves formulas as they are, as exports of lists do', async () => {
  const rows = ['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '=HYPERLINK("http://x","y")'].map(cell => ({ cell }))
  const { text } = await encode('csv', rows)
  expect(parseCsv(text)).toEqual([['cell'], ...rows.map(({ cell }) => [cell])])
  expect(text).toBe('cell\r\n=1+1\r\n+1\r\n-1\r\n@SUM(A1)\r\n\tx\r\n"=HYPERLINK(""http://x"",""y"")"\r\n')
})

it('counts each row once, and hands on pieces of a bounded size', async () => {
  const rows = Array.from({ length: 5_000 }, (_, n) => ({ n, text: 'x'.repeat(n % 97) }))
  for (const format of ['json', 'ndjson', 'csv'] as const) {
    const { pieces, counts, ended } = await encode(format, rows)
    expect([counts.length, counts.at(-1), ended]).toEqual([5_000, 5_000, [5_000]])
    expect(pieces.length).toBeGreaterThan(3)
    expect(Math.max(...pieces)).toBeLessThanOrEqual(64 * 1024)
  }
})

it('is whole without a row, too', async () => {
  const texts = await Promise.all(
    (['json', 'ndjson', 'csv'] as const).map(async format => (await encode(format, [])).text),
  )
  expect(texts).toEqual(['[\n]\n', '', ''])
  expect(JSON.parse(texts[0] ?? '')).toEqual([])
})

it('refuses in CSV a row with a column that the first one has not', async () => {
  await expect(encode('csv', [{ a: 1 }, { a: 1, b: 2 }])).rejects.toThrow('A row of CSV has "b"')
  expect((await encode('csv', [{ a: 1, b: 2 }, { b: 3 }])).text).toBe('a,b\r\n1,2\r\n,3\r\n')
})

async function* endless(isOver: () => boolean) {
  for (let n = 1; !isOver(); n += 1) yield { n }
}

it('lets timers come although the rows never wait', async () => {
  let ticks = 0
  const timer = setInterval(() => {
    ticks += 1
  }, 5)
  const rows = endless(() => ticks >= 3)
  let bytes = 0
  const counter = { onRow: () => undefined, onEnd: () => undefined }
  for await (const piece of encodeRows('ndjson', rows, counter)) bytes += piece.length
  clearInterval(timer)
  expect(ticks).toBeGreaterThanOrEqual(3)
  expect(bytes).toBeGreaterThan(0)
})
