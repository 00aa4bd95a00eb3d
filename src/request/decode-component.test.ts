import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ApiError } from '../errors/api-error.ts'
import { decodeComponent, decodeQueryComponent } from './decode-component.ts'

const source = { parameter: 'x' }

test('decodes UTF-8; a plus is a space in queries only', () => {
  expect(decodeComponent('a%2Fb+c', source)).toBe('a/b+c')
  expect(decodeQueryComponent('a%2Fb+c%2B', source)).toBe('a/b c+')
  expect(decodeComponent('%F0%9F%99%82', source)).toBe('🙂')
})

test.each([
  '%ff',
  '%',
  '%4',
  '%zz',
  '%C0%80',
  '%ED%A0%80',
  '%F5%80%80%80',
  '%00',
  'a%00b',
  'é',
  'a b',
  '\0',
  '\ud800',
  '%E4',
])('refuses %j', text => {
  for (const decode of [decodeComponent, decodeQueryComponent]) {
    expect(() => decode(text, source)).toThrow(expect.objectContaining({ code: 'bad_encoding', status: 400, source }))
  }
})

test('gives back whatever was encoded, and throws nothing but an ApiError', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), text => {
      fc.pre(!text.includes('\0'))
      // encodeURIComponent leaves no character that a URL may not hold.
      expect(decodeQueryComponent(encodeURIComponent(text), source)).toBe(text)
    }),
  )
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      try {
        decodeQueryComponent(text, source)
      } catch (error) {
        expect(error).toBeInstanceOf(ApiError)
      }
    }),
  )
})
