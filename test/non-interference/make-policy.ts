// Random policies: roles that extend, depend on records and hide fields, and everything that is declared beside them.
import type { ResourceOptions, RoleHolder, SetDefinition } from '../../src/schema/resource-definition.ts'
import { define } from './condition.ts'
import type { Focus } from './focus.ts'
import { makeComputed } from './make-computed.ts'
import { makeCondition } from './make-condition.ts'
import type { ComputedModel, Policy, ResourceModel, RoleModel, ScopeModel } from './policy.ts'
import type { Random } from './random.ts'
import { naturalKeys, type World, type WorldTable } from './world.ts'

const holdersOf: Readonly<Record<string, RoleHolder>> = {
  guest: 'anyone',
  member: 'authenticated',
  chief: { role: ['chief', 'boss'] },
}

export function makePolicy(world: World, random: Random, focus: Focus = 'all'): Policy {
  const names = [...world.tables.keys()]
  const served = random.chance(0.5)
    ? names
    : names.filter(name => name === 'people' || name === 'notes' || !random.chance(0.15))
  const resources = new Map(
    served.map(name => [name, makeResource(world.tables.get(name) as WorldTable, world, random, focus)] as const),
  )
  // The same table under another name, with other roles: its links still lead to and from the first.
  if (random.chance(0.3))
    resources.set('staff', makeResource(world.tables.get('people') as WorldTable, world, random, focus))
  const used = new Set([...resources.values()].flatMap(one => one.roles.map(role => role.name)))
  const holders: Record<string, RoleHolder> = {}
  for (const [name, holder] of Object.entries(holdersOf)) if (used.has(name)) holders[name] = holder
  // A role that depends on the record may be handed out besides.
  if (used.has('mate') && random.chance(0.3)) holders.mate = random.chance(0.5) ? 'authenticated' : { role: 'boss' }
  return { resources, holders }
}

function makeResource(table: WorldTable, world: World, random: Random, focus: Focus): ResourceModel {
  const computed = makeComputed(table, world, random)
  const fields = [
    ...table.plain.map(one => one.name),
    ...table.relationships.map(one => one.name),
    'links',
    ...computed.map(one => one.name),
  ]
  const roles = random.chance(0.06) ? [] : makeRoles(table, fields, computed, world, random)
  const natural = naturalKeys[table.name]
  return {
    table: table.name,
    computed,
    roles,
    scopes: makeScopes(table, world, random, focus),
    relationships: makeRelationshipOptions(table, random),
    options: {
      ...(natural !== undefined && random.chance(focus === 'naturalKeys' ? 1 : 0.7) && { naturalKey: natural }),
      ...makeDeclared(table, fields, world, random),
      page: { size: 2 + random.int(4), maxSize: 50 },
    },
  }
}

function makeRoles(
  table: WorldTable,
  fields: readonly string[],
  computed: readonly ComputedModel[],
  world: World,
  random: Random,
): readonly RoleModel[] {
  const condition = () => makeCondition(table, world, random)
  const set = () => makeSet(fields, computed, random)
  const base = { parent: null, when: null, where: null, anonymous: false, defaults: null }
  const roles: RoleModel[] = []
  const parent = () => (roles.length > 0 && random.chance(0.4) ? random.pick(roles).name : null)
  const inherited = (from: string | null): SetDefinition | null => (from !== null && random.chance(0.6) ? null : set())
  const defaults = () => (random.chance(0.15) ? makeSet(fields, computed, random) : null)
  if (random.chance(0.55))
    roles.push({
      ...base,
      name: 'guest',
      where: random.chance(0.6) ? condition() : null,
      read: set(),
      defaults: defaults(),
    })
  if (random.chance(0.75)) {
    const from = parent()
    roles.push({
      ...base,
      name: 'member',
      parent: from,
      where: random.chance(0.5) ? condition() : null,
      read: inherited(from),
      defaults: defaults(),
    })
  }
  for (const name of ['own', 'mate', 'peer']) {
    if (!random.chance(name === 'own' ? 0.6 : 0.35)) continue
    const from = parent()
    roles.push({
      ...base,
      name,
      parent: from,
      when: condition(),
      where: random.chance(0.2) ? condition() : null,
      anonymous: random.chance(0.35),
      read: inherited(from),
      defaults: defaults(),
    })
  }
  if (random.chance(0.35))
    roles.push({
      ...base,
      name: 'chief',
      parent: parent(),
      where: random.chance(0.5) ? condition() : null,
      read: random.chance(0.5) ? 'all' : set(),
    })
  return roles
}

