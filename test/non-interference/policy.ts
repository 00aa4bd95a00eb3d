// A random policy as a model of its own, and as the definition that the product compiles.
import type { ApiDefinition, ResourceOptions, RoleHolder, SetDefinition } from '../../src/schema/resource-definition.ts'
import { type Condition, define } from './condition.ts'
import type { World } from './world.ts'

export interface RoleModel {
  readonly name: string
  readonly parent: string | null
  readonly when: Condition | null
  readonly where: Condition | null
  readonly anonymous: boolean
  /** Null: not said. */
  readonly read: SetDefinition | null
  readonly defaults: SetDefinition | null
}

export type ComputedModel = { readonly name: string; readonly parts: readonly string[] } & (
  | {
      readonly by: 'exists' | 'count'
      readonly relationship: string
      readonly filter: Condition | null
      readonly seesAll: boolean
    }
  | { readonly by: 'where'; readonly filter: Condition }
  | {
      readonly by: 'sql'
      readonly type: string
      readonly sql: string /** Rows with one of these values in this column make it raise. */
      readonly raises: { readonly column: string; readonly on: readonly string[]; readonly instead: string } | null
    }
  | { readonly by: 'code'; readonly claims: readonly string[] }
  | { readonly by: 'field' }
)

export interface ScopeModel {
  readonly name: string
  readonly where: Condition
  readonly publishes: boolean
}

export interface ResourceModel {
  readonly table: string
  readonly roles: readonly RoleModel[]
  readonly computed: readonly ComputedModel[]
  readonly scopes: readonly ScopeModel[]
  readonly options: Pick<ResourceOptions, 'filters' | 'sorts' | 'defaultSort' | 'naturalKey' | 'page'>
  readonly relationships: Readonly<Record<string, { readonly key?: 'shown'; readonly access?: 'ends' }>>
}

export interface Policy {
  readonly resources: ReadonlyMap<string, ResourceModel>
  readonly holders: Readonly<Record<string, RoleHolder>>
}

export function toDefinition(policy: Policy, world: World): ApiDefinition {
  const resources = [...policy.resources].map(
    ([name, model]) =>
      [
        name,
        { kind: 'resource' as const, table: model.table, schema: world.schema, options: optionsOf(model) },
      ] as const,
  )
  return {
    kind: 'api',
    resources: Object.fromEntries(resources),
    options: { roles: policy.holders, secret: 'the same for both, so that their cursors are' },
  }
}

/** The same API with a second version, in which whoever holds a role sees every row and every field. */
export function toVersions(policy: Policy, world: World): ApiDefinition {
  const definition = toDefinition(policy, world)
  const open = Object.entries(definition.resources).map(([name, one]) => {
    const roles = Object.entries(one.options.roles ?? {}).map(([role, { extends: parent, when, anonymous }]) => {
      const isHeld = Object.hasOwn(policy.holders, role)
      const kept = {
        ...(parent !== undefined && { extends: parent }),
        ...(!isHeld && when && { when, ...(anonymous && { anonymous }) }),
      }
      return [role, { ...kept, read: 'all' as const }] as const
    })
    return [name, { ...one, options: { ...one.options, roles: Object.fromEntries(roles) } }] as const
  })
  const versions = { 0: { kind: 'version' as const, resources: Object.fromEntries(open) } }
  return { ...definition, options: { ...definition.options, name: 'twins', version: '1', versions } }
}

export function optionsOf(model: ResourceModel): ResourceOptions {
  return {
    ...model.options,
    roles: Object.fromEntries(
      model.roles.map(role => [
        role.name,
        {
          ...(role.parent !== null && { extends: role.parent }),
          ...(role.when && { when: define(role.when) }),
          ...(role.where && { where: define(role.where) }),
          ...(role.anonymous && { anonymous: true }),
          ...(role.read !== null && { read: role.read }),
          ...(role.defaults !== null && { defaults: role.defaults }),
        },
      ]),
    ),
    computed: Object.fromEntries(model.computed.map(one => [one.name, defineComputed(one)])),
    scopes: Object.fromEntries(
      model.scopes.map(one => [one.name, { where: define(one.where), ...(one.publishes && { publishes: true }) }]),
    ),
    relationships: model.relationships,
  }
}

function defineComputed(one: ComputedModel): NonNullable<ResourceOptions['computed']>[string] {
  switch (one.by) {
    case 'exists':
    case 'count': {
      const path = { [one.relationship]: one.filter ? define(one.filter) : (true as const) }
      const sees = one.seesAll ? { sees: 'all' as const } : {}
      return one.by === 'exists' ? { exists: path, ...sees } : { count: path, ...sees }
    }
    case 'where':
      return { where: define(one.filter) }
    case 'sql':
      return { type: one.type, sql: one.sql }
    case 'field':
      return { field: one.parts[0] as string }
    case 'code': {
      const [from] = one.parts as readonly [string]
      return {
        type: 'text',
        from: [from],
        claims: one.claims,
        values: (rows: readonly never[], { claims }) =>
          rows.map(row => `${(row as Readonly<Record<string, unknown>>)[from]} for ${String(claims.name)}`),
      }
    }
  }
}
