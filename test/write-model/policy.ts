// Random policies of writes: as a model, and as the definition that the product compiles.
import type { ApiDefinition, RoleHolder, SetDefinition } from '../../src/schema/resource-definition.ts'
import { type Condition, define } from '../non-interference/condition.ts'
import { type ConditionOptions, makeCondition } from '../non-interference/make-condition.ts'
import type { Random } from '../non-interference/random.ts'
import type { Relationship, World, WorldTable } from '../non-interference/world.ts'
import { naturalKeys } from './tables.sql.ts'

export interface RoleModel {
  readonly name: string
  readonly parent: string | null
  readonly when: Condition | null
  readonly where: Condition | null
  readonly read: SetDefinition | null
  readonly create: SetDefinition | null
  readonly update: SetDefinition | null
  readonly set: Readonly<Record<string, unknown>>
  readonly delete: boolean
}

/** What a role may do to a record by name: it fills in values, where its condition holds. */
export interface ActionModel {
  readonly name: string
  readonly set: Readonly<Record<string, unknown>>
  readonly where: Condition | null
  readonly roles: readonly string[]
}

/** Roles and actions by the name of the table. */
export interface Policy {
  readonly roles: ReadonlyMap<string, readonly RoleModel[]>
  readonly actions: ReadonlyMap<string, readonly ActionModel[]>
}

export const holders: Readonly<Record<string, RoleHolder>> = {
  guest: 'anyone',
  member: 'authenticated',
  chief: { role: ['chief', 'boss'] },
}

/** Fields that can be named in a body and in a set: columns, and foreign keys by the name of their relationship. */
export function fieldNames(table: WorldTable): readonly string[] {
  return [
    ...table.plain.map(one => one.name),
    ...table.relationships.filter(one => one.kind === 'toOne').map(one => one.name),
  ]
}

export type LinkSet = Extract<Relationship, { kind: 'manyToMany' }>

/** Relationships that are written as a whole: a list of records. */
export function linkSets(table: WorldTable): readonly LinkSet[] {
  return table.relationships.filter(one => one.kind === 'manyToMany')
}

/** @param options what conditions may look at: `ownOnly` is the record itself */
export function makePolicy(world: World, random: Random, options: ConditionOptions = {}): Policy {
  const tables = [...world.tables.values()]
  const roles = new Map(tables.map(table => [table.name, makeRoles(table, world, random, options)] as const))
  const actions = tables.map(
    table => [table.name, makeActions(table, roles.get(table.name) ?? [], world, random, options)] as const,
  )
  return { roles, actions: new Map(actions) }
}

function makeActions(
  table: WorldTable,
  roles: readonly RoleModel[],
  world: World,
  random: Random,
  options: ConditionOptions,
): readonly ActionModel[] {
  const sets = actionSets[table.name]
  if (!sets || roles.length === 0) return []
  return [
    {
      name: 'alter',
      set: random.pick(sets),
      where: random.chance(0.4) ? makeCondition(table, world, random, options) : null,
      roles: random.some(roles, 1, 2).map(one => one.name),
    },
  ]
}

const actionSets: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>> = {
  books: [{ stars: 5 }, { shared: true, title: 'a' }, { owner: { principal: 'id' } }, { body: { principal: 'name' } }],
  folks: [{ active: false }, { rank: 1, name: null }],
  marks: [{ level: 3 }],
}

function makeRoles(table: WorldTable, world: World, random: Random, options: ConditionOptions): readonly RoleModel[] {
  const fields = [...fieldNames(table), ...linkSets(table).map(one => one.name)]
  const roles: RoleModel[] = []
  const condition = (chance: number) => (random.chance(chance) ? makeCondition(table, world, random, options) : null)
  for (const [name, chance] of [
    ['guest', 0.35],
    ['member', 0.8],
    ['own', 0.6],
    ['mate', 0.4],
    ['chief', 0.4],
  ] as const) {
    if (!random.chance(chance)) continue
    const parent = roles.length > 0 && random.chance(0.3) ? random.pick(roles).name : null
    const isOfRecord = name === 'own' || name === 'mate'
    roles.push({
      name,
      parent,
      when: isOfRecord ? condition(1) : null,
      where: condition(isOfRecord ? 0.2 : 0.5),
      read: parent !== null && random.chance(0.5) ? null : makeSet(fields, random, 0.5),
      create: random.chance(0.6) ? makeSet(fields, random, 0.6) : null,
      update: random.chance(0.7) ? makeSet(fields, random, 0.6) : null,
      set: makeValues(table, random),
      delete: random.chance(0.5),
    })
  }
  return roles
}

function makeSet(fields: readonly string[], random: Random, all: number): SetDefinition {
  if (random.chance(all)) return 'all'
  return random.chance(0.5)
    ? { only: random.some(fields, 1, fields.length) }
    : { without: random.some(fields, 1, Math.ceil(fields.length / 2)) }
}

function makeValues(table: WorldTable, random: Random): Readonly<Record<string, unknown>> {
  if (table.name !== 'books' || random.chance(0.5)) return {}
  return random.pick<Readonly<Record<string, unknown>>>([
    { owner: { principal: 'id' } },
    { stars: 7 },
    { shared: true, owner: { principal: 'level' } },
    { body: { principal: 'name' } },
  ])
}

/** Generated columns cannot be named in what is written. */
const writableOf = (set: SetDefinition): SetDefinition => {
  if (typeof set === 'string') return set
  return 'only' in set
    ? { only: set.only.filter(name => name !== 'shout') }
    : { without: set.without.filter(name => name !== 'shout') }
}

export function toDefinition(policy: Policy, world: World): ApiDefinition {
  const resources = [...policy.roles].map(([table, roles]) => {
    const defined = roles.map(role => [
      role.name,
      {
        ...(role.parent !== null && { extends: role.parent }),
        ...(role.when && { when: define(role.when) }),
        ...(role.where && { where: define(role.where) }),
        ...(role.read !== null && { read: role.read }),
        ...((role.create !== null || role.update !== null) && {
          write: {
            ...(role.create !== null && { create: writableOf(role.create) }),
            ...(role.update !== null && { update: writableOf(role.update) }),
          },
        }),
        ...(Object.keys(role.set).length > 0 && { set: role.set }),
        delete: role.delete,
      },
    ])
    const actions = (policy.actions.get(table) ?? []).map(one => [
      one.name,
      { set: one.set, roles: one.roles, ...(one.where && { where: define(one.where) }) },
    ])
    const naturalKey = naturalKeys[table]
    const options = {
      roles: Object.fromEntries(defined),
      actions: Object.fromEntries(actions),
      ...(naturalKey !== undefined && { naturalKey }),
    }
    return [table, { kind: 'resource' as const, table, schema: world.schema, options }]
  })
  const used = new Set([...policy.roles.values()].flatMap(roles => roles.map(role => role.name)))
  return {
    kind: 'api',
    resources: Object.fromEntries(resources),
    options: {
      roles: Object.fromEntries(Object.entries(holders).filter(([name]) => used.has(name))),
      secret: 'one for all of these',
    },
  }
}
