// Turns what the caller asks into what it may ask: the only way from a query to a plan.
import { ApiError } from '../errors/api-error.ts'
import { allOf, always } from '../expressions/condition.ts'
import type { Query } from '../request/query.ts'
import type { RangeEntry } from '../request/read-range.ts'
import type { ReadTarget } from '../request/read-target.ts'
import type { RelationshipField } from '../schema/field.ts'

import { isRelationship, isToMany } from '../schema/field-value.ts'
import type { Resource, Singular } from '../schema/model.ts'

import type { Access, AccessSet } from './access.ts'
import { allowAggregates, allowGroup } from './allow-aggregate.ts'
import { allowSelection } from './allow-fields.ts'
import { allowFilters } from './allow-filter.ts'
import { allowPage, asksForPage, wholeMatch } from './allow-page.ts'
import { allowRange, allowRangeSort } from './allow-range.ts'
import { allowScopes } from './allow-scopes.ts'
import { allowSort } from './allow-sort.ts'
import { stateOf } from './allow-state.ts'
import { lastModifiedOf, listValidatorOf } from './allow-validators.ts'
import type { Cursors } from './cursors.ts'
import { isListForEveryone } from './for-everyone.ts'
import { lacksRole } from './lacks-role.ts'
import { permittedField } from './names.ts'
import type { KeyMatch, Parent, PermittedRead, RecordForm, Selection, SortKey } from './permitted.ts'
import type { Principal } from './principal.ts'
import { isReachable } from './roles-held.ts'
import { newSlots, type Slots } from './slots.ts'

export interface AllowOptions {
  readonly principal: Principal
  readonly cursors: Cursors
  /** Part of what a cursor is bound to. */
  readonly version: string
  /** The list goes out as records alone (CSV, NDJSON), whole where no page is asked for. */
  readonly isExport?: boolean
  /** In place of the limit of exports. */
  readonly maxExportRows?: number
  /** How records are spelled; plain where it is not said. */
  readonly form?: RecordForm
  /** The answer may have the validator that its resource declares for lists: to GET and HEAD. */
  readonly isConditional?: boolean
  /** In place of a page. */
  readonly range?: RangeEntry | null
}

/**
 * @throws ApiError 401, 403 or 404 where the caller holds no role on the resource, 400 for what it may not name or misspelt,
 *   404 for a nested route that is not there for this caller
 */
export function allowRead(target: ReadTarget, query: Query, set: AccessSet, options: AllowOptions): PermittedRead {
  const slots = newSlots()
  const parent = target.parent && allowParent(target.parent, set, slots)
  const access = parent ? (set.target(parent.relationship) as Access) : accessTo(target.resource, set)
  if (options.form && options.form !== 'plain' && access.resource.key.length === 0)
    throw new ApiError(
      'not_acceptable',
      'Its records have no key, and so no id in JSON:API. This answers application/json.',
      {
        source: { header: 'Accept' },
      },
    )
  const single =
    target.id !== null || target.singular !== undefined || (parent !== null && !isToMany(parent.relationship))
  const kind = single ? 'item' : 'list'
  const match = target.singular
    ? ownMatch(target.singular)
    : target.id === null
      ? null
      : matchKey(target.id, access, set, slots)
  const selection = allowSelection(query, kind, access, set, slots, options.form)
  if (single) {
    refuseListParameters(query)
    checkIncludedRows(selection, 1, set)
    const asked = {
      set,
      access,
      kind,
      selection,
      filter: always,
      sort: [],
      page: null,
      total: null,
      aggregates: [],
      group: [],
      match,
      parent,
    } as const
    return { ...asked, validator: lastModifiedOf(asked), state: stateOf(kind, access), values: slots.values }
  }
  if (options.isExport) refuseMeta(query)
  const filter = allOf([allowFilters(query.filters, access, set, slots), allowScopes(query.scopes, access, set, slots)])
  const aggregates = allowAggregates(query.aggregate, access, set)
  const group = allowGroup(query.group, aggregates.length > 0, access, set)
  // Without a key there is no place in a list to go on from, and an export is whole or a page.
  const range = options.isExport || access.resource.key.length === 0 ? null : options.range
  const sort = range ? allowRangeSort(range, query, access, set) : allowSort(query.sort, access, set)
  const isWhole = options.isExport === true && !asksForPage(query.page)
  const page = isWhole
    ? wholeMatch(options.maxExportRows ?? set.api.limits.maxExportRows)
    : range
      ? allowRange(range, sort, access, slots, cursor =>
          options.cursors.open(cursorList(access, sort, set, options), cursor, { header: 'Range' }),
        )
      : allowPage(query.page, access.resource, sort, set.api.limits.offset, slots, (cursor, which) => {
          const source = query.page.sources[which] ?? { parameter: `page[${which}]` }
          return options.cursors.open(cursorList(access, sort, set, options), cursor, source)
        })
  // A whole list is read piece by piece, so it may include what a page may.
  checkIncludedRows(selection, isWhole ? access.resource.page.size : page.size, set)
  const asked = {
    set,
    access,
    kind,
    selection,
    filter,
    sort,
    page,
    total: query.page.total ?? null,
    aggregates,
    group,
    match,
    parent,
  } as const
  const validator = options.isConditional && !range && !options.isExport ? listValidatorOf(asked) : null
  return { ...asked, validator, state: null, values: slots.values }
}

