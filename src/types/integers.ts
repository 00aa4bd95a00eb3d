// The column types int2, int4 and int8: whole numbers within bounds.
import type { ColumnType } from './column-type.ts'

/** Shown as a JSON number. */
export const int2: ColumnType = smallInteger('int2', -32_768, 32_767)
/** Shown as a JSON number. */
export const int4: ColumnType = smallInteger('int4', -2_147_483_648, 2_147_483_647)

const lowest = -(2n ** 63n)
const highest = 2n ** 63n - 1n

/** Shown as a JSON string of decimal digits, for a JSON number beyond 2^53 is rounded by most readers. */
export const int8: ColumnType = {
  name: 'int8',
  family: 'ordered',
  number: 'exact',
  sortable: true,
  parse: value => readInteger(value, 19, digits => BigInt(digits) >= lowest && BigInt(digits) <= highest),
  accepts: `a whole number from ${lowest} to ${highest}; beyond 2^53 as a string`,
  toJson: text => `"${text}"`,
  bytes: 'quoted',
  jsonSchema: { type: 'string', pattern: '^-?[0-9]{1,19}$' },
  input: {
    fromJson: value => (typeof value === 'string' || typeof value === 'number' ? int8.parse(value) : undefined),
    accepts: `a whole number from ${lowest} to ${highest}, as a string of digits or within ±2^53 as a number`,
    jsonSchema: { type: ['string', 'integer'], pattern: '^[-+]?[0-9]+$' },
  },
}

function smallInteger(name: string, minimum: number, maximum: number): ColumnType {
  const fits = (digits: string) => Number(digits) >= minimum && Number(digits) <= maximum
  const accepts = `a whole number from ${minimum} to ${maximum}`
  const jsonSchema = { type: 'integer', minimum, maximum }
  return {
    name,
    family: 'ordered',
    number: 'exact',
    sortable: true,
    parse: value => readInteger(value, 10, fits),
    accepts,
    toJson: text => text,
    bytes: 'bare',
    jsonSchema,
    input: {
      fromJson: value => (typeof value === 'number' ? readInteger(value, 10, fits) : undefined),
      accepts,
      jsonSchema,
    },
  }
}

function readInteger(
  value: string | number | boolean,
  maxDigits: number,
  fits: (digits: string) => boolean,
): string | undefined {
  if (typeof value === 'boolean' || (typeof value === 'number' && !Number.isSafeInteger(value))) return undefined
  const text = String(value)
  if (!/^[+-]?[0-9]+$/.test(text)) return undefined
  const digits = text.replace(/^[+-]/, '').replace(/^0+(?=[0-9])/, '')
  // Counted before it is converted, so that a long number costs nothing.
  if (digits.length > maxDigits) return undefined
  const canonical = text.startsWith('-') && digits !== '0' ? `-${digits}` : digits
  return fits(canonical) ? canonical : undefined
}
