// Turns the caller's sort, or the resource's own, into a total order of shown values.
import { ApiError, type Source } from '../errors/api-error.ts'
import { quote } from '../errors/quote.ts'
import type { SortEntry } from '../request/query.ts'
import type { Field, RelationshipField } from '../schema/field.ts'
import { fieldValue } from '../schema/field-value.ts'
import { findDefined } from '../schema/policy-reader.ts'
import type { Access, AccessSet } from './access.ts'
import { isSortable, lookUp, permittedNames, unknownField } from './names.ts'
import type { SortKey } from './permitted.ts'

/**
 * Every order ends in the key, in the direction of the last key asked for, so that an index over both serves it;
 * without a key, in all shown fields.
 */
export function allowSort(entries: readonly SortEntry[], access: Access, set: AccessSet): readonly SortKey[] {
  const keys = new Map<string, SortKey>()
  const add = (key: SortKey) => {
    const name = [...key.path, key.field].map(one => one.name).join('.')
    if (!keys.has(name)) keys.set(name, key)
  }
  if (entries.length > 0) for (const entry of entries) add(resolve(entry, access, set))
  else
    for (const { path, descending } of access.resource.defaultSort) {
      // A default is nobody's question: where the caller may not read it, it does not apply.
      const key = follow(path, descending, access, set)
      if ('field' in key) add(key)
    }
  const descending = [...keys.values()].at(-1)?.descending ?? false
  for (const field of tieBreakers(access)) add({ path: [], field, descending })
  return [...keys.values()]
}

function resolve(entry: SortEntry, access: Access, set: AccessSet): SortKey {
  const { resource } = access
  const declared = entry.path.length === 1 ? resource.declaredSorts.get(entry.path[0] as string) : undefined
  if (declared) {
    const key = follow(declared, entry.descending, access, set)
    if ('field' in key) return key
    throw unknownField(set, access, entry.path.join('.'), 'sort', entry.source, sortNames(access, set))
  }
  const key = follow(entry.path, entry.descending, access, set, true)
  if ('field' in key) return key
  if (key.reason === 'unknown')
    throw unknownField(
      set,
      key.access,
      key.name,
      'sort',
      entry.source,
      key.access === access ? sortNames(access, set) : permittedNames(set, key.access),
    )
  throw unsupported(entry.path.join('.'), entry.source)
}

type Failure = { readonly reason: 'unknown' | 'unsupported'; readonly access: Access; readonly name: string }

function follow(
  path: readonly string[],
  descending: boolean,
  access: Access,
  set: AccessSet,
  asked = false,
): SortKey | Failure {
  const relationships: RelationshipField[] = []
  let at = access
  for (const [i, name] of path.entries()) {
    const found = lookUp(set, at, name)
    if (found.status !== 'permitted') return { reason: 'unknown', access: at, name }
    const { field } = found
    if (asked && !isSortable(at.resource, field)) return { reason: 'unknown', access: at, name }
    if (i === path.length - 1)
      return isOrdered(field) ? { path: relationships, field, descending } : { reason: 'unsupported', access: at, name }
    if (field.kind !== 'toOne' && !(field.kind === 'toMany' && field.single))
      return { reason: 'unsupported', access: at, name }
    const target = set.target(field)
    if (!target) return { reason: 'unknown', access: at, name: path[i + 1] as string }
    relationships.push(field)
    at = target
  }
  return { reason: 'unsupported', access, name: '' }
}

function isOrdered(field: Field): boolean {
  if (field.kind === 'computed' && field.compute.by === 'code') return false
  return fieldValue(field)?.type.sortable === true
}

function unsupported(path: string, source: Source): ApiError {
  return new ApiError(
    'unsupported_sort',
    `${quote(path)} cannot be sorted by. Sort by a field of the resource, or of a record that it belongs to: sort=user.username.`,
    { source },
  )
}

/** Names that this caller may sort by. */
export function sortNames(access: Access, set: AccessSet): readonly string[] {
  const fields = permittedNames(set, access).filter(name => {
    const field = access.resource.fields.get(name) as Field
    return isOrdered(field) && isSortable(access.resource, field)
  })
  return [...fields, ...access.resource.declaredSorts.keys()].filter(name => {
    const path = access.resource.declaredSorts.get(name)
    return !path || 'field' in follow(path, false, access, set)
  })
}

function tieBreakers(access: Access): readonly Field[] {
  const { resource } = access
  if (resource.key.length > 0) return resource.key.flatMap(column => findKeyField(access, column.name) ?? [])
  return [...resource.fields.values()].filter(
    field => access.permitted.has(field.name) && field.kind === 'column' && isOrdered(field),
  )
}

/** The field that shows a column of the key. */
export function findKeyField(access: Access, column: string): Field | undefined {
  for (const field of access.resource.fields.values()) {
    if (field.kind === 'column' && field.inKey && field.column.name === column) return field
    if (field.kind === 'toOne' && field.inKey && field.link.own.length === 1 && field.link.own[0]?.name === column)
      return field
  }
  return findDefined(access.resource, column)
}
