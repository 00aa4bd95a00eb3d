// Refuses to wait longer than a resource permits, where the caller would rather have nothing (RFC 7240, section 4.4).
import { ApiError } from '../errors/api-error.ts'
import { isStrict } from '../request/check-preferences.ts'
import type { HttpRequest } from '../request/http-request.ts'
import { preferences } from '../request/preferences.ts'
import type { Route } from '../request/read-route.ts'
import type { AccessSet } from './access.ts'

/**
 * How long a resource lets wait is told to who may read the state of its commands alone, as `OPTIONS` does: to all others it is as a resource of none.
 * @throws ApiError 400 `limit_exceeded` for a `wait` beyond what the resource permits
 */
export function allowWait(http: HttpRequest, route: Route, access: AccessSet): void {
  if (!isStrict(http)) return
  const resource = route.kind === 'nested' ? route.target : 'resource' in route ? route.resource : null
  const max = resource?.request?.wait.maxSeconds
  const digits = preferences(http).flatMap(one => /^wait=(\d+)$/.exec(one)?.[1] ?? [])[0]
  if (!resource?.request || max === undefined || digits === undefined || Number(digits) <= max) return
  if (!access.of(resource)?.permitted.has(resource.request.state.status.name)) return
  throw new ApiError('limit_exceeded', `An answer is held for ${max} seconds at most.`, {
    source: { header: 'Prefer' },
    meta: { limit: 'wait', max },
  })
}
