// Refuses a write that none of the caller's roles does at all, whatever the record or the body.
import { ApiError } from '../errors/api-error.ts'
import type { ApiRequest } from '../request/read-request.ts'
import type { AccessSet } from './access.ts'
import { checkAction } from './allow-action.ts'
import { accessTo } from './allow-read.ts'

/**
 * What the records or the rights on each of them decide is not asked here.
 * @throws ApiError 401, 403 or 404 where the caller holds no role on the resource, 403 where none of his roles writes it
 */
export function allowByRole({ method, route }: Pick<ApiRequest, 'method' | 'route'>, set: AccessSet): void {
  // Which resources a list of operations writes, its body says.
  if (!('resource' in route)) return
  const access = accessTo(route.kind === 'nested' ? route.target : route.resource, set)
  if (route.kind === 'nested') accessTo(route.resource, set)
  if (route.kind === 'action') checkAction(route.action, access, set)
  if (route.kind !== 'list' && route.kind !== 'item' && route.kind !== 'nested') return
  const kind = method === 'POST' ? 'create' : 'update'
  if (access.writes[kind] === 'never')
    throw new ApiError('forbidden', `None of your roles ${kind === 'create' ? 'creates' : 'changes'} records here.`)
}
