// The column type numeric: decimal numbers of any size up to 1000 digits.
import type { ColumnType } from './column-type.ts'
import { isExact } from './exact-text.ts'

const maxDigits = 1000

/**
 * Shown as a JSON string, with the digits that the column keeps (`"12.50"`); `"NaN"` and infinities as they are called.
 * Canonical without zeros at either end: `1.50` and `1.5` are one value.
 */
export const numeric: ColumnType = {
  name: 'numeric',
  family: 'ordered',
  number: 'exact',
  sortable: true,
  parse: readNumeric,
  accepts: `a decimal number of at most ${maxDigits} digits, without an exponent; beyond 2^53 as a string`,
  toJson: text => `"${text}"`,
  bytes: 'quoted',
  jsonSchema: { type: 'string', pattern: '^(-?[0-9]+([.][0-9]+)?|NaN|-?Infinity)$' },
  input: {
    fromJson: numericFromJson,
    accepts: `a decimal number of at most ${maxDigits} digits, as a string or within ±2^53 as a number`,
    jsonSchema: { type: ['string', 'number'], pattern: '^([-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)|NaN|-?Infinity)$' },
  },
}

/** Keeps the zeros at the end, which PostgreSQL stores: `12.50`. What is shown can be sent back, `NaN` and infinities too. */
function numericFromJson(value: unknown): string | undefined {
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return value
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const canonical = readNumeric(value)
  return canonical !== undefined && typeof value === 'string' && value.length <= maxDigits ? value : canonical
}

function readNumeric(value: string | number | boolean): string | undefined {
  if (typeof value === 'boolean' || (typeof value === 'number' && !isExact(value))) return undefined
  const match = /^([+-]?)([0-9]*)(?:[.]([0-9]*))?$/.exec(typeof value === 'number' ? withoutExponent(value) : value)
  if (!match) return undefined
  const [, sign, whole = '', fraction = ''] = match
  if (whole === '' && fraction === '') return undefined
  const head = whole.replace(/^0+/, '')
  const tail = withoutEndZeros(fraction)
  if (head.length + tail.length > maxDigits) return undefined
  const digits = (head || '0') + (tail && `.${tail}`)
  return sign === '-' && digits !== '0' ? `-${digits}` : digits
}

// JavaScript spells small fractions 1.5e-7; large exponents never come here, for those numbers are not exact.
function withoutExponent(value: number): string {
  const match = /^(-?)([0-9])(?:[.]([0-9]+))?e-([0-9]+)$/.exec(String(value))
  if (!match) return String(value)
  const [, sign, first, rest = '', exponent] = match
  return `${sign}0.${'0'.repeat(Number(exponent) - 1)}${first}${rest}`
}

// A loop, because /0+$/ takes quadratic time on zeros that a last 1 follows.
function withoutEndZeros(digits: string): string {
  let end = digits.length
  while (end > 0 && digits.charCodeAt(end - 1) === 0x30) end--
  return digits.slice(0, end)
}
