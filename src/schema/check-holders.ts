// Checks that every role can be held by somebody, and that everybody's roles are there.
import type { Report } from './bind-table.ts'
import type { Resource } from './model.ts'
import type { ApiDefinition } from './resource-definition.ts'
import { hint } from './suggest.ts'

/** A role that nobody can come to, and from which none is taken, is a misspelling. */
export function checkHolders(
  resources: ReadonlyMap<string, Resource>,
  definition: ApiDefinition,
  report: Report,
): void {
  const held = Object.keys(definition.options.roles ?? {})
  const used = new Set<string>()
  for (const resource of resources.values()) {
    const extended = Object.values(definition.resources[resource.definedAs]?.options.roles ?? {}).map(
      role => role.extends,
    )
    for (const role of resource.roles.values()) {
      used.add(role.name)
      if (!held.includes(role.name) && !role.dependsOnRecord && !extended.includes(role.name)) {
        report(
          `${resource.definedAs}.roles.${role.name}: defineApi says of no principal that it holds "${role.name}".${hint(role.name, held)} Add it to \`roles\`, or give the role a \`when\`.`,
        )
      }
    }
  }
  for (const name of held)
    if (!used.has(name)) report(`defineApi: no resource has a role "${name}".${hint(name, used)}`)
}
