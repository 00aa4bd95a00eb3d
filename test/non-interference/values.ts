// The values that rows and queries are made of, few so that ties and hits are common, and how PostgreSQL compares them.
import type { Random } from './random.ts'
import type { Type } from './world.ts'

export const uuids: readonly string[] = [1, 2, 3, 4, 5, 6, 7, 8].map(n => `0000000${n}-0000-4000-8000-00000000000${n}`)

/** What is stored. Among them whatever a naive cast, a pattern or a sum would stumble over. */
const pools: Readonly<Record<Type, readonly string[]>> = {
  int4: ['0', '1', '2', '3', '5', '7', '-1', '2147483647'],
  int8: ['0', '5', '7', '8', '9007199254740993', '9223372036854775807'],
  text: [
    '',
    'a',
    'ab',
    'abc',
    'A',
    '7',
    '7x',
    '12',
    '100%',
    'a_b',
    'tail\\',
    '%',
    '_',
    'é',
    'x y',
    'null',
    '\u0001odd',
    '"q"',
  ],
  numeric: [
    '0',
    '1.0',
    '1.00',
    '1',
    '2.50',
    '2.5',
    '-3',
    'NaN',
    `1${'0'.repeat(130)}`,
    '12345678901234567890.1234567890',
  ],
  float8: ['0', '-0', '0.1', '0.2', '0.3', '1', '1e16', '-1e16', 'NaN', 'Infinity', '1e308', '1.5'],
  timestamptz: [
    '2001-01-01 00:00:00+00',
    '2010-06-15 12:30:00+00',
    '2010-06-15 12:30:00.5+00',
    '2099-12-31 23:59:59+00',
    'infinity',
  ],
  bool: ['true', 'false'],
  mood: ['calm', 'glad', 'sad'],
  jsonb: [
    '{}',
    '{"a":1}',
    '{"a":"7"}',
    '{"age":"7x"}',
    '[1,"a"]',
    '"a"',
    '7',
    'null',
    '1.0',
    '1.00',
    'true',
    '{"a":{"b":[]}}',
    '"\\u0001"',
    '"tail\\\\"',
  ],
  'text[]': ['{}', '{a}', '{a,b}', '{b,a}', '{NULL}', '{"x y",a}', '{"%","\\\\"}'],
  uuid: uuids,
}

export function pickValue(type: Type, random: Random): string {
  // The first few more often, for ties.
  const pool = pools[type]
  return random.chance(0.4) ? (pool[random.int(Math.min(4, pool.length))] as string) : random.pick(pool)
}

const moods: readonly string[] = pools.mood

/** -1, 0 or 1, as the database orders two values of a type. */
export function compareStored(type: Type, a: string, b: string): number {
  const [left, right] = [comparable(type, a), comparable(type, b)]
  if (typeof left === 'number' && typeof right === 'number') {
    // NaN is the greatest, and equal to itself.
    if (Number.isNaN(left) || Number.isNaN(right)) return Number(Number.isNaN(left)) - Number(Number.isNaN(right))
  }
  return left < right ? -1 : left > right ? 1 : 0
}

function comparable(type: Type, text: string): number | bigint | string {
  if (type === 'int4' || type === 'int8') return BigInt(text)
  if (type === 'numeric' || type === 'float8') return Number(text)
  if (type === 'mood') return moods.indexOf(text)
  if (type === 'timestamptz') return text === 'infinity' ? Number.POSITIVE_INFINITY : Date.parse(spell(type, text))
  return text
}

/** A claim as a value of the type, or null where it is none. */
export function readClaim(type: Type, claim: unknown): string | null {
  if (typeof claim !== 'string' && typeof claim !== 'number' && typeof claim !== 'boolean') return null
  const text = String(claim)
  if (typeof claim === 'number' && Number.isInteger(claim) && !Number.isSafeInteger(claim)) return null
  switch (type) {
    case 'int4':
    case 'int8': {
      if (typeof claim === 'boolean' || !/^[+-]?\d+$/.test(text)) return null
      const bound = type === 'int4' ? 2n ** 31n : 2n ** 63n
      const value = BigInt(text.replace('+', ''))
      return value >= -bound && value < bound ? String(value) : null
    }
    case 'numeric':
      return typeof claim !== 'boolean' && /^[+-]?\d+([.]\d*)?$/.test(text) ? text.replace('+', '') : null
    case 'text':
      return text.includes('\0') || !text.isWellFormed() ? null : text
    case 'bool':
      return /^(true|1|t)$/i.test(text) ? 'true' : /^(false|0|f)$/i.test(text) ? 'false' : null
    case 'mood':
      return typeof claim === 'string' && moods.includes(text) ? text : null
    case 'uuid':
      return typeof claim === 'string' && uuids.includes(text.toLowerCase()) ? text.toLowerCase() : null
    default:
      throw new Error(`no policy compares ${type} with a claim`)
  }
}

/** The value as a query or a definition spells it. */
export function spell(type: Type, stored: string): string {
  return type === 'timestamptz' && stored !== 'infinity' ? stored.replace(' ', 'T').replace('+00', 'Z') : stored
}
