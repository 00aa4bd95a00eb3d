// Decides which names a caller may use, and answers every other name alike.
import { ApiError, type Source } from '../errors/api-error.ts'
import { quote } from '../errors/quote.ts'
import type { Field } from '../schema/field.ts'
import type { Resource } from '../schema/model.ts'
import { findDefined, findField } from '../schema/policy-reader.ts'
import { hint } from '../schema/suggest.ts'
import { type Access, type AccessSet, isPermitted } from './access.ts'

/**
 * `permitted`: this caller may name it. `declared`: some role reads it, this caller does not. Else unknown.
 * Only `fields` and `include` tell the second from the third, for names are no values.
 */
export type NameStatus =
  | { readonly status: 'permitted'; readonly field: Field }
  | { readonly status: 'declared' }
  | { readonly status: 'unknown' }

export function lookUp(set: AccessSet, access: Access, name: string): NameStatus {
  return statusOf(set, access, findField(access.resource, name))
}

function statusOf(set: AccessSet, access: Access, field: Field | undefined): NameStatus {
  if (!field) return { status: 'unknown' }
  if (isPermitted(set, access, field)) return { status: 'permitted', field }
  const declared = [...access.resource.roles.values()].some(role => role.reads.has(field.name))
  return { status: declared ? 'declared' : 'unknown' }
}

/** The field of that name that the caller may use, or undefined: declared and unknown are one. */
export function permittedField(set: AccessSet, access: Access, name: string): Field | undefined {
  const found = lookUp(set, access, name)
  return found.status === 'permitted' ? found.field : undefined
}

/** The same for a name in the definition: of a declared filter or a scope. */
export function permittedDefined(set: AccessSet, access: Access, name: string): Field | undefined {
  const found = statusOf(set, access, findDefined(access.resource, name))
  return found.status === 'permitted' ? found.field : undefined
}

export function permittedNames(set: AccessSet, access: Access): readonly string[] {
  return [...access.resource.fields.values()].filter(field => isPermitted(set, access, field)).map(field => field.name)
}

/** The one answer to a name that the caller may not use, whether it exists or not. */
export function unknownField(
  set: AccessSet,
  access: Access,
  name: string,
  place: string,
  source: Source,
  names: Iterable<string> = permittedNames(set, access),
): ApiError {
  return new ApiError('unknown_field', `Unknown field ${quote(name)} in ${place}.${hint(name, names)}`, { source })
}

export function isFilterable(resource: Resource, field: Field): boolean {
  if (field.kind === 'links' || (field.kind === 'computed' && field.compute.by === 'code')) return false
  return resource.filterable === null || resource.filterable.has(field.name)
}

export function isSortable(resource: Resource, field: Field): boolean {
  return resource.sortable === null || resource.sortable.has(field.name)
}
