// What a caller may learn of some data, worked out naively from the words of the access rules, row by row.
import type { SetDefinition } from '../../src/schema/resource-definition.ts'
import { type Caller, evaluate, type Setting } from './condition.ts'
import type { ComputedModel, Policy, ResourceModel, RoleModel } from './policy.ts'
import { type Data, follow, type Relationship, type Row, type World, type WorldTable } from './world.ts'

export interface Seen {
  readonly row: Row
  /** Names of fields. */
  readonly readable: ReadonlySet<string>
  /** Those of them that some granting role shows when nothing is asked for. */
  readonly defaults: readonly string[]
}

/** Of each resource that the caller reaches, the rows that it sees. */
export type Sight = ReadonlyMap<string, readonly Seen[]>

/** A role that the caller may hold, its `extends` applied. */
export interface Held {
  readonly chain: readonly RoleModel[]
  readonly reads: ReadonlySet<string>
  readonly defaults: ReadonlySet<string>
  /** Computed fields that an `only` publishes. */
  readonly named: ReadonlySet<string>
}

function fieldsOf(table: WorldTable, model: ResourceModel): readonly string[] {
  return [
    ...table.plain.map(one => one.name),
    ...table.relationships.map(one => one.name),
    'links',
    ...model.computed.map(one => one.name),
  ]
}

export function rolesOf(model: ResourceModel, policy: Policy, world: World, caller: Caller): readonly Held[] {
  const table = world.tables.get(model.table) as WorldTable
  const all = fieldsOf(table, model)
  return model.roles
    .filter(role => mayHold(role, policy, caller))
    .map(role => {
      const chain: RoleModel[] = []
      for (let at: RoleModel | undefined = role; at; at = model.roles.find(one => one.name === at?.parent))
        chain.unshift(at)
      let reads: readonly string[] = []
      chain.forEach((one, i) => {
        reads = expand(one.read ?? (i === 0 ? 'none' : 'all'), i === 0 ? all : reads)
      })
      const named = chain.flatMap(one =>
        typeof one.read === 'object' && one.read !== null && 'only' in one.read ? one.read.only : [],
      )
      const whole = [...reads, ...table.keyFields]
      const defaults = new Set(defaultsOf(chain, whole, table))
      return { chain, reads: new Set(whole), named: new Set(named), defaults }
    })
}

/** Associations with many records are never shown unasked, links only where a role says so. */
function defaultsOf(chain: readonly RoleModel[], reads: readonly string[], table: WorldTable): readonly string[] {
  let shown = reads
  const said = new Set<string>()
  for (const { defaults } of chain) {
    if (defaults === null) continue
    if (typeof defaults === 'object' && 'only' in defaults) for (const name of defaults.only) said.add(name)
    shown = expand(defaults, shown)
  }
  const many = new Set(table.relationships.filter(one => one.kind !== 'toOne').map(one => one.name))
  return shown.filter(name => !many.has(name) && (name !== 'links' || said.has(name)))
}

function expand(set: SetDefinition, from: readonly string[]): readonly string[] {
  if (set === 'all') return from
  if (set === 'none') return []
  return 'only' in set ? from.filter(name => set.only.includes(name)) : from.filter(name => !set.without.includes(name))
}

function mayHold(role: RoleModel, { holders }: Policy, caller: Caller): boolean {
  const signedIn = caller.id !== null
  if (role.when && !role.anonymous && !signedIn) return false
  const holder = holders[role.name]
  if (holder === undefined) return role.when !== null
  if (holder === 'anyone') return true
  if (!signedIn || holder === 'authenticated') return signedIn
  return Object.entries(holder).every(([claim, wanted]) => {
    const claimed = caller.claims.get(claim)
    return [wanted].flat().some(one => [claimed].flat().includes(one))
  })
}

export function see(policy: Policy, setting: Setting): Sight {
  const { world, data, caller } = setting
  const sight = new Map<string, readonly Seen[]>()
  for (const [name, model] of policy.resources) {
    const table = world.tables.get(model.table) as WorldTable
    const held = rolesOf(model, policy, world, caller)
    // A role that reads nothing, not even a key, is none.
    const useful = held.filter(role => role.reads.size > 0)
    if (useful.length === 0) continue
    const seen = (data[model.table] ?? []).flatMap(row => {
      const granting = useful.filter(role => {
        const own = role.chain.at(-1) as RoleModel
        return [own.when, ...role.chain.map(one => one.where)].every(
          condition => condition === null || evaluate(condition, row, setting) === true,
        )
      })
      return granting.length === 0
        ? []
        : [
            {
              row,
              readable: readableOf(granting, table, model),
              defaults: [...new Set(granting.flatMap(role => [...role.defaults]))],
            },
          ]
    })
    sight.set(name, seen)
  }
  return sight
}

