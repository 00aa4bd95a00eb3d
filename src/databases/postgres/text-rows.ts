// Rows that the driver has made strings of, as bytes again.
import type { RowBytes, Rows } from '../../formats/rows.ts'

/** Values as the database's text form; null is null. */
export type TextRow = readonly (string | null)[]

/** One view for all results, as a row is read at once. */
const view = { bytes: Buffer.allocUnsafeSlow(64 * 1024), starts: new Int32Array(64), ends: new Int32Array(64) }

export class TextRows implements Rows {
  readonly #rows: readonly TextRow[]

  constructor(rows: readonly TextRow[]) {
    this.#rows = rows
  }

  get length(): number {
    return this.#rows.length
  }

  at(index: number): RowBytes {
    const row = this.#rows[index] ?? []
    let needed = 0
    for (const value of row) needed += value === null ? 0 : value.length * 3
    if (needed > view.bytes.length) view.bytes = Buffer.allocUnsafeSlow(needed)
    if (row.length > view.starts.length) {
      view.starts = new Int32Array(row.length)
      view.ends = new Int32Array(row.length)
    }
    let at = 0
    for (const [column, value] of row.entries()) {
      view.starts[column] = at
      if (value !== null) at += view.bytes.write(value, at, 'utf8')
      view.ends[column] = value === null ? -1 : at
    }
    return view
  }
}