function makeSet(fields: readonly string[], computed: readonly ComputedModel[], random: Random): SetDefinition {
  // What looks through a foreign key cannot be published by name here: the model reads it under the caller's access.
  const publishable = fields.filter(
    name =>
      !computed.some(one => one.name === name && (one.by === 'exists' || one.by === 'count') && !random.chance(0.3)),
  )
  return random.weigh<SetDefinition>([
    [2, 'all'],
    [0.2, 'none'],
    [4, { without: random.some(fields, 1, Math.ceil(fields.length / 2)) }],
    [3, { only: random.some(publishable, 1, Math.ceil(publishable.length * 0.8)) }],
  ])
}

function makeScopes(table: WorldTable, world: World, random: Random, focus: Focus): readonly ScopeModel[] {
  const isFocused = table.plain.length > 0 && (focus === 'scopes' || focus === 'compared')
  const options = isFocused ? { ownOnly: true, depth: focus === 'scopes' ? 1 : 0, compared: focus === 'compared' } : {}
  return Array.from({ length: isFocused ? 2 : random.int(3) }, (_, i) => ({
    name: `scope${i}`,
    where: makeCondition(table, world, random, options),
    publishes: !isFocused && random.chance(0.25),
  }))
}

function makeRelationshipOptions(table: WorldTable, random: Random): ResourceModel['relationships'] {
  const options: Record<string, { key?: 'shown'; access?: 'ends' }> = {}
  for (const one of table.relationships) {
    if (one.kind === 'toOne' && random.chance(0.08)) options[one.name] = { key: 'shown' }
    if (one.kind === 'manyToMany' && random.chance(0.2)) options[one.name] = { access: 'ends' }
  }
  return options
}

function makeDeclared(
  table: WorldTable,
  fields: readonly string[],
  world: World,
  random: Random,
): Pick<ResourceOptions, 'filters' | 'sorts' | 'defaultSort'> {
  const text = table.plain.filter(one => one.type === 'text')
  const numbers = table.plain.filter(one => one.type === 'int4')
  const given = { given: true }
  const declared: Record<string, Readonly<Record<string, unknown>>> = {}
  if (text.length > 0 && random.chance(0.5))
    declared.like = { or: random.some(text, 1, 2).map(one => ({ [one.name]: { contains: given } })) }
  if (numbers.length > 0 && random.chance(0.5))
    declared.least = {
      [random.pick(numbers).name]: { gte: given },
      ...(random.chance(0.4) && define(makeCondition(table, world, random, { ownOnly: true }))),
    }
  // A declared filter may carry the name of the very field that it looks at.
  if (text.length > 0 && random.chance(0.15))
    declared[random.pick(text).name] = { [random.pick(text).name]: { starts_with: given } }
  const toOne = table.relationships.filter(one => one.kind === 'toOne')
  const path = () => {
    const link = toOne.length > 0 && random.chance(0.5) ? random.pick(toOne) : null
    const at = (link ? world.tables.get(link.target) : undefined) ?? table
    const names = [
      ...at.plain.filter(one => one.type !== 'jsonb' && one.type !== 'text[]').map(one => one.name),
      ...at.keyFields,
    ]
    return (link ? `${link.name}.` : '') + random.pick(names)
  }
  return {
    filters: random.chance(0.15) ? [...random.some(fields, 2, fields.length), declared] : declared,
    sorts: random.chance(0.1) ? [...random.some(fields, 2, fields.length), { ranked: path() }] : { ranked: path() },
    ...(random.chance(0.4) && {
      defaultSort: Array.from({ length: 1 + random.int(2) }, () => (random.chance(0.5) ? '-' : '') + path()),
    }),
  }
}
