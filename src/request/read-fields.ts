// Reads `fields` in all its forms, united.
import { addToList, finishList, isListKey, type ListDraft, type ListRules, startList } from './list-draft.ts'
import { checkLimit, type Pair, refuse, show, showSource } from './pair.ts'
import type { FieldsEntry, QueryLimits, Source } from './query.ts'
import { readFlag, splitPath, toFlag } from './read-value.ts'

export interface FieldsDraft {
  names: ListDraft | null
  /** `fields[K]`, by its segments. */
  keyed: Map<string, KeyedDraft> | null
}

interface KeyedDraft {
  readonly segments: readonly string[]
  readonly source: Source
  flag: { readonly wanted: boolean; readonly bare: boolean; readonly source: Source } | null
  asList: string[] | null
  list: ListDraft | null
}

export function startFields(): FieldsDraft {
  return { names: null, keyed: null }
}

/** Adds one pair whose key's part after `fields` begins at the segment `at`. */
export function addFields(draft: FieldsDraft, pair: Pair, at: number, limits: QueryLimits): void {
  const rules: ListRules = { limits, unite: true }
  if (isListKey(pair, at)) {
    draft.names ??= startList(pair.source)
    if (addToList(draft.names, pair, at, rules)) return
    refuse(
      'invalid_value',
      `${showSource(pair.source)} names no field. For the key alone write fields[TYPE]= (in a body {"fields":{"TYPE":[]}}).`,
      pair,
    )
  }
  const listed = isListKey(pair, pair.segments.length - 1) && pair.segments.length - 1 > at
  const segments = pair.segments.slice(at, listed ? -1 : undefined)
  const keyed = keyedDraft(draft, segments, pair, limits)
  if (segments.length > 1) addNested(keyed, pair, listed)
  else if (listed) {
    keyed.list ??= startList(pair.source)
    addToList(keyed.list, pair, at + 1, rules)
  } else addKeyed(keyed, pair, at + 1, rules)
}

function keyedDraft(draft: FieldsDraft, segments: readonly string[], pair: Pair, limits: QueryLimits): KeyedDraft {
  draft.keyed ??= new Map()
  // NUL never stands in a name, so that it joins them unmistakably.
  const key = segments.length === 1 ? (segments[0] ?? '') : segments.join('\0')
  const known = draft.keyed.get(key)
  if (known !== undefined) return known
  const keyed: KeyedDraft = { segments, source: pair.source, flag: null, asList: null, list: null }
  draft.keyed.set(key, keyed)
  checkLimit(limits, 'listItems', draft.keyed.size, pair)
  return keyed
}

/** `fields[user][username]=true`: a longer path is only ever switched on or off. */
function addNested(keyed: KeyedDraft, pair: Pair, listed: boolean): void {
  if (listed || Array.isArray(pair.value) || toFlag(pair.value) === undefined) {
    const path = keyed.segments.join('.')
    refuse(
      'invalid_value',
      `${showSource(pair.source)} is on or off: true or false. A list stands under one name only: write fields=${path.slice(0, 60)}.NAME.`,
      pair,
    )
  }
  addFlag(keyed, pair)
}

function addKeyed(keyed: KeyedDraft, pair: Pair, at: number, rules: ListRules): void {
  if (toFlag(pair.value) !== undefined) {
    addFlag(keyed, pair)
    if (typeof pair.value === 'string') keyed.asList = [...(keyed.asList ?? []), pair.value]
    return
  }
  keyed.list ??= startList(pair.source)
  addToList(keyed.list, pair, at, rules)
}

function addFlag(keyed: KeyedDraft, pair: Pair): void {
  const wanted = readFlag(pair)
  if (keyed.flag !== null && keyed.flag.wanted !== wanted)
    refuse('said_twice', `${showSource(pair.source)} is asked for and not asked for. Keep one of the two.`, pair)
  keyed.flag ??= { wanted, bare: pair.bare, source: pair.source }
}

export function finishFields(draft: FieldsDraft | null, limits: QueryLimits): readonly FieldsEntry[] {
  if (draft === null) return []
  const entries: FieldsEntry[] = []
  if (draft.names !== null) {
    const { source } = draft.names
    const paths = finishList(draft.names).map(item => splitPath(item, { source }))
    // A path of k names goes through k - 1 relationships.
    for (const path of paths) checkLimit(limits, 'includeDepth', path.length - 1, { source })
    entries.push({ kind: 'names', paths, source })
  }
  if (draft.keyed !== null) for (const keyed of draft.keyed.values()) finishKeyed(keyed, entries)
  return entries
}

function finishKeyed(keyed: KeyedDraft, into: FieldsEntry[]): void {
  const { segments, flag, asList, list } = keyed
  if (flag !== null) {
    const { wanted, bare, source } = flag
    into.push({ kind: 'keyed', segments, value: wanted, ...(asList && { asList }), bare, source })
  }
  if (list === null) return
  const names = finishList(list)
  for (const name of names)
    if (typeof name !== 'string')
      refuse('invalid_value', `${showSource(list.source)} takes names, not ${show(name)}.`, list)
  into.push({ kind: 'keyed', segments, value: names as readonly string[], bare: false, source: list.source })
}