/** What a cursor of this list is bound to. */
export function cursorList(
  access: Access,
  sort: readonly SortKey[],
  set: AccessSet,
  { principal, version }: AllowOptions,
): string {
  const keys = sort.map(key => `${key.descending ? '-' : ''}${[...key.path, key.field].map(one => one.name).join('.')}`)
  const { resource } = access
  // What everybody sees alike may come out of a shared cache, so whoever has it may go on from it.
  const caller = isListForEveryone(resource, sort, set.api) ? ['everyone'] : [set.roles.id, principal.id]
  return JSON.stringify([resource.name, version, keys, ...caller])
}

/** @throws ApiError 404 where nobody can reach it, 401 for the anonymous, 403 for others without a role */
export function accessTo(resource: Resource, set: AccessSet): Access {
  const access = set.of(resource)
  if (access) return access
  if (!isReachable(set.api, resource)) throw notFound()
  throw lacksRole(set, 'None of your roles reaches this resource.')
}

export const notFound = (): ApiError => new ApiError('not_found', 'There is nothing here, or nothing that you may see.')

/** @throws ApiError as `accessTo`, 404 for a relationship that this caller cannot walk */
export function allowParent(given: NonNullable<ReadTarget['parent']>, set: AccessSet, slots: Slots): Parent {
  const access = accessTo(given.resource, set)
  const field = allowWay(given.relationship, access, set)
  // Without a key a record of the page could not be told to be one of those that the join rows lead to.
  if (field.kind === 'manyToMany' && set.target(field)?.resource.key.length === 0) throw notFound()
  return { access, match: matchKey(given.id, access, set, slots), relationship: field }
}

/** @throws ApiError 404 for a relationship that this caller cannot walk: a path to what it leads to is unknown to him */
export function allowWay(name: string, access: Access, set: AccessSet): RelationshipField {
  const field = permittedField(set, access, name)
  if (!field || !isRelationship(field) || !set.target(field)) throw notFound()
  return field
}

/** An id that is no value of the key's type is tried as the natural key; one that is neither is not found. */
export function matchKey(id: string, access: Access, set: AccessSet, slots: Slots): KeyMatch {
  const { resource } = access
  const parts =
    resource.key.length === 1 ? [id] : id.split(',').map(part => part.replaceAll('~1', ',').replaceAll('~0', '~'))
  const texts = parts.map((part, i) => resource.key[i]?.type.parse(part))
  const whole =
    resource.key.length > 0 && parts.length === resource.key.length && texts.every(text => text !== undefined)
  const key = whole ? texts.map(text => slots.add(text as string)) : null
  const field = resource.naturalKey && permittedField(set, access, resource.naturalKey.name)
  const text = field && resource.naturalKey?.column.type.parse(id)
  const natural = field && text !== undefined ? { field, slot: slots.add(text as string) } : null
  if (!key && !natural) throw notFound()
  return { key, natural }
}

/** Looked at as a filter of the caller would be: where he may not read whose it is, it is none of his. */
export function ownMatch({ condition }: Singular): KeyMatch {
  return { key: null, natural: null, own: condition }
}

/** Those that this caller can reach. */
export function singularNames(access: Access, set: AccessSet): readonly string[] {
  const isReached = ({ of }: Singular) => {
    const field = permittedField(set, access, of)
    return field !== undefined && 'target' in field && set.target(field as RelationshipField) !== null
  }
  return [...access.resource.singulars.values()].filter(isReached).map(one => one.name)
}

/** An item takes `fields` and `include`, and nothing of a list. */
function refuseListParameters(query: Query): void {
  const source =
    query.sort[0]?.source ??
    query.aggregate[0]?.source ??
    query.group[0]?.source ??
    query.scopes[0]?.source ??
    Object.values(query.page.sources)[0] ??
    query.filters[0]?.tree.source
  if (source)
    throw new ApiError('unknown_parameter', 'A single record takes the parameters fields and include only.', { source })
}

/** @throws ApiError for what would stand in `meta` */
function refuseMeta({ aggregate, group, page }: Query): void {
  const source = aggregate[0]?.source ?? group[0]?.source ?? page.sources.total
  if (source)
    throw new ApiError(
      'unknown_parameter',
      'CSV and NDJSON hold records alone. Ask for aggregates, groups and totals in application/json.',
      { source },
    )
}

function checkIncludedRows(selection: Selection, rows: number, set: AccessSet): void {
  const max = set.api.limits.includedRows
  for (const { include } of selection.fields) {
    if (!include) continue
    const below = isToMany(include.relationship) ? rows * include.limit : rows
    if (below > max) {
      throw new ApiError(
        'limit_exceeded',
        `Including "${include.path}" could bring ${below} records; at most ${max}. Give a smaller page or include[${include.path}][limit].`,
        { source: { parameter: 'include' }, meta: { limit: 'includedRows', max } },
      )
    }
    checkIncludedRows(include.selection, below, set)
  }
}
