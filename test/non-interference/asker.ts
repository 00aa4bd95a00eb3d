// What a generator of requests knows: the names of each resource, which of them this caller may use, and values worth asking for.
import type { Caller } from './condition.ts'
import type { ComputedModel, Policy, ResourceModel } from './policy.ts'
import type { Random } from './random.ts'
import { pickValue, spell, uuids } from './values.ts'
import { rolesOf } from './view.ts'
import type { Data, Relationship, Type, World, WorldTable } from './world.ts'

export type AskedField =
  | {
      readonly kind: 'value'
      readonly name: string
      readonly type: Type
      readonly column: string | null
      readonly made: boolean
    }
  | { readonly kind: 'link'; readonly name: string; readonly relationship: Relationship }

export interface AskedResource {
  readonly name: string
  readonly table: WorldTable
  readonly model: ResourceModel
  readonly fields: readonly AskedField[]
  readonly permitted: ReadonlySet<string>
}

export class Asker {
  readonly resources: ReadonlyMap<string, AskedResource>
  readonly random: Random
  readonly #data: readonly Data[]

  constructor(policy: Policy, world: World, caller: Caller, data: readonly Data[], random: Random) {
    this.random = random
    this.#data = data
    this.resources = new Map(
      [...policy.resources].map(([name, model]) => {
        const table = world.tables.get(model.table) as WorldTable
        const reads = new Set(rolesOf(model, policy, world, caller).flatMap(role => [...role.reads]))
        return [name, { name, table, model, fields: fieldsOf(table, model), permitted: reads }]
      }),
    )
  }

  /** Mostly one that the caller may use. */
  field(resource: AskedResource, of: (field: AskedField) => boolean = () => true): AskedField | null {
    const fields = resource.fields.filter(of)
    const permitted = fields.filter(one => resource.permitted.has(one.name))
    const from = permitted.length > 0 && this.random.chance(0.93) ? permitted : fields
    return from.length === 0 ? null : this.random.pick(from)
  }

  /** A value of the data, hidden or not, what comes just before or begins it, or one of the pool. */
  value(field: Extract<AskedField, { kind: 'value' }>, resource: AskedResource): string {
    const { random } = this
    const { column } = field
    const rows = random.pick(this.#data)[resource.model.table] ?? []
    const stored = column === null || rows.length === 0 ? null : (random.pick(rows)[column] ?? null)
    if (stored === null || random.chance(0.3)) return spell(field.type, pickValue(field.type, random))
    if (field.type === 'text' && random.chance(0.4)) return stored.slice(0, random.int(stored.length + 1))
    if ((field.type === 'int4' || field.type === 'int8') && random.chance(0.3))
      return String(BigInt(stored) + BigInt(random.int(3) - 1))
    return spell(field.type, stored)
  }

  /** The natural key of some record, hidden or not. */
  naturalId(resource: AskedResource): string {
    const natural = resource.model.options.naturalKey ?? ''
    const values = this.random.pick(this.#data)[resource.model.table]?.flatMap(row => row[natural] ?? []) ?? []
    return values.length === 0 ? 'none' : this.random.pick(values)
  }

  id(resource: AskedResource): string {
    const { random } = this
    const rows = random.pick(this.#data)[resource.model.table] ?? []
    const natural = resource.model.options.naturalKey
    if (rows.length === 0 || random.chance(0.08))
      return random.pick(['1', '99', 'x', '7x', uuids[0] as string, '1,2', 'a1'])
    const row = random.pick(rows)
    if (natural !== undefined && random.chance(0.4)) return row[natural] ?? 'none'
    const parts = resource.table.key.map(column => (row[column] ?? '').replaceAll('~', '~0').replaceAll(',', '~1'))
    return parts.length === 1 ? (row[resource.table.key[0] as string] ?? '') : parts.join(',')
  }

  /** Whether something else than a field goes by that name: a resource, a declared filter. */
  isDeclared(name: string): boolean {
    return [...this.resources.values()].some(
      one => one.name === name || JSON.stringify(one.model.options.filters ?? {}).includes(`"${name}":`),
    )
  }

  target(relationship: Relationship): AskedResource | undefined {
    return this.resources.get(relationship.target)
  }
}

function fieldsOf(table: WorldTable, model: ResourceModel): readonly AskedField[] {
  return [
    ...table.plain.map(
      one => ({ kind: 'value', name: one.name, type: one.type, column: one.name, made: false }) as const,
    ),
    ...table.relationships.map(relationship => ({ kind: 'link', name: relationship.name, relationship }) as const),
    ...model.computed.map(
      one =>
        ({
          kind: 'value',
          name: one.name,
          type: typeOf(one, table),
          column: one.by === 'field' || one.by === 'code' || one.by === 'sql' ? (one.parts[0] ?? null) : null,
          made: one.by === 'code',
        }) as const,
    ),
  ]
}

function typeOf(computed: ComputedModel, table: WorldTable): Type {
  switch (computed.by) {
    case 'exists':
    case 'where':
      return 'bool'
    case 'count':
      return 'int4'
    case 'sql':
      return computed.type as Type
    case 'code':
      return 'text'
    case 'field':
      return table.columns.find(one => one.name === computed.parts[0])?.type ?? 'text'
  }
}

/** A name that is nearly one: for suggestions. */
export function misspell(name: string, random: Random): string {
  return random.pick([
    `${name}s`,
    name.slice(1),
    `${name.slice(0, 1)}${name}`,
    name.toUpperCase(),
    'nothing',
    '__proto__',
    'constructor',
  ])
}
