import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ApiError } from '../errors/api-error.ts'
import { parseJsonBody } from './parse-json.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const parse = (text: string) => parseJsonBody(bytes(text))
const refusal = (body: string | Uint8Array) => {
  try {
    parseJsonBody(typeof body === 'string' ? bytes(body) : body)
  } catch (error) {
    if (error instanceof ApiError) return { code: error.code, source: error.source }
    throw error
  }
  return undefined
}

test.each([
  ['a duplicate key', '{"a":1,"a":2}', 'malformed_body', '/a'],
  ['a duplicate key behind an escape', '{"x":{"a":1,"\\u0061":2}}', 'malformed_body', '/x/a'],
  ['__proto__ as a key', '{"__proto__":{"admin":true}}', 'malformed_body', '/__proto__'],
  ['__proto__ behind an escape', '[{"__proto\\u005f_":1}]', 'malformed_body', '/0/__proto__'],
  ['NUL in a text', '{"a":["\\u0000"]}', 'bad_encoding', '/a/0'],
  ['NUL in a key', '{"a\\u0000":1}', 'bad_encoding', '/'],
  ['half a surrogate pair', '{"a":"\\ud83d"}', 'bad_encoding', '/a'],
  ['surrogates in the wrong order', '["\\udE42\\ud83d"]', 'bad_encoding', '/0'],
  ['a whole number that would lose digits', '{"filter":{"id":9007199254740993}}', 'invalid_value', '/filter/id'],
  ['a number beyond all bounds', '[1e999]', 'invalid_value', '/0'],
  ['a pointer with / and ~', '{"a/b~":[1,]}', 'malformed_body', '/a~1b~0/1'],
  ['nothing', '', 'malformed_body', ''],
  ['blanks', ' \n', 'malformed_body', ''],
  ['a second value', '{} {}', 'malformed_body', ''],
  ['a byte order mark', '\ufeff{}', 'malformed_body', ''],
])('refuses %s, and points to it', (_, text, code, pointer) => {
  expect(refusal(text)).toEqual({ code, source: { pointer } })
})

test('refuses bytes that are no UTF-8', () => {
  for (const body of [
    [0x22, 0xff, 0x22],
    [0x22, 0xc0, 0x80, 0x22],
    [0x22, 0xed, 0xa0, 0x80, 0x22],
    [0x22, 0xe4],
  ]) {
    expect(refusal(new Uint8Array(body))?.code).toBe('bad_encoding')
  }
})

test('nests 32 deep and no deeper', () => {
  expect(refusal('['.repeat(32) + ']'.repeat(32))).toBeUndefined()
  expect(refusal('['.repeat(33) + ']'.repeat(33))?.code).toBe('malformed_body')
  expect(refusal('{"a":'.repeat(100_000))?.code).toBe('malformed_body')
})

test('keeps the largest whole numbers that are exact', () => {
  expect(parse('[9007199254740991,-9007199254740991,1.5e3,-0.25]')).toEqual([
    9007199254740991, -9007199254740991, 1500, -0.25,
  ])
  expect(refusal('9007199254740992')?.code).toBe('invalid_value')
})

test('objects have no prototype', () => {
  const body = parse('{"constructor":1,"a":{}}') as Record<string, unknown>
  expect(Object.getPrototypeOf(body)).toBeNull()
  expect(Object.getPrototypeOf(body.a)).toBeNull()
  expect('toString' in body).toBe(false)
})

test('reads what JSON.stringify writes', () => {
  const value = fc.jsonValue({ maxDepth: 6, stringUnit: 'grapheme' })
  fc.assert(
    fc.property(value, fc.constantFrom(0, 2, '\t'), (written, indent) => {
      const text = JSON.stringify(written, null, indent)
      fc.pre(!text.includes('\\u0000') && !text.includes('"__proto__"') && refusal(text)?.code !== 'invalid_value')
      expect(JSON.stringify(parse(text))).toBe(JSON.stringify(JSON.parse(text)))
    }),
  )
})

test('accepts nothing that JSON.parse refuses, and throws nothing but an ApiError', () => {
  const token = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '"a"',
    '"b":',
    '1',
    '-',
    '0',
    '01',
    '.5',
    '1e',
    'e5',
    'true',
    'nul',
    'null',
    '\\',
    '\\u12',
    '\\n',
    ' ',
    '\n',
    '\t',
    'é',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(token).map(tokens => tokens.join('')),
        fc.string({ unit: 'binary' }),
      ),
      text => {
        const well = text.toWellFormed()
        if (refusal(well) === undefined) expect(() => JSON.parse(well)).not.toThrow()
      },
    ),
    { numRuns: 2000 },
  )
})

test('refuses of valid JSON only what it says it refuses', () => {
  const token = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    '"a":',
    '"b":',
    '1',
    '-0.5e+2',
    'true',
    'null',
    '"\\n\\/\\u00e9"',
    ' ',
  )
  fc.assert(
    fc.property(
      fc.array(token, { maxLength: 12 }).map(tokens => tokens.join('')),
      text => {
        try {
          JSON.parse(text)
        } catch {
          return
        }
        expect(refusal(text) === undefined || /"([ab])":.*"\1":/.test(text)).toBe(true)
      },
    ),
    { numRuns: 2000 },
  )
})

test('takes time in proportion to the size of a body', () => {
  const keys = Array.from({ length: 60_000 }, (_, index) => `"k${index}":1`).join(',')
  for (const text of [`{${keys}}`, `["${'\\u0041'.repeat(160_000)}"]`, `[${'1,'.repeat(400_000)}1]`]) {
    const started = performance.now()
    parse(text)
    // Generous for a busy machine; anything quadratic takes many seconds.
    expect(performance.now() - started).toBeLessThan(2000)
  }
})
