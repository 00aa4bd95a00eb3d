// Gathers a list from its forms: `k=a,b`, `k[]=a&k[]=b`, `k[0]=a&k[1]=b` and a JSON list.
import { checkLimit, type Pair, refuse, show, showSource } from './pair.ts'
import type { QueryLimits, Scalar, Source } from './query.ts'
import { isIndex } from './read-value.ts'

type Form = 'whole' | 'append' | 'index'

export interface ListDraft {
  readonly source: Source
  /** The form that stood first; others follow only where all forms unite. */
  form: Form | null
  readonly items: Scalar[]
  /** By position, until the list is finished. */
  slots: Map<string, Scalar> | null
}

export interface ListRules {
  readonly limits: QueryLimits
  /** `fields` and `include`: all forms unite and a key may stand again. Elsewhere one form for a key, once. */
  readonly unite: boolean
}

export function startList(source: Source): ListDraft {
  return { source, form: null, items: [], slots: null }
}

/** Whether what is left of a key is a form of a list: nothing, `[]` or an index. */
export function isListKey(pair: Pair, at: number): boolean {
  const left = pair.segments.length - at
  if (left === 0) return true
  const segment = pair.segments[at] ?? ''
  return left === 1 && (segment === '' || isIndex(segment))
}

/**
 * Adds what one pair gives; `at` is where the key's own part ends.
 * False where the value names nothing (`include=`, `fields[videos]=`, a JSON `[]`), which means something else in every place.
 */
export function addToList(list: ListDraft, pair: Pair, at: number, rules: ListRules): boolean {
  const segment = pair.segments[at]
  const form: Form = segment === undefined ? 'whole' : segment === '' ? 'append' : 'index'
  if (!rules.unite) checkForm(list, form, pair)
  list.form ??= form
  const before = list.items.length
  if (segment === undefined) addWhole(list, pair)
  else if (segment === '') list.items.push(readItem(pair))
  else addSlot(list, segment, pair)
  checkLimit(rules.limits, 'listItems', list.items.length + (list.slots?.size ?? 0), pair)
  return form === 'index' || list.items.length > before
}

function checkForm(list: ListDraft, form: Form, pair: Pair): void {
  if (list.form === null) return
  if (list.form !== form)
    refuse(
      'bad_list',
      `${showSource(pair.source)} mixes two forms of a list. Write k=a,b or k[]=a&k[]=b or k[0]=a&k[1]=b.`,
      pair,
    )
  if (form === 'whole')
    refuse('repeated_parameter', `${showSource(pair.source)} is given twice. Write its values as one list.`, pair)
}

function addWhole(list: ListDraft, pair: Pair): void {
  const { value } = pair
  if (Array.isArray(value)) for (const item of value) list.items.push(item)
  else if (pair.from === 'body') list.items.push(readItem(pair))
  else if (typeof value === 'string') splitCommas(value, list.items, pair)
}

function addSlot(list: ListDraft, segment: string, pair: Pair): void {
  list.slots ??= new Map()
  if (list.slots.has(segment)) refuse('repeated_parameter', `${showSource(pair.source)} is given twice.`, pair)
  list.slots.set(segment, readItem(pair))
}

function readItem(pair: Pair): Scalar {
  const { value } = pair
  if (pair.bare || value === '' || Array.isArray(value))
    return refuse('bad_list', `${showSource(pair.source)} needs one item that is not empty.`, pair)
  return value as Scalar
}

/** The items of `a, b` or `[a, b]`: one pair of brackets and the spaces around items are dropped. */
function splitCommas(text: string, into: Scalar[], pair: Pair): void {
  let start = skipSpaces(text, 0, text.length)
  let end = skipSpacesBack(text, start, text.length)
  const opens = text.charCodeAt(start) === 0x5b
  if (opens !== (text.charCodeAt(end - 1) === 0x5d))
    refuse(
      'bad_list',
      `The brackets of ${show(text)} in ${showSource(pair.source)} don't balance. Write [a,b] or a,b.`,
      pair,
    )
  if (opens) {
    start++
    end--
  }
  if (skipSpaces(text, start, end) === end) return
  while (start <= end) {
    const comma = text.indexOf(',', start)
    const stop = comma < 0 || comma > end ? end : comma
    const from = skipSpaces(text, start, stop)
    const to = skipSpacesBack(text, from, stop)
    if (from === to) refuse('bad_list', `The list ${show(text)} in ${showSource(pair.source)} has an empty item.`, pair)
    into.push(text.slice(from, to))
    start = stop + 1
  }
}

function skipSpaces(text: string, from: number, to: number): number {
  let at = from
  while (at < to && text.charCodeAt(at) === 0x20) at++
  return at
}

function skipSpacesBack(text: string, from: number, to: number): number {
  let at = to
  while (at > from && text.charCodeAt(at - 1) === 0x20) at--
  return at
}

/** All items, in order. @throws ApiError `bad_list` where positions are not 0 to n-1 */
export function finishList(list: ListDraft): readonly Scalar[] {
  return list.slots === null ? list.items : [...list.items, ...orderSlots(list.slots, list)]
}

/** Values by position, which must be 0 to n-1 in any order, spelled without leading zeros. */
export function orderSlots<T>(slots: ReadonlyMap<string, T>, at: { readonly source: Source }): T[] {
  const ordered = new Array<T>(slots.size)
  for (const [segment, value] of slots) {
    const index = Number(segment)
    if (index >= slots.size || String(index) !== segment) {
      refuse(
        'bad_list',
        `The index [${segment.slice(0, 20)}] near ${showSource(at.source)} leaves a gap. ${slots.size} items are numbered 0 to ${slots.size - 1}.`,
        at,
      )
    }
    ordered[index] = value
  }
  return ordered
}
