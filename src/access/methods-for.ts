// Says which methods of a path this caller may use: of those that anybody may, the ones that some role of his permits on some record.
import { methodsOf } from '../request/read-request.ts'
import type { Route } from '../request/read-route.ts'
import type { AccessSet } from './access.ts'

export function methodsFor(route: Route, set: AccessSet): readonly string[] {
  const methods = methodsOf(route, set.api)
  if (route.kind === 'relationship') {
    const field = route.resource.fields.get(route.relationship)
    const changed = set.of(field?.kind === 'toMany' ? route.target : route.resource)
    const reads = ['GET', 'HEAD', 'OPTIONS']
    return changed && changed.writes.update !== 'never' ? methods : methods.filter(one => reads.includes(one))
  }
  if (route.kind !== 'list' && route.kind !== 'item' && route.kind !== 'nested') return methods
  const writes = set.of(route.kind === 'nested' ? route.target : route.resource)?.writes
  const may: Readonly<Record<string, boolean>> = {
    POST: writes !== undefined && writes.create !== 'never',
    PATCH: writes !== undefined && writes.update !== 'never',
    PUT: writes !== undefined && (writes.update !== 'never' || writes.create !== 'never'),
    DELETE: writes !== undefined && writes.delete !== 'never',
  }
  return methods.filter(method => may[method] ?? true)
}
