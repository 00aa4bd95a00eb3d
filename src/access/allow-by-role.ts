// Refuses a write that none of the caller's roles does at all, whatever the record or the body.
import type { ApiRequest } from '../request/read-request.ts'
import type { RelationshipRoute } from '../request/read-route.ts'
import type { AccessSet } from './access.ts'
import { checkAction } from './allow-action.ts'
import { accessTo, allowWay } from './allow-read.ts'
import { lacksRole } from './lacks-role.ts'

/**
 * What the records or the rights on each of them decide is not asked here.
 * @throws ApiError 401, 403 or 404 where the caller holds no role on the resource, 401 or 403 where none of his roles writes it,
 *   404 for a path that he cannot walk
 */
export function allowByRole({ method, route }: Pick<ApiRequest, 'method' | 'route'>, set: AccessSet): void {
  // Which resources a list of operations writes, its body says.
  if (!('resource' in route)) return
  if (route.kind === 'relationship') {
    allowLinks(route, set)
    return
  }
  // What is the caller's own has a name of its own, not that of a relationship.
  if (route.kind === 'nested' && !route.singular) allowWay(route.relationship, accessTo(route.resource, set), set)
  const access = accessTo(route.kind === 'nested' ? route.target : route.resource, set)
  if (route.kind === 'action') checkAction(route.action, access, set)
  if (route.kind !== 'list' && route.kind !== 'item' && route.kind !== 'nested') return
  const { create, update, delete: remove } = access.writes
  const [asked, what] =
    method === 'POST'
      ? [[create], 'creates']
      : method === 'DELETE'
        ? [[remove], 'deletes']
        : method === 'PUT'
          ? [[create, update], 'replaces']
          : [[update], 'changes']
  if (asked.every(one => one === 'never')) throw lacksRole(set, `None of your roles ${what} records here.`)
}

/** What is linked by a foreign key of its own is changed itself. */
function allowLinks({ resource, relationship, target }: RelationshipRoute, set: AccessSet): void {
  const access = accessTo(resource, set)
  const field = allowWay(relationship, access, set)
  const changed = field.kind === 'toMany' ? accessTo(target, set) : access
  if (changed.writes.update === 'never') throw lacksRole(set, 'None of your roles changes records here.')
}
