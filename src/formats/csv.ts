// CSV (RFC 4180): a line of field names, then one line a record. Cells that a spreadsheet would take for formulas are left as they are.
import type { Layout, Output } from '../plan/layout.ts'
import { fromByteText, toByteText } from './byte-text.ts'
import type { ByteWriter } from './byte-writer.ts'
import type { ExportFormat } from './export-format.ts'
import { compileColumn, type WriteColumn } from './json-column.ts'
import { compileCode } from './json-record.ts'
import { isNull, isTrue } from './rows.ts'

/** Until all is made, cells are JSON, and these stand between them: JSON holds no raw control character but white space. */
const between = { parts: 0x1d, records: 0x1e, cells: 0x1f } as const
const [betweenParts, betweenRecords, betweenCells] = Object.values(between).map(code => String.fromCharCode(code)) as [
  string,
  string,
  string,
]

export const csv: ExportFormat = csvFormat('present')
/** For `text/csv; header=absent`. */
export const csvWithoutHeader: ExportFormat = csvFormat('absent')

function csvFormat(header: 'present' | 'absent'): ExportFormat {
  return {
    mediaType: 'text/csv',
    parameters: { charset: 'utf-8', header },
    contentType: `text/csv; charset=utf-8; header=${header}`,
    open(layout) {
      const names = layout.outputs.map(({ name }) => quoted(toByteText(name)))
      const columns = layout.outputs.map(compileCell)
      const isJson = layout.outputs.map(holdsJson)
      return {
        head: header === 'present' ? toLine(names) : '',
        write(row, out) {
          for (const [i, { guard, write }] of columns.entries()) {
            if (i > 0) out.byte(between.cells)
            if (guard < 0 || isTrue(row, guard)) write(row, out)
          }
          out.byte(between.records)
        },
        finish(text) {
          let lines = ''
          // Each record ends in its mark, so the last piece is empty.
          for (const record of text.split(betweenRecords).slice(0, -1))
            lines += toLine(record.split(betweenCells).map((cell, i) => toCell(cell, isJson[i] === true)))
          return lines
        },
      }
    },
  }
}

function compileCell(output: Output): { readonly guard: number; readonly write: WriteColumn } {
  const { guard } = output
  if (output.kind === 'value') return { guard, write: compileColumn(output.type, output.index) }
  if (output.kind === 'json') return { guard, write: compileColumn(null, output.index) }
  if (output.kind === 'code') return { guard, write: compileCode(output) }
  const parts = output.parts.map(part => ({ index: part.index, write: compileColumn(part.type, part.index) }))
  return {
    guard,
    write(row, out: ByteWriter) {
      if (parts.some(({ index }) => isNull(row, index))) return
      for (const [i, { write }] of parts.entries()) {
        if (i > 0) out.byte(between.parts)
        write(row, out)
      }
    },
  }
}

/** Whether a JSON string is the value itself, quotes and all. */
function holdsJson(output: Layout['outputs'][number]): boolean {
  return output.kind === 'json' || (output.kind === 'value' && /^jsonb?$/.test(output.type.name))
}

/** From JSON to a cell; an empty text is quoted, which tells it from nothing. */
function toCell(json: string, isJson: boolean): string {
  if (json === '' || json === 'null') return ''
  if (isJson) return quoted(json)
  if (json.includes(betweenParts)) return quoted(json.split(betweenParts).map(toPart).join(','))
  return json.startsWith('"') ? quoted(unquoted(json)) : quoted(json)
}

/** A part of a composite key, as in the id of a path. */
function toPart(json: string): string {
  return unquoted(json).replaceAll('~', '~0').replaceAll(',', '~1')
}

function unquoted(json: string): string {
  if (!json.startsWith('"')) return json
  return json.includes('\\') ? toByteText(JSON.parse(fromByteText(json)) as string) : json.slice(1, -1)
}

function quoted(cell: string): string {
  return cell === '' || /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}

/** A line that is empty would be skipped by some who read it. */
function toLine(cells: readonly string[]): string {
  return `${cells.join(',') || '""'}\r\n`
}
