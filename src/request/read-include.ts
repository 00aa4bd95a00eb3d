// Reads `include` in all its forms, united: one entry a path, with the options of its records.
import { addToList, finishList, isListKey, type ListDraft, startList } from './list-draft.ts'
import { checkLimit, type Pair, refuse, showSource } from './pair.ts'
import type { IncludeEntry, QueryLimits, Source } from './query.ts'
import { addFields, type FieldsDraft, finishFields, startFields } from './read-fields.ts'
import { addCondition, type FilterBudget, type FilterDraft, finishFilter, startFilter } from './read-filter.ts'
import { addSort, finishSort, type SortDraft, startSort } from './read-sort.ts'
import { isIndex, readWhole, splitPath, toFlag } from './read-value.ts'

export interface IncludeDraft {
  names: ListDraft | null
  /** `include=`: nothing, not even what is included by default. */
  none: { readonly source: Source } | null
  paths: Map<string, PathDraft> | null
}

interface PathDraft {
  readonly path: readonly string[]
  readonly source: Source
  wanted: boolean | null
  options: OptionsDraft | null
}

interface OptionsDraft {
  fields: FieldsDraft | null
  filter: FilterDraft | null
  sort: SortDraft | null
  limit: { readonly value: number; readonly source: Source } | null
  include: IncludeDraft | null
}

export function startInclude(): IncludeDraft {
  return { names: null, none: null, paths: null }
}

/** Adds one pair whose key's part after `include` begins at the segment `at`. */
export function addInclude(draft: IncludeDraft, pair: Pair, at: number, limits: QueryLimits): void {
  if (isListKey(pair, at)) {
    draft.names ??= startList(pair.source)
    if (!addToList(draft.names, pair, at, { limits, unite: true })) draft.none ??= pair
    return
  }
  const written = pair.segments[at] ?? ''
  if (isIndex(written))
    refuse(
      'bad_list',
      `${showSource(pair.source)}: options stand under the name of a relationship: include[comments][limit]=5.`,
      pair,
    )
  draft.paths ??= new Map()
  const path = pathDraft(draft.paths, written, pair, limits)
  if (pair.segments.length === at + 1) addFlag(path, pair)
  else addOption(path, pair, at + 1, limits)
}

function pathDraft(
  paths: Map<string, PathDraft>,
  written: string,
  at: { readonly source: Source },
  limits: QueryLimits,
): PathDraft {
  const known = paths.get(written)
  if (known !== undefined) return known
  const path: PathDraft = { path: splitPath(written, at), source: at.source, wanted: null, options: null }
  paths.set(written, path)
  checkLimit(limits, 'listItems', paths.size, at)
  return path
}

function addFlag(path: PathDraft, pair: Pair): void {
  const wanted = toFlag(pair.value)
  if (wanted === undefined) {
    const name = path.path.join('.').slice(0, 60)
    refuse(
      'invalid_value',
      `${showSource(pair.source)} is on or off: true or false. For its fields write include[${name}][fields]=a,b.`,
      pair,
    )
  }
  want(path, wanted, pair)
}

function want(path: PathDraft, wanted: boolean, at: { readonly source: Source }): void {
  if (path.wanted !== null && path.wanted !== wanted)
    refuse('said_twice', `${showSource(at.source)} is included and not included. Keep one of the two.`, at)
  path.wanted = wanted
}

function addOption(path: PathDraft, pair: Pair, at: number, limits: QueryLimits): void {
  path.options ??= { fields: null, filter: null, sort: null, limit: null, include: null }
  const { options } = path
  switch (pair.segments[at]) {
    case 'fields':
      options.fields ??= startFields()
      addFields(options.fields, pair, at + 1, limits)
      return
    case 'filter':
      options.filter ??= startFilter(pair.source)
      addCondition(options.filter, pair, at + 1, limits)
      return
    case 'sort':
      options.sort ??= startSort()
      addSort(options.sort, pair, at + 1, limits)
      return
    case 'include':
      options.include ??= startInclude()
      addInclude(options.include, pair, at + 1, limits)
      return
    case 'limit':
      if (pair.segments.length > at + 1) break
      setLimit(options, pair)
      return
  }
  const detail = `${showSource(pair.source)} is no option of an included relationship: fields, filter, sort, limit or include. A nested relationship has dots: include[comments.user].`
  refuse('unknown_parameter', detail, pair)
}

function setLimit(options: OptionsDraft, pair: Pair): void {
  if (options.limit !== null) refuse('repeated_parameter', `${showSource(pair.source)} is given twice.`, pair)
  options.limit = { value: readWhole(pair, 1), source: pair.source }
}

/** Null where `include` did not stand. `depth` is how many relationships lead here already. */
export function finishInclude(
  draft: IncludeDraft | null,
  budget: FilterBudget,
  depth: number,
): readonly IncludeEntry[] | null {
  if (draft === null) return null
  const paths = draft.paths ?? new Map<string, PathDraft>()
  if (draft.names !== null) {
    for (const name of finishList(draft.names)) {
      if (typeof name !== 'string')
        refuse('invalid_value', `${showSource(draft.names.source)} takes names of relationships.`, draft.names)
      want(pathDraft(paths, name, draft.names, budget.limits), true, draft.names)
    }
  }
  const entries: IncludeEntry[] = []
  for (const path of paths.values()) entries.push(finishPath(path, budget, depth))
  if (draft.none !== null && entries.some(entry => entry.wanted)) {
    refuse(
      'said_twice',
      `${showSource(draft.none.source)} includes nothing, but something is included too. Keep one of the two.`,
      draft.none,
    )
  }
  return entries
}

function finishPath(draft: PathDraft, budget: FilterBudget, depth: number): IncludeEntry {
  const { path, source, options } = draft
  checkLimit(budget.limits, 'includeDepth', depth + path.length, draft)
  if (draft.wanted === false && options !== null)
    refuse('said_twice', `${showSource(source)} is not included, but has options. Keep one of the two.`, draft)
  const tree = options?.filter ? finishFilter(options.filter, budget) : null
  return {
    path,
    source,
    wanted: draft.wanted ?? true,
    fields: finishFields(options?.fields ?? null, budget.limits),
    filters: tree === null ? [] : [{ flat: false, tree }],
    sort: finishSort(options?.sort ?? null, budget.limits),
    limit: options?.limit ?? null,
    include: finishInclude(options?.include ?? null, budget, depth + path.length) ?? [],
  }
}
