// Seals the place in a list that a page ends at: opaque, deterministic, signed, bound to one list and one caller.
import { hash, timingSafeEqual } from 'node:crypto'
import { ApiError, type Source } from '../errors/api-error.ts'

/** The shown values of the sort keys of one row, as PostgreSQL spells them. */
export type CursorValues = readonly (string | null)[]

export interface Cursors {
  /** @param list what the cursor belongs to: resource, version, sort and access */
  seal(list: string, values: CursorValues): string
  /** @throws ApiError `invalid_cursor` for one that is forged or cut, `cursor_mismatch` for one of another list */
  open(list: string, cursor: string, source: Source): CursorValues
}

const macBytes = 16
const listBytes = 6

/** @param secret at least 16 bytes that stay the same for as long as cursors are to live */
export function makeCursors(secret: string): Cursors {
  const mac = makeMac(secret)
  const digests = new Map<string, Buffer>()
  const digestOf = (list: string) => {
    let digest = digests.get(list)
    if (!digest) {
      digest = Buffer.from(hash('sha256', list, 'hex').slice(0, listBytes * 2), 'hex')
      if (digests.size > 10_000) digests.clear()
      digests.set(list, digest)
    }
    return digest
  }
  return {
    seal(list, values) {
      const payload = Buffer.concat([digestOf(list), Buffer.from(JSON.stringify(values))])
      return Buffer.concat([mac(payload), payload]).toString('base64url')
    },
    open(list, cursor, source) {
      const bytes = Buffer.from(cursor, 'base64url')
      const payload = bytes.subarray(macBytes)
      const sealed = bytes.subarray(0, macBytes)
      // A second spelling of the same bytes is refused too: a cursor is opaque.
      const whole = bytes.length > macBytes + listBytes && bytes.toString('base64url') === cursor
      if (!whole || !timingSafeEqual(sealed, mac(payload)))
        throw new ApiError(
          'invalid_cursor',
          'The cursor is cut or was not made here. Use one from links.next or links.prev.',
          { source },
        )
      if (!payload.subarray(0, listBytes).equals(digestOf(list))) {
        throw new ApiError(
          'cursor_mismatch',
          'The cursor belongs to another sort, resource or caller. Start from the first page of this list.',
          { source },
        )
      }
      return JSON.parse(payload.subarray(listBytes).toString()) as CursorValues
    },
  }
}

/** HMAC-SHA-256 (RFC 2104), cut to its first bytes. Two calls of the one-shot hash take a third of the time of a stream made for each. */
function makeMac(secret: string): (payload: Buffer) => Buffer {
  const block = Buffer.alloc(64)
  const key = Buffer.from(secret)
  if (key.length > block.length) block.set(sha256(key))
  else block.set(key)
  const inner = block.map(byte => byte ^ 0x36)
  const outer = block.map(byte => byte ^ 0x5c)
  return payload => sha256(Buffer.concat([outer, sha256(Buffer.concat([inner, payload]))])).subarray(0, macBytes)
}

function sha256(bytes: Buffer): Buffer {
  return hash('sha256', bytes, 'buffer')
}
