// Holds one value to the limits of its column, and says which of them it breaks.
import { quote } from '../errors/quote.ts'
import { compareDecimals, splitDecimal } from '../types/compare-decimals.ts'
import type { ColumnType } from '../types/index.ts'
import type { Limits } from './limits.ts'
import { sayList } from './problem.ts'

/** @returns what is broken in the text, each in words that follow "It is": `too small: at least 1 is needed` */
export type CheckLimits = (text: string) => readonly string[]

/** Compiled once: `limits` of a column of this type, whose `text` is what the type read. */
export function limitsCheck(type: ColumnType, limits: Limits): CheckLimits {
  const checks = [
    lengthCheck(limits),
    valuesCheck(type, limits),
    boundsCheck(type, limits),
    multipleCheck(type, limits),
    digitsCheck(limits),
  ].filter(check => check !== undefined)
  const patterns = (limits.patterns ?? []).map(source => new RegExp(source, 'u'))
  return text => {
    const broken = checks.flatMap(check => check(text) ?? [])
    // A pattern is not tried on a text that is too long anyway.
    if (limits.maxLength === undefined || !isLonger(text, limits.maxLength))
      for (const pattern of patterns)
        if (!pattern.test(text)) broken.push(`not of the form that is needed: it must match ${quote(pattern.source)}`)
    return broken
  }
}

type Check = (text: string) => string | undefined

function lengthCheck({ minLength, maxLength }: Limits): Check | undefined {
  if (minLength === undefined && maxLength === undefined) return undefined
  return text => {
    if (maxLength !== undefined && isLonger(text, maxLength))
      return `too long: ${lengthOf(text)} characters, where at most ${maxLength} are kept`
    if (minLength !== undefined && !isLonger(text, minLength - 1))
      return text === ''
        ? `empty: at least ${count(minLength)} needed`
        : `too short: ${lengthOf(text)} characters, where at least ${count(minLength)} needed`
    return undefined
  }
}

const count = (length: number) => (length === 1 ? '1 character is' : `${length} characters are`)

function valuesCheck(type: ColumnType, { values }: Limits): Check | undefined {
  if (!values) return undefined
  const known = new Set(values)
  const words = values.length > 0 ? `it must be one of ${sayList(values)}` : 'no value is permitted'
  return text => (known.has(type.parse(text) ?? text) ? undefined : `not among the permitted values: ${words}`)
}

function boundsCheck(type: ColumnType, limits: Limits): Check | undefined {
  const { minimum, exclusiveMinimum, maximum, exclusiveMaximum } = limits
  if ([minimum, exclusiveMinimum, maximum, exclusiveMaximum].every(bound => bound === undefined)) return undefined
  const compare = type.number === 'float' ? compareFloats : compareDecimals
  return text => {
    if (minimum !== undefined && compare(text, minimum) < 0) return `too small: the least is ${minimum}`
    if (exclusiveMinimum !== undefined && compare(text, exclusiveMinimum) <= 0)
      return `too small: it must be more than ${exclusiveMinimum}`
    if (maximum !== undefined && compare(text, maximum) > 0) return `too large: the most is ${maximum}`
    if (exclusiveMaximum !== undefined && compare(text, exclusiveMaximum) >= 0)
      return `too large: it must be less than ${exclusiveMaximum}`
    return undefined
  }
}

/** As PostgreSQL orders them: NaN is above all. */
function compareFloats(a: string, b: string): number {
  const [left, right] = [Number(a), Number(b)]
  if (Number.isNaN(left)) return Number.isNaN(right) ? 0 : 1
  return Number.isNaN(right) || left < right ? -1 : left > right ? 1 : 0
}

function multipleCheck(type: ColumnType, { multipleOf }: Limits): Check | undefined {
  if (multipleOf === undefined) return undefined
  const words = `not a multiple of ${multipleOf}`
  if (type.number === 'float') return text => (Number.isInteger(Number(text) / Number(multipleOf)) ? undefined : words)
  const step = splitDecimal(multipleOf)
  return text => {
    if (!/[0-9]/.test(text)) return words
    const { whole, fraction } = splitDecimal(text)
    const places = Math.max(fraction.length, step.fraction.length)
    const [value, by] = [whole + fraction.padEnd(places, '0'), step.whole + step.fraction.padEnd(places, '0')]
    return BigInt(value) % BigInt(by) === 0n ? undefined : words
  }
}

/** PostgreSQL would round what has more digits behind the point, without a word. */
function digitsCheck({ digits }: Limits): Check | undefined {
  if (!digits) return undefined
  const { precision, scale } = digits
  return text => {
    if (text === 'NaN') return undefined
    if (text === 'Infinity' || text === '-Infinity') return 'infinite: a number is needed'
    const { whole, fraction } = splitDecimal(text)
    if (fraction.length > scale && scale >= 0)
      return scale === 0
        ? 'not whole: no digits after the point are kept'
        : `too precise: at most ${scale} digits after the point are kept`
    if (scale < 0 && (fraction !== '' || !whole.endsWith('0'.repeat(whole === '' ? 0 : -scale))))
      return `too precise: a multiple of 1${'0'.repeat(-scale)} is needed`
    // Of numeric(2, 4) the first two digits behind the point are always zero.
    const room = precision - scale
    const fits = room >= 0 ? whole.length <= room : whole === '' && fraction.startsWith('0'.repeat(-room))
    return fits || whole + fraction === '' ? undefined : `too large: ${sayRoom(room)}`
  }
}

function sayRoom(room: number): string {
  return room > 0 ? `at most ${room} digits before the point are kept` : `it must be below 1e${room}`
}

/** Counted only as far as is needed; a code point has at most two code units. */
function isLonger(text: string, most: number): boolean {
  if (text.length <= most) return false
  return text.length > 2 * most || lengthOf(text) > most
}

function lengthOf(text: string): number {
  let length = 0
  for (let at = 0; at < text.length; at++) {
    // The second half of a pair counts with the first.
    const code = text.charCodeAt(at)
    if (code < 0xdc00 || code > 0xdfff) length += 1
  }
  return length
}
