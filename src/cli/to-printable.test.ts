// What a terminal is shown of texts that others wrote.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { toPrintable, toPrintableJson, toPrintableLines } from './to-printable.ts'

it('spells out what a terminal would obey', () => {
  expect(toPrintable('a\u001b[2J\u0007b\u009b31m\rc\n\td\u202ee\u200b😀')).toBe(
    'a\\u001b[2J\\u0007b\\u009b31m\\rc\\n\\td\\u202ee\\u200b😀',
  )
  expect(toPrintableLines('one\n\ttwo\r\u001b]0;x\u0007')).toBe('one\n  two\\r\\u001b]0;x\\u0007')
})

it('leaves JSON the same value, and no control character in any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      expect(JSON.parse(toPrintableJson({ text }))).toEqual({ text })
      expect(toPrintable(text)).not.toMatch(/\p{Cc}|\p{Cs}/u)
    }),
  )
})
