// Collects what was said, pair by pair, into a Query. Both forms, the query string and the JSON body, end here.
import { type Pair, refuse, showSource } from './pair.ts'
import type { FilterRoot, NameEntry, Query, QueryLimits, Source } from './query.ts'
import { type AggregateDraft, addAggregate, finishAggregate } from './read-aggregate.ts'
import { addFields, type FieldsDraft, finishFields, startFields } from './read-fields.ts'
import { addCondition, addFlat, type FilterBudget, type FilterDraft, finishFilter, startFilter } from './read-filter.ts'
import { addInclude, finishInclude, type IncludeDraft, startInclude } from './read-include.ts'
import { addPage, finishPage, type PageDraft, startPage } from './read-page.ts'
import { addScope, finishScope, type ScopeDraft, startScope } from './read-scope.ts'
import { addSort, finishSort, type SortDraft, startSort } from './read-sort.ts'
import { readText, readWhole, splitPath } from './read-value.ts'
import { addSpelled, finishSpelled, type SpelledLists } from './spelled-lists.ts'

export interface QueryDraft {
  readonly limits: QueryLimits
  readonly baseNames: Set<string>
  fields: FieldsDraft | null
  include: IncludeDraft | null
  filter: FilterDraft | null
  field: FilterDraft | null
  flat: FilterDraft | null
  sort: SortDraft | null
  page: PageDraft | null
  aggregate: AggregateDraft | null
  group: SpelledLists | null
  scope: ScopeDraft | null
  maxAffected: { readonly value: number; readonly source: Source } | null
  v: { readonly value: string; readonly source: Source } | null
}

export function startQuery(limits: QueryLimits): QueryDraft {
  return {
    limits,
    baseNames: new Set(),
    fields: null,
    include: null,
    filter: null,
    field: null,
    flat: null,
    sort: null,
    page: null,
    aggregate: null,
    group: null,
    scope: null,
    maxAffected: null,
    v: null,
  }
}

/** Adds one pair; a base name that is not reserved is a flat filter. */
export function addPair(draft: QueryDraft, pair: Pair): void {
  const { limits } = draft
  draft.baseNames.add(pair.base)
  switch (pair.base) {
    case 'fields':
      return addFields((draft.fields ??= startFields()), pair, 0, limits)
    case 'include':
    case 'includes':
      return addInclude((draft.include ??= startInclude()), pair, 0, limits)
    case 'filter':
      return addCondition((draft.filter ??= startFilter(pair.source)), pair, 0, limits)
    case 'field':
      return addCondition((draft.field ??= startFilter(pair.source)), pair, 0, limits)
    case 'sort':
      return addSort((draft.sort ??= startSort()), pair, 0, limits)
    case 'page':
    case 'per_page':
    case 'limit':
    case 'offset':
      return addPage((draft.page ??= startPage()), pair, limits)
    case 'aggregate':
    case 'aggregate_by':
      return addAggregate((draft.aggregate ??= new Map()), pair, limits)
    case 'group':
    case 'group_by':
      return addSpelled((draft.group ??= new Map()), pair, 0, limits)
    case 'scope':
    case 'scopes':
    case 'scope_by':
      return addScope((draft.scope ??= startScope()), pair, limits)
    case 'max_affected':
      checkSingle(draft.maxAffected, pair)
      draft.maxAffected = { value: readWhole(pair, 0), source: pair.source }
      return
    case 'v':
      checkSingle(draft.v, pair)
      draft.v = { value: readText(pair), source: pair.source }
      return
    default:
      return addFlat((draft.flat ??= startFilter(pair.source)), pair, reservedNames, limits)
  }
}

const reservedNames: ReadonlySet<string> = new Set(
  'fields field include includes filter sort page per_page limit offset aggregate group scope scopes aggregate_by group_by scope_by and or not max_affected v'.split(
    ' ',
  ),
)

function checkSingle(known: unknown, pair: Pair): void {
  if (pair.segments.length > 0)
    refuse(
      'unknown_parameter',
      `${showSource(pair.source)} has no parts. For a column of this name write filter[${pair.base}].`,
      pair,
    )
  if (known !== null) refuse('repeated_parameter', `${showSource(pair.source)} is given twice.`, pair)
}

/** @throws ApiError for what only shows in the end: lists with gaps, spellings that differ, too many conditions */
export function finishQuery(draft: QueryDraft): Query {
  const { limits } = draft
  const budget: FilterBudget = { limits, nodes: 0 }
  const filters: FilterRoot[] = []
  if (draft.filter !== null) filters.push({ flat: false, tree: finishFilter(draft.filter, budget) })
  if (draft.field !== null) filters.push({ flat: false, tree: finishFilter(draft.field, budget) })
  if (draft.flat !== null) filters.push({ flat: true, tree: finishFilter(draft.flat, budget) })
  return {
    fields: finishFields(draft.fields, limits),
    include: finishInclude(draft.include, budget, 0),
    filters,
    sort: finishSort(draft.sort, limits),
    page: finishPage(draft.page),
    aggregate: finishAggregate(draft.aggregate),
    group: finishGroup(draft.group),
    scopes: finishScope(draft.scope),
    ...(draft.maxAffected !== null && { maxAffected: draft.maxAffected }),
    ...(draft.v !== null && { v: draft.v }),
    baseNames: draft.baseNames,
  }
}

function finishGroup(lists: SpelledLists | null): readonly NameEntry[] {
  const group = lists === null ? null : finishSpelled(lists)
  if (group === null) return []
  const { items, source } = group
  return items.map(item => ({ path: splitPath(item, { source }), source }))
}
