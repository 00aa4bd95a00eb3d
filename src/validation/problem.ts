// What can be wrong with a record that is sent, in words for a person.
import type { ErrorCode } from '../errors/catalog.ts'
import { quote } from '../errors/quote.ts'

export interface Problem {
  /** JSON Pointer (RFC 6901) into the body: `/title`. */
  readonly pointer: string
  readonly code: Extract<ErrorCode, 'invalid_member' | 'missing_member' | 'unknown_member' | 'forbidden'>
  /** What was wrong and what would work. */
  readonly detail: string
  readonly meta?: Readonly<Record<string, unknown>>
}

const longestPointer = 1000

/** The pointer one step further down. A name from outside may be long; an error must not grow with its cause. */
export function pointTo(pointer: string, name: string | number): string {
  const step = String(name).slice(0, longestPointer).replaceAll('~', '~0').replaceAll('/', '~1')
  return `${pointer}/${step}`.slice(0, longestPointer).toWellFormed()
}

/** `It is "abc"`, or where that would be long, what kind of value it is. */
export function sayValue(value: unknown): string {
  if (value === null || value === undefined) return 'It is null'
  if (Array.isArray(value)) return 'It is a list'
  if (typeof value === 'object') return 'It is an object'
  if (typeof value !== 'string' || value.length <= 40) return `It is ${quote(value)}`
  return `It is a text of ${value.length} characters`
}

const listed = 12

/** `"draft", "published"`, cut where there are many. */
export function sayList(values: readonly unknown[]): string {
  const shown = values.slice(0, listed).map(quote).join(', ')
  return values.length > listed ? `${shown} and ${values.length - listed} more` : shown
}

/** Words that may be long, such as the labels of an enum. */
export function shorten(words: string): string {
  return words.length > 400 ? `${words.slice(0, 399).toWellFormed()}…` : words
}
