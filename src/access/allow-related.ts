// Says what a set of roles may give to a record, its links and new records in place of keys included.
import { isWritable } from '../schema/compile-writes.ts'
import type { Field, ManyToManyField } from '../schema/field.ts'
import type { Resource } from '../schema/model.ts'
import type { Write } from '../validation/record-schema.ts'
import type { Access, AccessSet, Guard } from './access.ts'
import { permittedField } from './names.ts'

/** @param fixed what the path says */
export function writeOf(
  kind: 'create' | 'update',
  access: Access,
  set: AccessSet,
  fixed: readonly string[] = [],
): Write {
  const { resource } = access
  const writable = [...resource.fields.values()].filter(
    field =>
      isWritable(field) &&
      !fixed.includes(field.name) &&
      rightTo(field, kind, access) !== 'never' &&
      (field.kind !== 'manyToMany' || joinAccess(field, set) !== null),
  )
  const nested = writable.filter(field => field.kind === 'toOne' && nestedAccess(field.target, set) !== null)
  const named = writable.filter(field => field.kind === 'manyToMany' && isNamed(field, set))
  return {
    kind,
    writable: new Set(writable.map(field => field.name)),
    readable: access.permitted,
    filled: filledBy(kind, access, fixed),
    nested: new Set(nested.map(field => field.name)),
    named: new Set(named.map(field => field.name)),
  }
}

/** What a hook gives is the server's own: every column may be among it, and nothing is required. */
export function writeOfHook({ resource }: Access): Write {
  const names = [...resource.fields.values()]
    .filter(field => isWritable(field) && field.kind !== 'manyToMany')
    .map(field => field.name)
  return { kind: 'update', writable: new Set(names), readable: new Set(resource.fields.keys()) }
}

export function rightTo(field: Field, kind: 'create' | 'update', access: Access): Guard {
  return kind === 'create' ? access.writes.creates(field) : access.writes.updates(field)
}

/** The access to the join rows of a set of links; null where the caller may neither make nor remove any, or may not walk there. */
export function joinAccess(field: ManyToManyField, set: AccessSet): Access | null {
  const resource = resourceOf(field.through.resource, set)
  const access = resource ? set.of(resource) : null
  if (!access || !set.target(field)) return null
  return access.writes.create === 'never' && access.writes.delete === 'never' ? null : access
}

/** The access to the resource in which a new record would be made; null where the caller makes none there. */
export function nestedAccess(target: string | null, set: AccessSet): Access | null {
  const resource = resourceOf(target, set)
  const access = resource ? set.of(resource) : null
  return access && access.resource.key.length > 0 && access.writes.create !== 'never' ? access : null
}

function isNamed(field: ManyToManyField, set: AccessSet): boolean {
  const target = set.target(field)
  const natural = target?.resource.naturalKey
  return natural !== null && natural !== undefined && permittedField(set, target as Access, natural.name) !== undefined
}

function filledBy(
  kind: 'create' | 'update',
  { resource, writes }: Access,
  fixed: readonly string[],
): ReadonlySet<string> {
  // A hook may give what the body lacks: the database has the last word.
  if (kind === 'create' && resource.hooks?.beforeCreate) return new Set(resource.fields.keys())
  return new Set([...(kind === 'create' ? writes.set.keys() : []), ...fixed])
}

function resourceOf(name: string | null, { api }: AccessSet): Resource | undefined {
  return name === null ? undefined : api.resources.get(name)
}