function readableOf(granting: readonly Held[], table: WorldTable, model: ResourceModel): ReadonlySet<string> {
  const reads = new Set(granting.flatMap(role => [...role.reads]))
  for (const { name, parts, by } of model.computed) {
    // What is made in TypeScript cannot be published where rows have no key to be ordered by.
    const published =
      !(by === 'code' && table.key.length === 0) && granting.some(role => role.reads.has(name) && role.named.has(name))
    if (reads.has(name) && !published && !parts.every(part => reads.has(part))) reads.delete(name)
  }
  return reads
}

/** The view as one text: equal texts, and the caller may see no difference. */
export function describeView(sight: Sight, policy: Policy, setting: Setting): string {
  const parts = [...sight].map(([name, seen]) => {
    const model = policy.resources.get(name) as ResourceModel
    const table = setting.world.tables.get(model.table) as WorldTable
    const rows = seen.map(one => describeRow(one, table, model, { sight, policy, setting })).sort()
    return `${name}\n${rows.join('\n')}`
  })
  return parts.join('\n\n')
}

interface Around {
  readonly sight: Sight
  readonly policy: Policy
  readonly setting: Setting
}

function describeRow(seen: Seen, table: WorldTable, model: ResourceModel, around: Around): string {
  const { row, readable } = seen
  const said: [string, unknown][] = table.key.map(column => [column, row[column]])
  for (const { name } of table.plain) if (readable.has(name)) said.push([name, row[name]])
  for (const relationship of table.relationships) {
    if (!readable.has(relationship.name)) continue
    said.push([relationship.name, describeLink(relationship, row, table, model, around)])
  }
  for (const computed of model.computed)
    if (readable.has(computed.name)) said.push([computed.name, describeComputed(computed, row, table, model, around)])
  said.push(['defaults', seen.defaults.filter(name => readable.has(name)).sort()])
  if (readable.has('links')) said.push(['links', 'readable'])
  for (const scope of model.scopes)
    if (scope.publishes) said.push([`scope ${scope.name}`, evaluate(scope.where, row, around.setting)])
  return JSON.stringify(said)
}

function describeLink(
  relationship: Relationship,
  row: Row,
  table: WorldTable,
  model: ResourceModel,
  { sight, setting }: Around,
): unknown {
  if (relationship.kind === 'toOne') {
    const shown =
      model.relationships[relationship.name]?.key === 'shown' ||
      relationship.own.every(column => table.key.includes(column))
    const key = relationship.own.map(column => row[column])
    return shown || isSeen(relationship, row, sight, setting) ? key : null
  }
  // Which records are linked follows from their own foreign keys, but for links through a join table that the ends may pass.
  if (relationship.kind === 'toMany' || model.relationships[relationship.name]?.access !== 'ends') return 'readable'
  const visible = new Set(sight.get(relationship.target)?.map(one => one.row))
  return follow(relationship, row, setting.data)
    .filter(one => visible.has(one))
    .map(one => JSON.stringify(one[(setting.world.tables.get(relationship.target)?.key ?? [])[0] as string]))
    .sort()
}

function isSeen(relationship: Relationship, row: Row, sight: Sight, setting: Setting): boolean {
  const [target] = follow(relationship, row, setting.data)
  return target !== undefined && (sight.get(relationship.target) ?? []).some(one => one.row === target)
}

/** What is computed under the caller's access follows from the view; what is published does not. */
function describeComputed(
  computed: ComputedModel,
  row: Row,
  table: WorldTable,
  model: ResourceModel,
  around: Around,
): unknown {
  const { setting } = around
  switch (computed.by) {
    case 'where':
      return evaluate(computed.filter, row, setting)
    case 'sql':
    case 'code':
    case 'field':
      return computed.parts.map(part => row[part])
    case 'exists':
    case 'count': {
      const relationship = table.relationships.find(one => one.name === computed.relationship)
      if (!relationship) throw new Error(`${table.name} has no relationship ${computed.relationship}`)
      if (!computed.seesAll) return describeLink(relationship, row, table, model, around)
      const found = follow(relationship, row, setting.data).filter(
        one => computed.filter === null || evaluate(computed.filter, one, setting) === true,
      )
      return computed.by === 'count' ? found.length : found.length > 0
    }
  }
}

/** The data with values replaced that an expression would raise on where the caller may read it: that is its author's mistake. */
export function replaceRaising(sight: Sight, policy: Policy, data: Data): Data {
  let changed = data
  for (const [name, seen] of sight) {
    const model = policy.resources.get(name) as ResourceModel
    for (const computed of model.computed) {
      if (computed.by !== 'sql' || !computed.raises) continue
      const { column, on, instead } = computed.raises
      const bad = new Set(
        seen.filter(one => one.readable.has(computed.name) && on.includes(one.row[column] ?? '')).map(one => one.row),
      )
      if (bad.size > 0)
        changed = {
          ...changed,
          [model.table]: (changed[model.table] ?? []).map(row => (bad.has(row) ? { ...row, [column]: instead } : row)),
        }
    }
  }
  return changed
}
