// Works out what a role of the definition comes to: `extends` applied, sets expanded.
import type { RoleDefinition, SetDefinition } from '../../src/schema/resource-definition.ts'
import { type FieldFact, isToMany, type RoleFact } from './field-facts.ts'

export function readRole(
  name: string,
  roles: Readonly<Record<string, RoleDefinition>>,
  fields: ReadonlyMap<string, FieldFact>,
  key: readonly string[],
): RoleFact {
  const own = roles[name] as RoleDefinition
  const chain: RoleDefinition[] = []
  for (let at: RoleDefinition | undefined = own; at; at = at.extends === undefined ? undefined : roles[at.extends])
    chain.unshift(at)
  let reads: ReadonlySet<string> = new Set(fields.keys())
  for (const [i, role] of chain.entries()) reads = take(role.read ?? (i === 0 ? 'none' : 'all'), reads)
  const keyFields = [...fields.values()].filter(
    field => (field.kind === 'column' || field.kind === 'toOne') && key.includes(field.column.name),
  )
  reads = new Set([...reads, ...keyFields.map(field => field.name)])
  const defaultsOn = (on: 'list' | 'item') => {
    let shown = reads
    let linksNamed = false
    for (const { defaults } of chain) {
      const set: SetDefinition | undefined =
        typeof defaults === 'object' && ('list' in defaults || 'item' in defaults)
          ? defaults[on]
          : (defaults as SetDefinition | undefined)
      if (set === undefined) continue
      if (typeof set === 'object' && 'only' in set && set.only.includes('links')) linksNamed = true
      shown = take(set, shown)
    }
    return new Set(
      [...shown].filter(field => !isToMany(fields.get(field) as FieldFact) && (field !== 'links' || linksNamed)),
    )
  }
  return {
    name,
    reads,
    named: new Set(chain.flatMap(({ read }) => (typeof read === 'object' && 'only' in read ? read.only : []))),
    defaults: { list: defaultsOn('list'), item: defaultsOn('item') },
    conditions: [...(own.when ? [own.when] : []), ...chain.flatMap(({ where }) => (where ? [where] : []))],
    dependsOnRecord: own.when !== undefined,
  }
}

function take(set: SetDefinition, from: ReadonlySet<string>): ReadonlySet<string> {
  if (set === 'all') return from
  if (set === 'none') return new Set()
  const listed = new Set('only' in set ? set.only : set.without)
  return new Set([...from].filter(field => listed.has(field) === 'only' in set))
}
