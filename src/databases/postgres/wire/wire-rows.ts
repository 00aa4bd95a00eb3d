// The rows of a result as they came: DataRow messages, of which a row's columns are found when it is asked for.
import type { RowBytes, Rows } from '../../../formats/rows.ts'
import { ProtocolError } from './wire-errors.ts'

// One view for all results: rows are read one at a time, and at once.
const view: { bytes: Buffer; starts: Int32Array; ends: Int32Array } = {
  bytes: Buffer.alloc(0),
  starts: new Int32Array(64),
  ends: new Int32Array(64).fill(-1),
}
/** Columns of the row that the view shows. */
let shown = 0
/** What a row takes beside its bytes: its place in the lists, and the head of its message. */
const rowBytes = 40

export class WireRows implements Rows {
  length = 0
  /** Bytes that are held. A row of nothing counts too. */
  size = 0
  readonly #bytes: Buffer[] = []
  readonly #starts: number[] = []
  readonly #ends: number[] = []
  #detached = 0

  /** @param start of the body of a DataRow message */
  add(bytes: Buffer, start: number, end: number): void {
    this.#bytes.push(bytes)
    this.#starts.push(start)
    this.#ends.push(end)
    this.length += 1
    this.size += end - start + rowBytes
  }

  /** Copies what came since the last time: the buffer that it stands in is about to be written over. */
  detach(): void {
    const from = this.#detached
    if (from === this.length) return
    let size = 0
    for (let i = from; i < this.length; i += 1) size += (this.#ends[i] as number) - (this.#starts[i] as number)
    const copy = Buffer.allocUnsafeSlow(size)
    let at = 0
    for (let i = from; i < this.length; i += 1) {
      const start = at
      at += (this.#bytes[i] as Buffer).copy(copy, at, this.#starts[i], this.#ends[i])
      this.#bytes[i] = copy
      this.#starts[i] = start
      this.#ends[i] = at
    }
    this.#detached = this.length
  }

  /** @throws ProtocolError where the columns are longer than their message */
  at(index: number): RowBytes {
    const bytes = this.#bytes[index] as Buffer
    const end = this.#ends[index] as number
    let at = this.#starts[index] as number
    if (at + 2 > end) throw new ProtocolError('A row without a number of columns.')
    const columns = ((bytes[at] as number) << 8) | (bytes[at + 1] as number)
    if (columns > view.starts.length) {
      view.starts = new Int32Array(columns)
      view.ends = new Int32Array(columns).fill(-1)
    }
    const { starts, ends } = view
    at += 2
    // What this row lacks is null, not the place of another row's value.
    for (let column = columns; column < shown; column += 1) ends[column] = -1
    shown = columns
    for (let column = 0; column < columns; column += 1) {
      if (at + 4 > end) throw new ProtocolError('A row with fewer columns than it says.')
      const length =
        ((bytes[at] as number) << 24) |
        ((bytes[at + 1] as number) << 16) |
        ((bytes[at + 2] as number) << 8) |
        (bytes[at + 3] as number)
      at += 4
      starts[column] = at
      if (length < 0) ends[column] = -1
      else {
        if (length > end - at) throw new ProtocolError('A column that is longer than its row.')
        at += length
        ends[column] = at
      }
    }
    if (at !== end) throw new ProtocolError('A row that is longer than its columns.')
    view.bytes = bytes
    return view
  }
}
