// The formats of reports: how rows become bytes, in pieces large enough to be written.
import { setImmediate as turn } from 'node:timers/promises'
import type { ExportedText } from '../jobs/export-query.ts'
import type { ReportFormat } from '../schema/resource-definition.ts'

export type ReportRow = Readonly<Record<string, unknown>>

interface Writer {
  readonly head: (first: ReportRow | null) => string
  readonly row: (row: ReportRow, isFirst: boolean) => string
  readonly foot: string
}

export const contentTypes: Readonly<Record<ReportFormat, string>> = {
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  csv: 'text/csv; charset=utf-8; header=present',
}

export interface RowCounter {
  /** How many were taken so far. */
  readonly onRow: (count: number) => void
  readonly onEnd: (count: number) => void
}

/** What is gathered before it is handed on. */
const pieceBytes = 64 * 1024
/** A character of UTF-16 takes so many bytes in UTF-8 at most. */
const bytesPerCharacter = 3
/** Rows that never wait would hold up everything else, the renewal of their own lease too: after so long others have their turn. */
const maxTurnMs = 10
/** Rows between two looks at the clock. */
const lookEvery = 64

/**
 * The pieces share their bytes: each is to be copied before the next is asked for. Texts that were gathered instead would outlive the collector's
 * first look, and millions of rows would take twice the memory.
 * @param rows taken one at a time, no faster than what is made of them is read
 */
export async function* encodeRows(
  format: ReportFormat,
  rows: AsyncIterable<ReportRow>,
  { onRow, onEnd }: RowCounter,
): AsyncGenerator<Uint8Array> {
  const writer = writerOf(format)
  const piece = Buffer.allocUnsafeSlow(pieceBytes)
  let filled = 0
  let count = 0
  let turned = performance.now()
  for await (const row of rows) {
    if (typeof row !== 'object' || row === null || Array.isArray(row))
      throw new Error(
        `A row of a report is an object, not ${row === null ? 'null' : Array.isArray(row) ? 'a list' : typeof row}.`,
      )
    const text = count === 0 ? writer.head(row) + writer.row(row, true) : writer.row(row, false)
    count += 1
    onRow(count)
    if (count % lookEvery === 0 && performance.now() - turned > maxTurnMs) {
      await turn()
      turned = performance.now()
    }
    const most = text.length * bytesPerCharacter
    if (filled + most > pieceBytes) {
      yield piece.subarray(0, filled)
      filled = 0
    }
    if (most > pieceBytes) yield Buffer.from(text)
    else filled += piece.write(text, filled)
  }
  yield piece.subarray(0, filled)
  onEnd(count)
  yield Buffer.from(count === 0 ? writer.head(null) + writer.foot : writer.foot)
}

/**
 * What a query gives is spelled already: CSV and NDJSON are as they are, and lines of NDJSON become the elements of a list.
 * @param exported as CSV where that is the format, else as NDJSON
 */
export async function* encodeExport(
  format: ReportFormat,
  exported: AsyncIterable<ExportedText>,
  { onRow, onEnd }: RowCounter,
): AsyncGenerator<Uint8Array> {
  const writer = format === 'json' ? writerOf('json') : null
  let count = 0
  if (writer) yield Buffer.from(writer.head(null))
  for await (const { text, records } of exported) {
    if (text === '') continue
    const list = writer && `${count === 0 ? '\n' : ',\n'}${text.slice(0, -1).replaceAll('\n', ',\n')}`
    count = records
    onRow(count)
    yield Buffer.from(list ?? text, 'latin1')
  }
  onEnd(count)
  if (writer) yield Buffer.from(writer.foot)
}

function writerOf(format: ReportFormat): Writer {
  if (format === 'csv') return csvWriter()
  if (format === 'ndjson') return { head: () => '', row: row => `${toJson(row)}\n`, foot: '' }
  return { head: () => '[', row: (row, isFirst) => `${isFirst ? '\n' : ',\n'}${toJson(row)}`, foot: '\n]\n' }
}

/** @throws TypeError for what JSON cannot say: a circle, a bigint */
function toJson(row: ReportRow): string {
  const text: string | undefined = JSON.stringify(row)
  if (text === undefined) throw new TypeError('The `toJSON` of a row of a report gave nothing.')
  return text
}

/** RFC 4180: the columns are those of the first row; a row without one of them leaves it empty. */
function csvWriter(): Writer {
  let columns: readonly string[] = []
  return {
    head(first) {
      columns = first ? Object.keys(first) : []
      return first ? toLine(columns.map(toCell)) : ''
    },
    row(row) {
      const other = Object.keys(row).find(name => !columns.includes(name))
      if (other !== undefined) throw new Error(`A row of CSV has "${other}", which the first row has not.`)
      return toLine(columns.map(name => toCell(row[name])))
    },
    foot: '',
  }
}

function toLine(cells: readonly string[]): string {
  return `${cells.join(',') || '""'}\r\n`
}

/** An empty text is quoted, which tells it from nothing; what JSON leaves out is nothing here too. */
function toCell(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'function' || typeof value === 'symbol') return ''
  const text =
    value instanceof Date ? value.toISOString() : typeof value === 'object' ? JSON.stringify(value) : String(value)
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
