// Expands a set of fields: `all`, `none`, `only` and `without`.
import type { Report } from './bind-table.ts'
import type { Resource } from './model.ts'
import { definedNames, findDefined } from './policy-reader.ts'
import type { SetDefinition } from './resource-definition.ts'
import { hint } from './suggest.ts'

/** @param from what the set is taken from */
export function expandSet(
  set: SetDefinition,
  from: ReadonlySet<string>,
  resource: Resource,
  where: string,
  report: Report,
): ReadonlySet<string> {
  if (set === 'all') return from
  if (set === 'none') return new Set()
  const names = 'only' in set ? set.only : set.without
  for (const name of names)
    if (!findDefined(resource, name))
      report(`${where}: there is no field "${name}".${hint(name, definedNames(resource))}`)
  const listed = canonical(names, resource)
  return new Set([...from].filter(field => listed.has(field) === 'only' in set))
}

/** Names as the fields are served, whatever the definition calls them. */
export function canonical(names: readonly string[], resource: Resource): ReadonlySet<string> {
  return new Set(names.map(name => findDefined(resource, name)?.name ?? name))
}
