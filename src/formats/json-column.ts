// Compiles how one column's bytes become JSON, by what its type says of them.
import type { ColumnType } from '../types/column-type.ts'
import type { ByteWriter } from './byte-writer.ts'
import type { RowBytes } from './rows.ts'

export type WriteColumn = (row: RowBytes, out: ByteWriter) => void

export const nullBytes: Buffer = Buffer.from('null')
const trueBytes = Buffer.from('true')
const falseBytes = Buffer.from('false')
const quote = 0x22

/** @param type null for JSON that the database made */
export function compileColumn(type: ColumnType | null, index: number): WriteColumn {
  const write = type === null ? bare : writers[type.bytes ?? 'spelled']
  return (row, out) => {
    const end = row.ends[index] as number
    if (end < 0) out.copy(nullBytes, 0, 4)
    else write(row.bytes, row.starts[index] as number, end, out, type as ColumnType)
  }
}

type Write = (bytes: Buffer, start: number, end: number, out: ByteWriter, type: ColumnType) => void

const bare: Write = (bytes, start, end, out) => out.copy(bytes, start, end)

const spelled: Write = (bytes, start, end, out, type) => out.text(type.toJson(bytes.toString('utf8', start, end)))

const writers: Readonly<Record<NonNullable<ColumnType['bytes']> | 'spelled', Write>> = {
  bare,
  quoted(bytes, start, end, out) {
    out.byte(quote)
    out.copy(bytes, start, end)
    out.byte(quote)
  },
  escaped: (bytes, start, end, out) => out.jsonString(bytes, start, end),
  boolean: (bytes, start, _, out) => (bytes[start] === 0x74 ? out.copy(trueBytes, 0, 4) : out.copy(falseBytes, 0, 5)),
  // NaN and the infinities end in a letter.
  float: (bytes, start, end, out, type) =>
    isDigit(bytes[end - 1] as number) ? out.copy(bytes, start, end) : spelled(bytes, start, end, out, type),
  // 2015-08-05 13:56:05.123+00: infinities, years before 1 and beyond 9999 are left to the type.
  instant(bytes, start, end, out, type) {
    if (bytes[start + 10] !== 0x20 || !isDigit(bytes[end - 1] as number) || !isDigit(bytes[start] as number))
      return spelled(bytes, start, end, out, type)
    const zoned = bytes[end - 3] === 0x2b
    out.byte(quote)
    out.copy(bytes, start, start + 10)
    out.byte(0x54)
    out.copy(bytes, start + 11, zoned ? end - 3 : end)
    out.byte(0x5a)
    out.byte(quote)
  },
  spelled,
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}
