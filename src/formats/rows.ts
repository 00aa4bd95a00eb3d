// How rows reach a format: as the bytes that the database sent, column by column.

/** The bytes of one row's columns: UTF-8 text in the database's own spelling. */
export interface RowBytes {
  readonly bytes: Buffer
  /** Where each column begins in `bytes`. */
  readonly starts: Int32Array
  /** Where each column ends; below 0 where it is null. */
  readonly ends: Int32Array
}

/** A result. It is read while it is there: `Database.read` says how long. */
export interface Rows {
  readonly length: number
  /** One row; what it gives is overwritten by the next call. */
  at(index: number): RowBytes
}

export function isNull({ ends }: RowBytes, column: number): boolean {
  return (ends[column] as number) < 0
}

/** Whether a boolean column is true: `t` on the wire. */
export function isTrue({ bytes, starts, ends }: RowBytes, column: number): boolean {
  return (ends[column] as number) > 0 && bytes[starts[column] as number] === 0x74
}

export function textOf({ bytes, starts, ends }: RowBytes, column: number): string | null {
  const end = ends[column] as number
  return end < 0 ? null : bytes.toString('utf8', starts[column] as number, end)
}

/** As byte text. */
export function byteTextOf({ bytes, starts, ends }: RowBytes, column: number): string | null {
  const end = ends[column] as number
  return end < 0 ? null : bytes.toString('latin1', starts[column] as number, end)
}
