// Turns a JSON body into what the caller means: nested keys are the segments of a query string.
import { addPair, finishQuery, type QueryDraft, startQuery } from './collect-query.ts'
import { checkLimit, refuse, show, showSource } from './pair.ts'
import type { JsonValue } from './parse-json.ts'
import type { Query, QueryLimits, Scalar, Source } from './query.ts'
import { countDots } from './split-key.ts'

/** Longer names than any table has would only cost time. */
const maxNameLength = 1000

/**
 * Reads a query in a JSON body (section 5 of the HTTP contract). Strings are never split at commas; a JSON list is a list.
 * @param body as `parseJsonBody` gives it
 * @throws ApiError of status 400, with a JSON pointer as its source
 * @example readQueryBody(parseJsonBody(bytes), defaultLimits)
 */
export function readQueryBody(body: unknown, limits: QueryLimits): Query {
  const draft = startQuery(limits)
  if (!isObject(body)) {
    return refuse('malformed_body', 'A query is a JSON object: {"filter":{"draft":true}}.', { source: { pointer: '' } })
  }
  for (const base of Object.keys(body)) {
    const pointer = `/${escapePointer(base)}`
    checkName(base, { pointer })
    flatten(draft, { base, segments: [], depth: countDots(base), pointer }, body[base])
  }
  return finishQuery(draft)
}

interface Place {
  readonly base: string
  readonly segments: readonly string[]
  /** As in a URL: every segment nests, and every dot. */
  readonly depth: number
  readonly pointer: string
}

function flatten(draft: QueryDraft, place: Place, value: unknown): void {
  const source = { pointer: place.pointer }
  checkLimit(draft.limits, 'keyDepth', place.depth, { source })
  if (isScalar(value) || isScalarList(value)) say(draft, place, value, source)
  else if (Array.isArray(value)) flattenList(draft, place, value, source)
  else flattenObject(draft, place, value, source)
}

function flattenList(draft: QueryDraft, place: Place, value: readonly unknown[], source: Source): void {
  if (!value.every(isObject)) {
    refuse('bad_list', `The list at ${showSource(source)} mixes values, lists or objects. Use one kind of item.`, {
      source,
    })
  }
  if (isWholeFilter(place)) {
    refuse('bad_list', `${showSource(source)} takes one object of conditions; for several write {"or":[{…},{…}]}.`, {
      source,
    })
  }
  checkLimit(draft.limits, 'listItems', value.length, { source })
  value.forEach((item, index) => {
    flatten(draft, below(place, String(index)), item)
  })
}

function flattenObject(draft: QueryDraft, place: Place, value: unknown, source: Source): void {
  if (!isObject(value)) {
    refuse('invalid_value', `The value at ${showSource(source)} is nothing that JSON has.`, { source })
  }
  const names = Object.keys(value)
  if (names.length === 0) readEmpty(draft, place, source)
  for (const name of names) flatten(draft, below(place, name), value[name])
}

/** `{}` asks for nothing more: fine for a whole part and for an included relationship without options. */
function readEmpty(draft: QueryDraft, place: Place, source: Source): void {
  const { base, segments } = place
  if (segments.length === 0 && partNames.has(base)) return
  if (segments.length === 1 && (base === 'include' || base === 'includes')) say(draft, place, true, source)
  else
    refuse('invalid_value', `The object at ${showSource(source)} is empty. Leave it out, or say what is meant.`, {
      source,
    })
}

const partNames: ReadonlySet<string> = new Set(
  'fields field include includes filter sort page aggregate scope scopes aggregate_by scope_by'.split(' '),
)

function isWholeFilter(place: Place): boolean {
  return place.segments.length === 0 && (place.base === 'filter' || place.base === 'field')
}

function below(place: Place, name: string): Place {
  const pointer = `${place.pointer}/${escapePointer(name)}`
  checkName(name, { pointer })
  return {
    base: place.base,
    segments: [...place.segments, name],
    depth: place.depth + 1 + countDots(name),
    pointer,
  }
}

function checkName(name: string, source: Source): void {
  if (name !== '' && name.length <= maxNameLength && !name.includes('[') && !name.includes(']')) return
  const detail = `The name ${show(name)} is empty, too long or has brackets. In a body write nested objects: {"page":{"size":5}}.`
  refuse('bad_parameter_name', detail, { source })
}

function say(draft: QueryDraft, place: Place, value: Scalar | readonly Scalar[], source: Source): void {
  addPair(draft, { base: place.base, segments: place.segments, value, bare: false, from: 'body', source })
}

function isScalar(value: unknown): value is Scalar {
  return value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

function isScalarList(value: unknown): value is readonly Scalar[] {
  return Array.isArray(value) && value.every(isScalar)
}

function isObject(value: unknown): value is { readonly [name: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** RFC 6901. */
function escapePointer(name: string): string {
  return name.includes('~') || name.includes('/') ? name.replaceAll('~', '~0').replaceAll('/', '~1') : name
}
