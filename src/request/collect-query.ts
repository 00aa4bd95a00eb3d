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
      draft.fields ??= startFields()
      addFields(draft.fields, pair, 0, limits)
      return
    case 'include':
    case 'includes':
      draft.include ??= startInclude()
      addInclude(draft.include, pair, 0, limits)
      return
    case 'filter':
      draft.filter ??= startFilter(pair.source)
      addCondition(draft.filter, pair, 0, limits)
      return
    case 'field':
      draft.field ??= startFilter(pair.source)
      addCondition(draft.field, pair, 0, limits)
      return
    case 'sort':
      draft.sort ??= startSort()
      addSort(draft.sort, pair, 0, limits)
      return
    case 'page':
    case 'per_page':
    case 'limit':
    case 'offset':
      draft.page ??= startPage()
      addPage(draft.page, pair, limits)
      return
    case 'aggregate':
    case 'aggregate_by':
      draft.aggregate ??= new Map()
      addAggregate(draft.aggregate, pair, limits)
      return
    case 'group':
    case 'group_by':
      draft.group ??= new Map()
      addSpelled(draft.group, pair, 0, limits)
      return
    case 'scope':
    case 'scopes':
    case 'scope_by':
      draft.scope ??= startScope()
      addScope(draft.scope, pair, limits)
      return
    case 'max_affected':
      checkSingle(draft.maxAffected, pair)
      draft.maxAffected = { value: readWhole(pair, 0), source: pair.source }
      return
    case 'v':
      checkSingle(draft.v, pair)
      draft.v = { value: readText(pair), source: pair.source }
      return
    default:
      draft.flat ??= startFilter(pair.source)
      addFlat(draft.flat, pair, reservedNames, limits)
      return
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
