// Gives every resource its path, and the other spellings that are accepted for it.
import type { Report } from './bind-table.ts'
import type { Resource } from './model.ts'
import { toSingular } from './plural.ts'
import { foldPath, isReservedPath, toPath } from './spell-path.ts'

/** Where two resources could be meant by a spelling, the one that is really called so is. */
export function layPaths(resources: readonly Resource[], report: Report): ReadonlyMap<string, Resource> {
  const paths = new Map<string, Resource>()
  for (const resource of resources) {
    if (paths.has(resource.path))
      report(`${resource.definedAs}: its path ${resource.path} is taken; name the resource otherwise`)
    paths.set(resource.path, resource)
  }
  for (const resource of resources) {
    for (const path of spellingsOf(resource)) if (!paths.has(path) && !isReservedPath(path)) paths.set(path, resource)
  }
  return paths
}

function spellingsOf({ name, definedAs }: Resource): readonly string[] {
  return [name, definedAs, foldPath(definedAs), toPath(toSingular(definedAs))]
}
