// Finds the names that a query asks for and that its caller does not get, with the reason for each.
import type { Access, AccessSet } from '../access/access.ts'
import { lookUp } from '../access/names.ts'
import { holdsRole } from '../access/roles-held.ts'
import type { FieldsEntry, IncludeEntry, Query } from '../request/query.ts'
import type { RelationshipField } from '../schema/field.ts'
import { isRelationship } from '../schema/field-value.ts'
import type { Resource } from '../schema/model.ts'
import { findField } from '../schema/policy-reader.ts'

export interface Dropped {
  /** `comments.user.email` */
  readonly path: string
  readonly reason: string
}

/** Only `fields` and `include` drop anything; every other part of a query is refused as a whole. */
export function findDropped(query: Query, access: Access, set: AccessSet): readonly Dropped[] {
  const found = new Map<string, Dropped>()
  const note = (one: Dropped | null) => void (one && found.set(one.path, one))
  lookAtFields(query.fields, access, [])
  lookAtIncludes(query.include ?? [], access, [])
  return [...found.values()]

  function lookAtFields(entries: readonly FieldsEntry[], at: Access, before: readonly string[]): void {
    for (const entry of entries) {
      if (entry.kind === 'names') for (const path of entry.paths) note(walk(path, at, before, set).dropped)
      else lookAtKeyed(entry, at, before)
    }
  }

  /** `fields[title]=true`, `fields[videos]=title`, `fields[user]=username` */
  function lookAtKeyed(
    { segments, value }: Extract<FieldsEntry, { kind: 'keyed' }>,
    at: Access,
    before: readonly string[],
  ): void {
    if (value === false) return
    if (value === true) {
      note(walk(segments, at, before, set).dropped)
      return
    }
    const type = segments.length === 1 ? set.api.resources.get(segments[0] as string) : undefined
    const ofType = type && set.of(type)
    if (ofType) {
      for (const name of value) note(walk(name.split('.'), ofType, [ofType.resource.name], set).dropped)
      return
    }
    const { end, dropped } = walk(segments, at, before, set)
    note(dropped)
    if (end) for (const name of value) note(walk(name.split('.'), end, [...before, ...segments], set).dropped)
  }

  function lookAtIncludes(entries: readonly IncludeEntry[], at: Access, before: readonly string[]): void {
    for (const entry of entries) {
      if (!entry.wanted) continue
      const { end, dropped } = walk(entry.path, at, before, set)
      note(dropped)
      if (!end) continue
      lookAtFields(entry.fields, end, [...before, ...entry.path])
      lookAtIncludes(entry.include, end, [...before, ...entry.path])
    }
  }
}

/** To the record at the end of a path of relationships; null where the path ends in a value. */
function walk(path: readonly string[], from: Access, before: readonly string[], set: AccessSet) {
  let at: Access | null = from
  for (const [i, name] of path.entries()) {
    if (!at) break
    const reason = whyDropped(name, at, set)
    if (reason !== null) return { end: null, dropped: { path: [...before, ...path.slice(0, i + 1)].join('.'), reason } }
    const field = findField(at.resource, name)
    at = field && isRelationship(field) ? set.target(field) : null
  }
  return { end: at, dropped: null }
}

/** Null for what is not dropped: shown, or refused as unknown. */
function whyDropped(name: string, access: Access, set: AccessSet): string | null {
  if (lookUp(set, access, name).status !== 'declared') return null
  const { resource } = access
  const field = findField(resource, name)
  if (!field) return null
  const readers = [...resource.roles.values()].filter(role => role.reads.has(field.name))
  const held = readers.filter(role => holdsRole(set.api, role, set.roles))
  if (held.length === 0) return `read by ${namesOf(readers)} only`
  return isRelationship(field)
    ? whyNotWalked(field, set)
    : `made of ${field.reads.join(', ')}, which these roles do not read`
}

function whyNotWalked(field: RelationshipField, set: AccessSet): string {
  const target = field.target === null ? undefined : set.api.resources.get(field.target)
  if (!target) return 'no resource serves the table that it leads to'
  if (!set.of(target)) return `it leads to ${target.name}, which ${readersOf(target)}`
  if (field.kind === 'manyToMany') {
    const through = field.through.resource === null ? undefined : set.api.resources.get(field.through.resource)
    if (!through) return `no resource serves its join table ${field.through.table.name}`
    return set.of(through)
      ? `the keys in ${through.name} are not readable to these roles`
      : `it passes ${through.name}, which ${readersOf(through)}`
  }
  return field.kind === 'toMany'
    ? `${target.name}.${field.holder} is not readable to these roles`
    : 'it cannot be followed'
}

function readersOf(resource: Resource): string {
  return resource.roles.size === 0 ? 'no role reads' : `${namesOf([...resource.roles.values()])} alone may read`
}

function namesOf(roles: readonly { readonly name: string }[]): string {
  return roles.length === 0 ? 'nobody' : roles.map(role => role.name).join(', ')
}
