// Turns a record between the names that its definition gives, which hooks speak in, and those that the version serves.
import { columnOf } from './compile-writes.ts'
import type { Field } from './field.ts'
import { isRelationship } from './field-value.ts'
import type { Resource } from './model.ts'
import { findDefined, findField } from './policy-reader.ts'

type Resources = ReadonlyMap<string, Resource>

/** What a hook gives, as a body of this version would say it. */
export function toServed(record: unknown, resource: Resource, resources: Resources): unknown {
  return rename(record, resource, resources, servedMember, toServed)
}

/** What a body says, as the definition calls it. What names nothing stays as it is. */
export function toDefined(record: unknown, resource: Resource, resources: Resources): unknown {
  return rename(record, resource, resources, definedMember, toDefined)
}

/** The name of one member, likewise; a foreign key's column stays another spelling of it. */
export function servedName(resource: Resource, name: string): string {
  return servedMember(resource, name).name
}

interface Member {
  readonly name: string
  readonly field: Field | undefined
}

function servedMember(resource: Resource, name: string): Member {
  const field = findDefined(resource, name)
  if (!field || name === field.definedAs) return { name: field?.name ?? name, field }
  return { name: resource.columnNames.get(name) ?? name, field }
}

function definedMember(resource: Resource, name: string): Member {
  const field = findField(resource, name)
  if (!field || name === field.name) return { name: field?.definedAs ?? name, field }
  return { name: columnOf(field)?.name ?? name, field }
}

/** Keys and new records that stand in it are records of what their relationship leads to. */
function rename(
  record: unknown,
  resource: Resource,
  resources: Resources,
  member: (resource: Resource, name: string) => Member,
  inside: typeof toServed,
): unknown {
  if (typeof record !== 'object' || record === null || Array.isArray(record)) return record
  return Object.fromEntries(
    Object.entries(record).map(([given, value]: [string, unknown]) => {
      const { name, field } = member(resource, given)
      const target = field && isRelationship(field) && field.target !== null ? resources.get(field.target) : undefined
      if (!target) return [name, value]
      return [
        name,
        Array.isArray(value) ? value.map(one => inside(one, target, resources)) : inside(value, target, resources),
      ]
    }),
  )
}
