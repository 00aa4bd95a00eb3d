// Random policies over commands and reports: who sees which of them and what of them, who gives, cancels and fetches.
import type {
  ApiDefinition,
  ResourceDefinition,
  RoleHolder,
  SetDefinition,
} from '../../src/schema/resource-definition.ts'
import { type Condition, leafName } from '../non-interference/condition.ts'
import { makeCondition } from '../non-interference/make-condition.ts'
import {
  type ComputedModel,
  optionsOf,
  type Policy,
  type ResourceModel,
  type RoleModel,
} from '../non-interference/policy.ts'
import type { Random } from '../non-interference/random.ts'
import type { Column, World, WorldTable } from '../non-interference/world.ts'
import { states } from './make-rows.ts'
import { makePerform } from './perform.ts'
import type { RequestProduct } from './product.ts'
import { requestTables, tableNames } from './tables.sql.ts'

/** What a role does besides reading. */
export interface Rights {
  readonly create: readonly string[] | null
  readonly delete: boolean
  readonly content: boolean
}

export interface RequestPolicy extends Policy {
  /** By resource and role: `opens.member`. */
  readonly rights: ReadonlyMap<string, Rights>
  readonly reuse: boolean
  readonly statusCodes: boolean
}

const holdersOf: Readonly<Record<string, RoleHolder>> = {
  guest: 'anyone',
  member: 'authenticated',
  chief: { role: ['chief', 'boss'] },
}

export const params: readonly string[] = ['month', 'kind']

export function makePolicy(world: World, random: Random): RequestPolicy {
  const rights = new Map<string, Rights>()
  const resources = new Map(
    tableNames.map(name => [name, makeResource(world.tables.get(name) as WorldTable, world, random, rights)] as const),
  )
  const used = new Set([...resources.values()].flatMap(one => one.roles.map(role => role.name)))
  const holders = Object.fromEntries(Object.entries(holdersOf).filter(([name]) => used.has(name)))
  // Numbers are compared otherwise than words.
  const looksAtStatus = JSON.stringify([...resources]).includes('"name":"status"')
  return { resources, holders, rights, reuse: random.chance(0.7), statusCodes: !looksAtStatus && random.chance(0.3) }
}

function makeResource(table: WorldTable, world: World, random: Random, rights: Map<string, Rights>): ResourceModel {
  const computed = computedOf(table)
  const fields = [
    ...table.plain.map(one => one.name),
    ...table.relationships.map(one => one.name),
    'links',
    ...computed.map(one => one.name),
  ]
  const roles: RoleModel[] = []
  const isRequest = requestTables.includes(table.name)
  for (const [name, chance] of [
    ['guest', 0.25],
    ['member', 0.85],
    ['own', 0.7],
    ['mate', 0.35],
    ['chief', 0.4],
  ] as const) {
    if (!random.chance(chance)) continue
    const parent = roles.length > 0 && random.chance(0.25) ? random.pick(roles).name : null
    const isOfRow = name === 'own' || name === 'mate'
    const condition = () => withStates(makeCondition(table, world, random, { depth: 1 }), random)
    roles.push({
      ...{
        name,
        parent,
        anonymous: isOfRow && random.chance(0.2),
        defaults: random.chance(0.1) ? makeSet(fields, random) : null,
      },
      when: isOfRow ? (name === 'own' && random.chance(0.6) ? ownedBy(table, random) : condition()) : null,
      where: random.chance(isOfRow ? 0.15 : 0.4) ? condition() : null,
      read: parent !== null && random.chance(0.5) ? null : makeSet(fields, random),
    })
    if (!isRequest) continue
    const reads = readsOf(roles.at(-1) as RoleModel, roles, fields)
    const writable =
      table.name === 'opens'
        ? ['gate', 'owner', 'note', 'level', 'hidden']
        : ['gate', 'owner', 'month', 'kind', 'hidden']
    rights.set(`${table.name}.${name}`, {
      create: random.chance(0.8) ? (random.chance(0.7) ? writable : random.some(writable, 2, 5)) : null,
      delete: reads.includes('status') && random.chance(0.6),
      content: table.name === 'files' && random.chance(0.4),
    })
  }
  return {
    ...{ table: table.name, computed, roles, scopes: [], relationships: {} },
    options: {
      ...(table.name === 'files' && random.chance(0.5) && { naturalKey: 'label' }),
      page: { size: 2 + random.int(4), maxSize: 50 },
    },
  }
}

