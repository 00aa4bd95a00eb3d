// What a value of a column must keep to beyond its type, from whatever source: length, bounds, a list of values, patterns, digits.
import { compareDecimals } from '../types/compare-decimals.ts'

export interface Limits {
  readonly minLength?: number
  /** In characters (code points), as PostgreSQL counts. */
  readonly maxLength?: number
  /** Bounds are decimal texts, for a JavaScript number would lose digits of `numeric`. */
  readonly minimum?: string
  readonly exclusiveMinimum?: string
  readonly maximum?: string
  readonly exclusiveMaximum?: string
  readonly multipleOf?: string
  /** Canonical texts, as the column type reads them. */
  readonly values?: readonly string[]
  /** Regular expressions of JavaScript, flag `u`. */
  readonly patterns?: readonly string[]
  /** Of `numeric(precision, scale)`. */
  readonly digits?: { readonly precision: number; readonly scale: number }
  readonly notNull?: boolean
}

/** Both at once: the stricter of each. */
export function mergeLimits(a: Limits, b: Limits): Limits {
  const merged = {
    minLength: pick(a.minLength, b.minLength, Math.max),
    maxLength: pick(a.maxLength, b.maxLength, Math.min),
    minimum: pick(a.minimum, b.minimum, highest),
    exclusiveMinimum: pick(a.exclusiveMinimum, b.exclusiveMinimum, highest),
    maximum: pick(a.maximum, b.maximum, lowest),
    exclusiveMaximum: pick(a.exclusiveMaximum, b.exclusiveMaximum, lowest),
    multipleOf: b.multipleOf ?? a.multipleOf,
    values: pick(a.values, b.values, (some, others) => some.filter(one => others.includes(one))),
    patterns: pick(a.patterns, b.patterns, (some, others) => [...some, ...others]),
    digits: a.digits ?? b.digits,
    notNull: a.notNull || b.notNull || undefined,
  }
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined))
}

function pick<T>(a: T | undefined, b: T | undefined, stricter: (a: T, b: T) => T): T | undefined {
  return a === undefined ? b : b === undefined ? a : stricter(a, b)
}

const highest = (a: string, b: string) => (compareDecimals(a, b) < 0 ? b : a)
const lowest = (a: string, b: string) => (compareDecimals(a, b) < 0 ? a : b)

/**
 * The limits as keywords of JSON Schema, for those who read the schema.
 * @param toValues a canonical text as the values that stand for it in a body
 */
export function limitsToKeywords(
  limits: Limits,
  toValues: (text: string) => readonly unknown[],
): Readonly<Record<string, unknown>> {
  const { minLength, maxLength, values, patterns = [], digits } = limits
  const bounds = (['minimum', 'exclusiveMinimum', 'maximum', 'exclusiveMaximum', 'multipleOf'] as const).flatMap(
    name => (limits[name] === undefined ? [] : [[name, Number(limits[name])] as const]),
  )
  const all = [...patterns, ...(digits ? [digitsPattern(digits)] : [])]
  return {
    ...(minLength !== undefined && { minLength }),
    ...(maxLength !== undefined && { maxLength }),
    ...Object.fromEntries(bounds),
    ...(values && { enum: values.flatMap(toValues) }),
    ...(all.length === 1 && { pattern: all[0] }),
    ...(all.length > 1 && { allOf: all.map(pattern => ({ pattern })) }),
  }
}

function digitsPattern({ precision, scale }: NonNullable<Limits['digits']>): string {
  const whole = `0*[0-9]{0,${Math.max(0, precision - scale)}}`
  return `^([-+]?${whole}${scale > 0 ? `([.][0-9]{0,${scale}}0*)?` : '([.]0*)?'}|NaN)$`
}
