// Reads what a role may write: the fields that it names itself, and what the server fills in for it.
import type { Report } from './bind-table.ts'
import { expandSet } from './expand-set.ts'
import type { Column, Field } from './field.ts'
import type { Resource, RoleWrites, SetValue } from './model.ts'
import { definedNames, findDefined } from './policy-reader.ts'
import type { RoleDefinition, SetDefinition } from './resource-definition.ts'
import { hint } from './suggest.ts'

/** Nothing of this is inherited (ACCESS R3). One set means update. */
export function compileWrites(role: RoleDefinition, resource: Resource, where: string, report: Report): RoleWrites {
  const writable = new Set([...resource.fields.values()].filter(isWritable).map(field => field.name))
  const take = (set: SetDefinition, place: string): ReadonlySet<string> => {
    if (typeof set === 'object')
      for (const name of 'only' in set ? set.only : set.without) {
        const field = findDefined(resource, name)
        if (field && !writable.has(field.name)) report(`${where}.${place}: "${name}" cannot be written`)
      }
    return expandSet(set, writable, resource, `${where}.${place}`, report)
  }
  const { create, update } = splitSets(role.write)
  // Who gave it is stored with it, and it is run with his rights: what it says must be what he said.
  if (resource.request && update !== undefined && update !== 'none' && role.write !== 'all')
    report(`${where}.write.update: a request is not changed once it is given; who may delete it may cancel it`)
  return {
    create: create === undefined ? null : take(create, 'write.create'),
    update: update === undefined || resource.request ? new Set() : take(update, 'write.update'),
    delete: role.delete === true,
    set: readValues(role.set ?? {}, resource, `${where}.set`, report),
  }
}

/** A column that is not generated, a foreign key, or a set of links that can be replaced. */
export function isWritable(field: Field): boolean {
  if (field.kind === 'manyToMany') return true
  if (field.kind === 'column') return !field.column.generated
  return field.kind === 'toOne' && !field.link.own.some(column => column.generated)
}

function splitSets(write: RoleDefinition['write']): { create?: SetDefinition; update?: SetDefinition } {
  if (write === undefined) return {}
  // `write: 'all'` is all that there is to write, creating included.
  if (write === 'all') return { create: 'all', update: 'all' }
  if (typeof write === 'string' || 'only' in write || 'without' in write) return { update: write as SetDefinition }
  return write as { create?: SetDefinition; update?: SetDefinition }
}

export function readValues(
  values: Readonly<Record<string, unknown>>,
  resource: Resource,
  where: string,
  report: Report,
): ReadonlyMap<string, SetValue> {
  const read = new Map<string, SetValue>()
  for (const [name, value] of Object.entries(values)) {
    const field = findDefined(resource, name)
    const column = field && columnOf(field)
    if (!field || !column || !isWritable(field)) {
      report(`${where}: there is no field "${name}" to fill in.${hint(name, definedNames(resource))}`)
      continue
    }
    const one = readValue(value, column)
    if (one) read.set(field.name, one)
    else report(`${where}.${name}: that is no value of its type`)
  }
  return read
}

function readValue(value: unknown, column: Column): SetValue | undefined {
  if (value === null) return { kind: 'constant', text: null }
  if (typeof value === 'object') {
    if ('principal' in value && typeof value.principal === 'string') return { kind: 'claim', claim: value.principal }
    if ('now' in value && value.now === true) return { kind: 'now' }
    return undefined
  }
  const text = column.type.parse(value as string | number | boolean)
  return text === undefined ? undefined : { kind: 'constant', text }
}

/** The one column that a value of the field is kept in. */
export function columnOf(field: Field): Column | undefined {
  if (field.kind === 'column') return field.column
  return field.kind === 'toOne' && field.link.own.length === 1 ? field.link.own[0] : undefined
}
