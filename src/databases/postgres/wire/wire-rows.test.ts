// Columns are found in rows as they came, and rows that lie about their lengths are refused.
import { describe, expect, it } from 'vitest'
import { textOf } from '../../../formats/rows.ts'
import { ProtocolError } from './wire-errors.ts'
import { WireRows } from './wire-rows.ts'

function body(values: readonly (string | null)[], columns = values.length): Buffer {
  const parts: Buffer[] = [Buffer.from([columns >> 8, columns & 255])]
  for (const value of values) {
    const head = Buffer.alloc(4)
    head.writeInt32BE(value === null ? -1 : Buffer.byteLength(value))
    parts.push(head, Buffer.from(value ?? ''))
  }
  return Buffer.concat(parts)
}

/** The rows stand among other bytes, as in a chunk of the network. */
function rowsOf(...bodies: readonly Buffer[]): WireRows {
  const rows = new WireRows()
  for (const bytes of bodies) {
    const chunk = Buffer.concat([Buffer.from('before'), bytes, Buffer.from('after')])
    rows.add(chunk, 6, 6 + bytes.length)
  }
  return rows
}

const read = (rows: WireRows, index: number, count: number) => {
  const row = rows.at(index)
  return Array.from({ length: count }, (_, column) => textOf(row, column))
}

describe('WireRows', () => {
  it('finds values, nulls and empty texts, in rows in any order', () => {
    const lists = [
      ['a', null, '', 'ä€😀'],
      [null, null, null, null],
      ['', '', '', ''],
      ['1', '2', '3', '4'],
    ]
    const rows = rowsOf(...lists.map(list => body(list)))
    expect(rows.length).toBe(4)
    for (const index of [3, 0, 1, 2, 0]) expect(read(rows, index, 4)).toEqual(lists[index])
  })

  it('reads rows of no columns and of very many', () => {
    const many = Array.from({ length: 1700 }, (_, i) => (i % 7 === 0 ? null : `value ${i}`))
    const rows = rowsOf(body([]), body(many))
    expect(read(rows, 1, many.length)).toEqual(many)
    expect(() => rows.at(0)).not.toThrow()
  })

  it('refuses a row that is cut anywhere', () => {
    const bytes = body(['one', null, 'two'])
    for (let length = 0; length < bytes.length; length += 1)
      expect(() => rowsOf(bytes.subarray(0, length)).at(0)).toThrow(ProtocolError)
  })

  it('refuses columns that are longer than their row, and rows that are longer than their columns', () => {
    const lying = (length: number) => {
      const bytes = body(['abc', 'def'])
      bytes.writeInt32BE(length, 2)
      return bytes
    }
    for (const length of [4, 10, 14, 2 ** 31 - 1]) expect(() => rowsOf(lying(length)).at(0)).toThrow(ProtocolError)
    expect(() => rowsOf(body(['abc'], 2)).at(0)).toThrow(ProtocolError)
    expect(() => rowsOf(body(['abc'], 65_535)).at(0)).toThrow(ProtocolError)
    expect(() => rowsOf(body(['abc', 'def'], 1)).at(0)).toThrow(ProtocolError)
    expect(() => rowsOf(Buffer.concat([body(['abc']), Buffer.from('x')])).at(0)).toThrow(ProtocolError)
  })

  it('never shows what another row has in columns that this one has not', () => {
    const rows = rowsOf(body(['secret', 'of', 'another']), body(['mine']))
    expect(read(rows, 0, 3)).toEqual(['secret', 'of', 'another'])
    expect(read(rows, 1, 3)).toEqual(['mine', null, null])
  })

  it('counts more than nothing for a row of nothing, so that endless rows end', () => {
    const rows = rowsOf(body([]))
    expect(rows.size).toBeGreaterThan(10)
    const empty = rowsOf(Buffer.alloc(0))
    expect(empty.size).toBeGreaterThan(10)
  })
})
