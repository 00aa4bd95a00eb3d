// Which bytes of a file a range asks for.
import type { ByteRange } from './storage.ts'
import { StorageError } from './storage-error.ts'

/** @throws StorageError `bad_range`, as HTTP's 416: a range that has no byte of the file, or no sense */
export function checkRange({ first, last = first }: ByteRange): void {
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last) || first < 0 || last < first) {
    throw new StorageError('bad_range', `A range is two whole numbers from 0 on, first and last, not ${first}-${last}.`)
  }
}

/** First and last byte, both included; 0 to -1 of an empty file. */
export function spanOf(size: number, range?: ByteRange): { readonly first: number; readonly last: number } {
  if (!range) return { first: 0, last: size - 1 }
  checkRange(range)
  if (range.first >= size) {
    throw new StorageError('bad_range', `The range begins at byte ${range.first}; the file has ${size}.`)
  }
  return { first: range.first, last: Math.min(range.last ?? size - 1, size - 1) }
}
