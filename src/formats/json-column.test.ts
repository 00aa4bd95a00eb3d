// What is done on bytes is what the column's type says of the text, for every kind of column.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bool } from '../types/boolean.ts'
import type { ColumnType } from '../types/column-type.ts'
import { date } from '../types/date.ts'
import { enumType } from '../types/enum.ts'
import { float4, float8 } from '../types/floats.ts'
import { int2, int4, int8 } from '../types/integers.ts'
import { json, jsonb } from '../types/json.ts'
import { numeric } from '../types/numeric.ts'
import { bpchar, citext, name, text, varchar } from '../types/text.ts'
import { timestamp, timestamptz } from '../types/timestamps.ts'
import { uuid } from '../types/uuid.ts'
import { ByteWriter } from './byte-writer.ts'
import { compileColumn } from './json-column.ts'
import type { RowBytes } from './rows.ts'

/** A row with the value in its second column, among other bytes. */
function rowOf(value: string | null): RowBytes {
  const bytes = Buffer.from(value ?? '')
  const start = 7
  return {
    bytes: Buffer.concat([Buffer.from('9"other'), bytes, Buffer.from('+00tail')]),
    starts: Int32Array.of(0, start),
    ends: Int32Array.of(start, value === null ? -1 : start + bytes.length),
  }
}

const out = new ByteWriter()
function written(type: ColumnType | null, value: string | null): string {
  out.clear()
  compileColumn(type, 1)(rowOf(value), out)
  return out.bytes.toString('utf8', 0, out.length)
}

const digits = (length: number) =>
  fc.integer({ min: 0, max: 10 ** length - 1 }).map(n => String(n).padStart(length, '0'))
const day = fc.tuple(fc.oneof(digits(4), digits(5), digits(6)), digits(2), digits(2)).map(parts => parts.join('-'))
const fraction = fc.integer({ min: 1, max: 999_999 }).map(n => `.${String(n).padStart(6, '0').replace(/0+$/, '')}`)
const clock = fc
  .tuple(digits(2), digits(2), digits(2), fc.option(fraction, { nil: '' }))
  .map(([h, m, s, rest]) => `${h}:${m}:${s}${rest}`)
const era = fc.constantFrom('', ' BC')
const instant = (zone: string) =>
  fc.oneof(
    fc.tuple(day, clock, era).map(([d, c, e]) => `${d} ${c}${zone}${e}`),
    fc.constantFrom('infinity', '-infinity'),
  )
const words = fc.oneof(
  fc.string({ unit: 'binary' }).map(made => made.replaceAll('\0', '')),
  fc.string({ unit: 'grapheme' }),
)
const float = fc.oneof(
  fc.double().map(String),
  fc.constantFrom('NaN', 'Infinity', '-Infinity', '-0', '1e+300', '1.5e-07'),
)
const document = fc.json()

const cases: readonly (readonly [ColumnType, fc.Arbitrary<string>])[] = [
  ...[text, varchar, citext, bpchar, name].map(type => [type, words] as const),
  [enumType(['a', 'ä"\n']), fc.oneof(words, fc.constantFrom('a', 'ä"\n'))],
  [bool, fc.constantFrom('t', 'f')],
  ...[int2, int4].map(type => [type, fc.integer().map(String)] as const),
  [int8, fc.bigInt().map(String)],
  [
    numeric,
    fc.oneof(
      fc.double({ noNaN: true }).map(n => n.toFixed(3)),
      fc.constantFrom('NaN', 'Infinity', '-Infinity'),
    ),
  ],
  [float4, float],
  [float8, float],
  [
    date,
    fc.oneof(
      fc.tuple(day, era).map(([d, e]) => d + e),
      fc.constantFrom('infinity', '-infinity'),
    ),
  ],
  [timestamptz, instant('+00')],
  [timestamp, instant('')],
  [uuid, fc.uuid()],
  [jsonb, document],
  [json, document.map(made => made.replaceAll(',', ',\n\r\n'))],
]

describe('a column written from its bytes', () => {
  it.each(cases.map(([type, values]) => ({ called: type.name, type, values })))(
    'is what the type $called says of its text',
    ({ type, values }) => {
      fc.assert(
        fc.property(values, value => {
          expect(written(type, value)).toBe(type.toJson(value))
        }),
        { numRuns: 300 },
      )
      expect(written(type, null)).toBe('null')
    },
  )

  it('has a case above for every way of writing', () => {
    const kinds = new Set(cases.map(([type]) => type.bytes))
    expect(kinds).toEqual(new Set(['bare', 'quoted', 'escaped', 'boolean', 'float', 'instant', undefined]))
  })

  it('is copied where the database made it', () => {
    expect(written(null, '[{"a":1}]')).toBe('[{"a":1}]')
    expect(written(null, null)).toBe('null')
  })
})
