// Byte text holds any text: there and back it is the same, and its length is the number of bytes.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromByteText, toByteText } from './byte-text.ts'

const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), fc.string())

describe('byte text', () => {
  it('comes back as it was, and is as long as its bytes are', () => {
    fc.assert(
      fc.property(text, given => {
        const bytes = toByteText(given)
        expect(fromByteText(bytes)).toBe(given)
        expect(bytes.length).toBe(Buffer.byteLength(given))
        expect(Buffer.from(bytes, 'latin1').equals(Buffer.from(given))).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('can be joined before it is read', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(fromByteText(toByteText(a) + toByteText(b))).toBe(a + b)
      }),
    )
  })

  it.each(['', 'plain', '\u0000\u007f', '\u0080', 'ÿ', 'ä', '€', '😀', '\u2028', 'x'.repeat(100_000)])(
    'holds %j',
    given => {
      expect(fromByteText(toByteText(given))).toBe(given)
    },
  )
})
