// Works out what each role of a resource comes to: `extends` applied, sets expanded, conditions read.
import { allOf, always, type Condition } from '../expressions/condition.ts'
import { type FilterReader, readFilter } from '../expressions/read-filter.ts'
import { treeOfDefinition } from '../expressions/tree-of-definition.ts'
import { notDeleted } from './compile-soft-delete.ts'
import { compileWrites } from './compile-writes.ts'
import { canonical, expandSet } from './expand-set.ts'
import type { Field } from './field.ts'
import { isToMany } from './field-value.ts'
import type { Resource, Role } from './model.ts'
import type { FilterDefinition, RoleDefinition, SetDefinition } from './resource-definition.ts'
import { hint } from './suggest.ts'

type Roles = Readonly<Record<string, RoleDefinition>>
type Report = (problem: string) => void

export function compileRoles(
  resource: Resource,
  roles: Roles,
  reader: FilterReader,
  report: Report,
): ReadonlyMap<string, Role> {
  const compiled = new Map<string, Role>()
  for (const name of Object.keys(roles)) {
    const chain = chainOf(name, roles, `${resource.definedAs}.roles`, report)
    if (chain) compiled.set(name, compileRole(name, chain, roles, resource, reader, report))
  }
  return compiled
}

/** The role and those that it extends, the root first. */
function chainOf(name: string, roles: Roles, where: string, report: Report): readonly RoleDefinition[] | undefined {
  const chain: RoleDefinition[] = []
  const seen = new Set<string>()
  for (let next: string | undefined = name; next !== undefined; next = roles[next]?.extends) {
    if (seen.has(next)) return void report(`${where}.${name}: extends itself by way of "${next}"`)
    if (!Object.hasOwn(roles, next))
      return void report(`${where}.${name}: there is no role "${next}" to extend.${hint(next, Object.keys(roles))}`)
    seen.add(next)
    chain.unshift(roles[next] as RoleDefinition)
  }
  return chain
}

function compileRole(
  name: string,
  chain: readonly RoleDefinition[],
  roles: Roles,
  resource: Resource,
  reader: FilterReader,
  report: Report,
): Role {
  const where = `${resource.definedAs}.roles.${name}`
  const own = roles[name] as RoleDefinition
  const every = new Set(resource.fields.keys())
  const take = (set: SetDefinition, from: ReadonlySet<string>, place: string) =>
    expandSet(set, from, resource, `${where}.${place}`, report)
  let reads: ReadonlySet<string> = new Set()
  chain.forEach((role, i) => {
    reads = i === 0 ? take(role.read ?? 'none', every, 'read') : take(role.read ?? 'all', reads, 'read')
  })
  // The key is readable wherever the row is.
  reads = new Set([...reads, ...keyFields(resource)])
  const named = new Set(
    chain.flatMap(role =>
      typeof role.read === 'object' && 'only' in role.read ? [...canonical(role.read.only, resource)] : [],
    ),
  )
  const status = resource.request?.state.status.name
  if (own.delete === true && status !== undefined && !reads.has(status))
    report(`${where}.delete: whoever cancels a command learns whether it is over, so this role reads "${status}" too`)
  if (own.content === true && !resource.request?.report)
    report(`${where}.content: only the rows of report() have content`)
  // What an extended role published and this one no longer reads is not published by it.
  for (const name of named) if (!reads.has(name)) named.delete(name)
  const defaultsOn = (on: 'list' | 'item') => {
    let shown: ReadonlySet<string> = reads
    const explicit = new Set<string>()
    for (const role of chain) {
      const set = setFor(role.defaults, on)
      if (set === undefined) continue
      if (typeof set === 'object' && 'only' in set)
        for (const field of canonical(set.only, resource)) explicit.add(field)
      shown = take(set, shown, `defaults.${on}`)
    }
    return new Set([...shown].filter(field => isDefault(resource.fields.get(field), explicit)))
  }
  const read = (filter: FilterDefinition, place: string): Condition => {
    try {
      return readFilter(treeOfDefinition(filter, `${where}.${place}`), resource, reader)
    } catch (error) {
      report(`${where}.${place}: ${(error as Error).message}`)
      return { kind: 'always', holds: false }
    }
  }
  const wheres = chain.map(role => (role.where ? read(role.where, 'where') : always))
  const present = resource.softDelete && own.seesDeleted !== true ? notDeleted(resource.softDelete) : always
  return {
    name,
    reads,
    named,
    defaults: { list: defaultsOn('list'), item: defaultsOn('item') },
    condition: allOf([own.when ? read(own.when, 'when') : always, present, ...wheres]),
    dependsOnRecord: own.when !== undefined,
    needsAuthentication: own.when !== undefined && own.anonymous !== true,
    content: own.content === true,
    writes: compileWrites(own, resource, where, report),
  }
}

function isDefault(field: Field | undefined, explicit: ReadonlySet<string>): boolean {
  if (!field) return false
  return !isToMany(field) && field.kind !== 'toMany' && (!field.explicit || explicit.has(field.name))
}

function setFor(sets: RoleDefinition['defaults'], on: 'list' | 'item'): SetDefinition | undefined {
  if (sets === undefined || typeof sets === 'string' || 'only' in sets || 'without' in sets) return sets
  return sets[on]
}

function keyFields(resource: Resource): readonly string[] {
  return [...resource.fields.values()]
    .filter(field => (field.kind === 'column' || field.kind === 'toOne') && field.inKey)
    .map(field => field.name)
}
