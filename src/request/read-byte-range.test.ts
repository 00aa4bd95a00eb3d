import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readByteRange } from './read-byte-range.ts'

const etag = '"abc"'

/** The positions that one range means of so many bytes, by going through all of them (RFC 9110 14.1.2); null for what is no range of bytes. */
function meant(range: string, size: number): readonly number[] | null {
  const spec = /^bytes=(\d*)-(\d*)$/i.exec(range)
  const [, first = '', last = ''] = spec ?? []
  if (!spec || (first === '' && last === '')) return null
  // "An int-range is invalid if the last-pos value is present and less than first-pos."
  if (first !== '' && last !== '' && BigInt(last) < BigInt(first)) return null
  const positions = Array.from({ length: size }, (_, i) => i)
  if (first === '') return positions.filter(i => BigInt(size - i) <= BigInt(last))
  return positions.filter(i => BigInt(i) >= BigInt(first) && (last === '' || BigInt(i) <= BigInt(last)))
}

const digits = fc.oneof(
  fc.nat({ max: 12 }).map(String),
  fc.constantFrom(
    '',
    '00',
    '007',
    '999999999999999',
    '1000000000000000',
    '9'.repeat(20),
    `1${'0'.repeat(20)}`,
    '9'.repeat(400),
  ),
)
const ranges = fc.oneof(
  fc.tuple(fc.constantFrom('bytes=', 'Bytes=', 'BYTES='), digits, digits).map(([unit, a, b]) => `${unit}${a}-${b}`),
  fc
    .tuple(fc.constantFrom('lines=', 'bytes', 'bytes =', ' bytes=', ''), digits, digits)
    .map(([unit, a, b]) => `${unit}${a}-${b}`),
  fc.string(),
)

it('means the bytes that a range means, one by one', () => {
  fc.assert(
    fc.property(ranges, fc.nat({ max: 12 }), (range, size) => {
      const asked = readByteRange(range, undefined, { size, etag })
      const wanted = meant(range, size)
      if (wanted === null) expect(asked).toBe('whole')
      else if (wanted.length === 0) expect(asked).toBe('beyond')
      else expect(asked).toEqual({ first: wanted[0], last: wanted.at(-1) })
    }),
    { numRuns: 2_000 },
  )
})

it('comes to the whole for several ranges, which it may', () => {
  for (const range of ['bytes=0-1,3-4', 'bytes=0-1, 3-4', 'bytes=0-1,', 'bytes=,0-1', 'bytes=0-,-1'])
    expect([range, readByteRange(range, undefined, { size: 10, etag })]).toEqual([range, 'whole'])
})

it('takes white space around a range', () => {
  expect(readByteRange('bytes= 2-3\t', undefined, { size: 10, etag })).toEqual({ first: 2, last: 3 })
})

it('counts with If-Range only where that is this very tag', () => {
  fc.assert(
    fc.property(fc.oneof(fc.constantFrom(etag, `W/${etag}`, 'abc', '*', ''), fc.string()), ifRange => {
      const asked = readByteRange('bytes=2-3', ifRange, { size: 10, etag })
      expect(asked).toEqual(ifRange === etag ? { first: 2, last: 3 } : 'whole')
    }),
  )
  expect(readByteRange(undefined, etag, { size: 10, etag })).toBe('whole')
})
