// Which roles a caller holds on a table and what each of them lets him do, by the words of the definition.
import type { SetDefinition } from '../../src/schema/resource-definition.ts'
import type { Caller, Condition } from '../non-interference/condition.ts'
import type { World, WorldTable } from '../non-interference/world.ts'
import { fieldNames, holders, linkSets, type Policy, type RoleModel } from './policy.ts'

export interface Held {
  readonly role: RoleModel
  readonly chain: readonly RoleModel[]
  readonly reads: ReadonlySet<string>
  readonly creates: ReadonlySet<string> | null
  readonly updates: ReadonlySet<string>
}

export function heldOn(name: string, world: World, policy: Policy, caller: Caller): readonly Held[] {
  const roles = policy.roles.get(name) ?? []
  const table = world.tables.get(name) as WorldTable
  const all = [...fieldNames(table), ...table.relationships.map(one => one.name)]
  const writable = [...fieldNames(table).filter(one => one !== 'shout'), ...linkSets(table).map(one => one.name)]
  return roles
    .filter(role => mayHold(role, caller) && !isNever(role.when))
    .map(role => {
      const chain: RoleModel[] = []
      for (let at: RoleModel | undefined = role; at; at = roles.find(one => one.name === at?.parent)) chain.unshift(at)
      return { role, chain }
    })
    .filter(({ chain }) => !chain.some(one => isNever(one.where)))
    .map(({ role, chain }) => {
      let reads: readonly string[] = []
      chain.forEach((one, i) => {
        reads = expand(one.read ?? (i === 0 ? 'none' : 'all'), i === 0 ? all : reads)
      })
      return {
        chain,
        role,
        reads: new Set([...reads, ...table.keyFields]),
        creates: role.create === null ? null : new Set(expand(role.create, writable)),
        updates: new Set(role.update === null ? [] : expand(role.update, writable)),
      }
    })
}

/** What is filled in for him: of several roles that fill in one field, the first says with what. */
export function filledIn(name: string, policy: Policy, caller: Caller): Readonly<Record<string, unknown>> {
  const all = policy.roles.get(name) ?? []
  const roles = all.filter(role => {
    if (!mayHold(role, caller) || isNever(role.when)) return false
    for (let at: RoleModel | undefined = role; at; at = all.find(one => one.name === at?.parent))
      if (isNever(at.where)) return false
    return true
  })
  return Object.fromEntries(roles.flatMap(role => Object.entries(role.set)).reverse())
}

/** Whether he reads the field of whatever record he sees. */
export function readsEverywhere(name: string, held: readonly Held[]): boolean {
  const grants = new Map<string, boolean>()
  for (const { role, chain, reads } of held) {
    const condition = JSON.stringify([role.when, chain.flatMap(one => one.where ?? [])])
    grants.set(condition, grants.get(condition) === true || reads.has(name))
  }
  return grants.get(JSON.stringify([null, []])) === true || [...grants.values()].every(reads => reads)
}

function mayHold(role: RoleModel, { id, claims }: Caller): boolean {
  if (role.when) return id !== null
  const holder = holders[role.name]
  if (holder === 'anyone') return true
  if (id === null || holder === 'authenticated') return id !== null
  const claimed = [claims.get('role')].flat()
  return ['chief', 'boss'].some(one => claimed.includes(one))
}

/** A list of nothing matches nothing: a role that is for such records is nobody's. */
export function isNever(condition: Condition | null): boolean {
  if (condition?.kind === 'and') return condition.of.some(isNever)
  if (condition?.kind === 'or') return condition.of.every(isNever)
  return (
    condition?.kind === 'leaf' &&
    condition.operator === 'in' &&
    condition.operand.kind === 'list' &&
    condition.operand.values.length === 0
  )
}

function expand(set: SetDefinition, from: readonly string[]): readonly string[] {
  if (set === 'all') return from
  if (set === 'none') return []
  return from.filter(name => ('only' in set ? set.only.includes(name) : !set.without.includes(name)))
}
