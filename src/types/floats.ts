// The column types float4 and float8: binary floating point.
import type { ColumnType } from './column-type.ts'

const special = new Set(['NaN', 'Infinity', '-Infinity'])

/** Shown as a JSON number, but `"NaN"`, `"Infinity"` and `"-Infinity"` as strings. */
export const float4: ColumnType = float('float4', Math.fround, '3.4e38')
/** Shown as a JSON number, but `"NaN"`, `"Infinity"` and `"-Infinity"` as strings. */
export const float8: ColumnType = float('float8', number => number, '1.7e308')

function float(name: string, round: (number: number) => number, limit: string): ColumnType {
  const jsonSchema = { anyOf: [{ type: 'number' }, { enum: ['NaN', 'Infinity', '-Infinity'] }] }
  return {
    name,
    family: 'ordered',
    number: 'float',
    sortable: true,
    parse: value => readFloat(value, round),
    accepts: `a decimal number up to ±${limit}, with or without an exponent, or NaN, Infinity, -Infinity`,
    toJson: floatToJson,
    bytes: 'float',
    jsonSchema,
    input: {
      fromJson: value =>
        typeof value === 'number' || special.has(value as string)
          ? readFloat(value as number | string, round)
          : undefined,
      accepts: `a number up to ±${limit}, or "NaN", "Infinity", "-Infinity"`,
      jsonSchema,
    },
  }
}

/** Copies a number as PostgreSQL prints it, which JSON reads too; quotes what JSON has no number for. */
export function floatToJson(text: string): string {
  return special.has(text) ? `"${text}"` : text
}

function readFloat(value: string | number | boolean, round: (number: number) => number): string | undefined {
  if (typeof value === 'boolean') return undefined
  const text = String(value)
  if (special.has(text)) return typeof value === 'string' ? text : undefined
  if (!/^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?$/.test(text)) return undefined
  const number = round(Number(text))
  // PostgreSQL raises on overflow, and on what underflows to zero.
  if (!Number.isFinite(number) || (number === 0 && /^[^eE]*[1-9]/.test(text))) return undefined
  return String(number)
}
