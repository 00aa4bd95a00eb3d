// Reads scopes: `scope=published`, `scopes[published]=true`, `scope[created_between]=1988,2018`.
import { addToList, finishList, isListKey, type ListDraft, startList } from './list-draft.ts'
import { checkLimit, type Pair, refuse, show, showSource } from './pair.ts'
import type { QueryLimits, Scalar, ScopeEntry, Source } from './query.ts'
import { toFlag } from './read-value.ts'
import { addSpelled, checkSame, finishSpelled, type SpelledLists } from './spelled-lists.ts'

export interface ScopeDraft {
  /** `scope=published,popular`. */
  readonly names: SpelledLists
  /** `scope[x]`, by the base name as spelled, then by name. */
  readonly named: Map<string, Map<string, NamedDraft>>
}

interface NamedDraft {
  readonly source: Source
  flag: boolean | null
  list: ListDraft | null
  byName: Map<string, Scalar> | null
}

export function startScope(): ScopeDraft {
  return { names: new Map(), named: new Map() }
}

export function addScope(draft: ScopeDraft, pair: Pair, limits: QueryLimits): void {
  if (isListKey(pair, 0)) addSpelled(draft.names, pair, 0, limits)
  else addNamed(draft, pair, limits)
}

function addNamed(draft: ScopeDraft, pair: Pair, limits: QueryLimits): void {
  const [name = '', argument = ''] = pair.segments
  if (pair.segments.length > 2)
    refuse('unknown_parameter', `${showSource(pair.source)} is no form of scope. Write scope[NAME]=first,second.`, pair)
  const scope = namedDraft(draft, name, pair, limits)
  if (isListKey(pair, 1)) addPositional(scope, pair, limits)
  else addByName(scope, argument, pair)
  if (scope.byName !== null && scope.list !== null)
    refuse('bad_list', `${showSource(pair.source)} gives arguments by position and by name. Keep one of the two.`, pair)
}

function namedDraft(draft: ScopeDraft, name: string, pair: Pair, limits: QueryLimits): NamedDraft {
  let spelled = draft.named.get(pair.base)
  if (spelled === undefined) {
    spelled = new Map()
    draft.named.set(pair.base, spelled)
  }
  let scope = spelled.get(name)
  if (scope === undefined) {
    scope = { source: pair.source, flag: null, list: null, byName: null }
    spelled.set(name, scope)
  }
  checkLimit(limits, 'listItems', spelled.size, pair)
  return scope
}

function addPositional(scope: NamedDraft, pair: Pair, limits: QueryLimits): void {
  scope.list ??= startList(pair.source)
  const given = addToList(scope.list, pair, 1, { limits, unite: false })
  if (pair.segments.length === 1) scope.flag = toFlag(pair.value) ?? null
  if (!given && scope.flag === null)
    refuse('invalid_value', `${showSource(pair.source)} needs true, false or its arguments: first,second.`, pair)
}

function addByName(scope: NamedDraft, argument: string, pair: Pair): void {
  scope.byName ??= new Map()
  if (scope.byName.has(argument)) refuse('repeated_parameter', `${showSource(pair.source)} is given twice.`, pair)
  if (pair.bare || Array.isArray(pair.value))
    refuse('invalid_value', `${showSource(pair.source)} takes one value.`, pair)
  scope.byName.set(argument, pair.value as Scalar)
}

/** One entry a scope; two spellings of one may stand where they say the same. */
export function finishScope(draft: ScopeDraft | null): readonly ScopeEntry[] {
  if (draft === null) return []
  const entries = new Map<string, ScopeEntry>()
  const names = finishSpelled(draft.names)
  for (const name of names === null ? [] : names.items) {
    const source = names?.source ?? { parameter: 'scope' }
    if (typeof name !== 'string')
      return refuse('invalid_value', `${showSource(source)} takes names, not ${show(name)}.`, { source })
    entries.set(name, { name, args: true, source })
  }
  for (const spelled of draft.named.values()) {
    for (const [name, scope] of spelled) {
      const entry = finishNamed(name, scope)
      const known = entries.get(name)
      if (known === undefined) entries.set(name, entry)
      else checkSame(known.args, entry.args, entry)
    }
  }
  return [...entries.values()]
}

function finishNamed(name: string, scope: NamedDraft): ScopeEntry {
  const { source, flag, list, byName } = scope
  if (byName !== null) {
    // Without a prototype, so that no name from outside is one of Object's own.
    const args: Record<string, Scalar> = Object.create(null)
    for (const [argument, value] of byName) args[argument] = value
    return { name, args, source }
  }
  const items = list === null ? [] : finishList(list)
  if (flag === null) return { name, args: items, source }
  return { name, args: flag, ...(items.length > 0 && { asList: items }), source }
}