/** The fields that every command and every report has beside its columns. */
function computedOf({ name, columns }: WorldTable): readonly ComputedModel[] {
  if (!requestTables.includes(name)) return []
  const column = columns.find(one => one.name === 'expires_at') as Column
  const word: ComputedModel = { name: 'status_description', by: 'field', parts: ['status'] }
  if (name !== 'files') return [word]
  const filter: Condition = { kind: 'leaf', name: 'expires_at', column, operator: 'gte', operand: { kind: 'now' } }
  return [word, { name: 'available', by: 'where', filter, parts: ['expires_at'] }]
}

function ownedBy(table: WorldTable, random: Random): Condition {
  const column = (table.columns.find(one => one.name === 'owner_id') ?? table.columns[0]) as Column
  return {
    kind: 'leaf',
    name: leafName(table, column),
    column,
    operator: random.pick(['eq', 'eq', 'in']),
    operand: { kind: 'claim', claim: 'id' },
  }
}

/** A status is compared with states, and with nothing else. */
function withStates(condition: Condition, random: Random): Condition {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return { ...condition, of: condition.of.map(one => withStates(one, random)) }
    case 'not':
    case 'related':
      return { ...condition, of: withStates(condition.of, random) }
    case 'leaf':
      return condition.name === 'status'
        ? {
            ...condition,
            operator: random.pick(['eq', 'ne']),
            operand: { kind: 'constant', value: random.pick(states) },
          }
        : condition
  }
}

function makeSet(fields: readonly string[], random: Random): SetDefinition {
  return random.weigh<SetDefinition>([
    [2, 'all'],
    [4, { without: random.some(fields, 1, Math.ceil(fields.length / 2)) }],
    [2, { only: random.some(fields, 1, fields.length) }],
    [
      2,
      {
        without: random.some(
          ['status', 'run_at', 'error', 'expires_at', 'attempts', 'month', 'owner'].filter(one => fields.includes(one)),
          1,
          2,
        ),
      },
    ],
  ])
}

function readsOf(role: RoleModel, roles: readonly RoleModel[], fields: readonly string[]): readonly string[] {
  const parent = roles.find(one => one.name === role.parent)
  const from = parent ? readsOf(parent, roles, fields) : fields
  const { read } = role
  if (read === null || read === 'all') return from
  if (read === 'none') return []
  return 'only' in read ? from.filter(one => read.only.includes(one)) : from.filter(one => !read.without.includes(one))
}

export function toDefinition(policy: RequestPolicy, world: World, product: RequestProduct): ApiDefinition {
  const resources = [...policy.resources].map(([name, model]) => {
    const options = withRights(name, optionsOf({ ...model, computed: [] }), policy)
    const table = { name, schema: world.schema }
    if (!requestTables.includes(name))
      return [
        name,
        { kind: 'resource' as const, table: name, schema: world.schema, options } as ResourceDefinition,
      ] as const
    const { perform, generate } = makePerform(product)
    const words =
      name === 'opens'
        ? { perform, attempts: 1, ...(policy.statusCodes && { statusCodes: { pending: 7, failed: 3 } }) }
        : { generate, attempts: 1, format: 'ndjson', params, reuse: policy.reuse }
    const define = (name === 'opens' ? product.requests : product.report) as (
      table: object,
      given: object,
    ) => ResourceDefinition
    return [name, define(table, { ...options, ...words })] as const
  })
  return {
    kind: 'api',
    resources: Object.fromEntries(resources),
    options: { roles: policy.holders, secret: 'the same for both, so that their cursors are' },
  }
}

function withRights(name: string, options: ReturnType<typeof optionsOf>, { rights }: RequestPolicy) {
  const roles = Object.entries(options.roles ?? {}).map(([role, definition]) => {
    const right = rights.get(`${name}.${role}`)
    return [
      role,
      {
        ...definition,
        ...(right?.create && { write: { create: { only: right.create } } }),
        ...(right?.delete && { delete: true }),
        ...(right?.content && { content: true }),
      },
    ] as const
  })
  return { ...options, roles: Object.fromEntries(roles) }
}
