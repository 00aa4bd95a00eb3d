// Compiles how one column's value is read from a body: its type, its limits, what is declared of it.
import { type ColumnType, fromJson, inputOf, isArrayType } from '../types/index.ts'
import { limitsCheck } from './check-limits.ts'
import { type Keywords, keywordsCheck, splitKeywords } from './declared-keywords.ts'
import { type Limits, limitsToKeywords, mergeLimits } from './limits.ts'
import { pointTo, sayValue, shorten } from './problem.ts'

export type ReadValue =
  /** As PostgreSQL reads it. */
  | { readonly text: string; readonly problem?: undefined }
  /** `at` is a pointer below the value, mostly empty. */
  | { readonly problem: { readonly at: string; readonly detail: string } }

export interface ValueReader {
  /** Reads all but null. */
  readonly read: (value: unknown) => ReadValue
  /** JSON Schema (2020-12) of what is accepted; null is added by the column. */
  readonly schema: Readonly<Record<string, unknown>>
}

/** @throws Error for declared keywords that are no JSON Schema */
export function valueReader(type: ColumnType, found: Limits, declared: Keywords = {}): ValueReader {
  if (isArrayType(type)) return listReader(type, type.element, found, declared)
  const { limits: said, rest } = splitKeywords(declared, type)
  const limits = mergeLimits(found, said)
  const check = limitsCheck(type, limits)
  const isScalar = type.family !== 'json' && type.name !== 'json' && type.name !== 'point'
  const checkRest = keywordsCheck(rest, isScalar)
  const { jsonSchema, accepts } = inputOf(type)
  return {
    read: value => {
      const text = fromJson(type, value)
      if (text === undefined) return refusal('', `${sayValue(value)}; it must be ${shorten(accepts)}.`)
      const words = check(text)
      const isTooLong = words.some(one => one.startsWith('too long'))
      const broken = isTooLong ? undefined : checkRest?.(value)
      if (words.length > 0) return refusal('', say([...words, ...(broken?.at === '' ? broken.words : [])]))
      return broken ? refusal(broken.at, say(broken.words)) : { text }
    },
    schema: combine(combine(jsonSchema, limitsToKeywords(limits, fromCanonical(type))), rest),
  }
}

/** Of a list every item is held to the limits, and to the declared `items`. */
function listReader(type: ColumnType, element: ColumnType, limits: Limits, declared: Keywords): ValueReader {
  const { items, ...rest } = declared
  const reader = valueReader(element, limits, isKeywords(items) ? items : {})
  const checkRest = keywordsCheck(rest, false)
  const { jsonSchema, accepts } = inputOf(type)
  const itemSchemas = (jsonSchema.items as { readonly anyOf: readonly unknown[] }).anyOf.slice(1)
  return {
    read: value => {
      const text = fromJson(type, value)
      if (text === undefined)
        return (
          firstBroken(value, reader, 0, element) ??
          refusal('', `${sayValue(value)}; it must be ${shorten(accepts)}, and lists in it of one length.`)
        )
      const broken = firstBroken(value, reader, 0, element)
      if (broken) return broken
      const outer = checkRest?.(value)
      return outer ? refusal(outer.at, say(outer.words)) : { text }
    },
    schema: combine({ ...jsonSchema, items: { anyOf: [reader.schema, ...itemSchemas] } }, rest),
  }
}

const maxDimensions = 6

/** The first item that is no value of the element, or breaks its limits. */
function firstBroken(value: unknown, reader: ValueReader, depth: number, element: ColumnType): ReadValue | undefined {
  if (!Array.isArray(value) || depth >= maxDimensions) return undefined
  for (const [i, item] of value.entries()) {
    if (item === null) continue
    const isNested = Array.isArray(item) && element.name !== 'json' && element.name !== 'jsonb'
    const broken = isNested ? firstBroken(item, reader, depth + 1, element) : reader.read(item)
    if (broken?.problem) return refusal(pointTo('', i) + broken.problem.at, broken.problem.detail)
  }
  return undefined
}

function refusal(at: string, detail: string): ReadValue {
  return { problem: { at, detail } }
}

/** `It is too short: …; not of the form …` */
function say(words: readonly string[]): string {
  return `It is ${words.join('; ')}.`
}

function isKeywords(value: unknown): value is Keywords {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A canonical text as it stands in a body: of digits in a string, the number serves too. */
function fromCanonical(type: ColumnType): (text: string) => readonly unknown[] {
  return text => {
    const shown: unknown = JSON.parse(type.toJson(text))
    return type.number === 'exact' && typeof shown === 'string' && fromJson(type, Number(text)) === text
      ? [shown, Number(text)]
      : [shown]
  }
}

/** Both at once; where a keyword stands in each, as two schemas of which all must hold. */
function combine(base: Keywords, more: Keywords): Keywords {
  const shared = Object.keys(more).filter(name => Object.hasOwn(base, name))
  if (shared.length === 0) return { ...base, ...more }
  return { allOf: [base, more] }
}
