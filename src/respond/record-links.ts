// Writes the links of a record: its own URL, and those of the records that it leads to.
import { type AccessSet, isPermitted } from '../access/access.ts'
import { idOf, pathOf } from '../formats/spell-id.ts'
import { isRelationship } from '../schema/field-value.ts'
import type { Resource } from '../schema/model.ts'
import { toPath } from '../schema/spell-path.ts'

/** @param base `/api`, with the version where the caller gave one */
export function linksOf(
  base: string,
  set: AccessSet,
): (resource: Resource, key: readonly unknown[]) => Readonly<Record<string, string>> {
  return (resource, key) => {
    const self = `${base}/${encodeURIComponent(resource.path)}/${toId(key)}`
    const access = set.of(resource)
    const related = [...resource.fields.values()].filter(
      field => isRelationship(field) && access && isPermitted(set, access, field) && set.target(field),
    )
    return {
      self,
      ...Object.fromEntries(
        related.map(field => [field.name, `${self}/${encodeURIComponent(toPath(field.definedAs))}`]),
      ),
    }
  }
}

/** The id in a path. */
export function toId(key: readonly unknown[]): string {
  return pathOf(idOf(key.map(String)))
}

/** Of `/videos/1/relationships/comments`: `/videos/1/comments`, where the records themselves are. */
export function relatedPath(path: string): string {
  const at = path.lastIndexOf('/relationships/')
  return path.slice(0, at) + path.slice(at + '/relationships'.length)
}
