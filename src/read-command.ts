// Reads a command for who waits for it: at once, once it is over or has changed, or as a stream of its states.
import { followCommand } from './follow-command.ts'
import { holdCommand } from './hold-command.ts'
import { readRecords, type Walk } from './read-records.ts'
import { header } from './request/http-request.ts'
import { toReadTarget } from './request/read-target.ts'
import { readWait } from './request/read-wait.ts'
import { addPreference } from './respond/add-preference.ts'
import { isFinal } from './respond/command-state.ts'
import { hasEntityTag } from './respond/entity-tag.ts'
import type { ReadAnswer } from './respond/read-answer.ts'
import type { RequestOptions } from './schema/model.ts'

/** Of the resource whose one record a path names, where its records are commands. */
export function commandAt({ request: { route, method } }: Pick<Walk, 'request'>): RequestOptions | null {
  if (method !== 'GET' && method !== 'HEAD') return null
  if (route.kind === 'item') return route.resource.request
  return route.kind === 'nested' && route.targetId !== null ? route.target.request : null
}

/** @throws ApiError as `readRecords` */
export async function readCommand(walk: Walk, command: RequestOptions): Promise<ReadAnswer> {
  const { http, format } = walk
  if (format === 'events') return followCommand(walk)
  const wait = readWait(http, command.wait.maxSeconds)
  if (!wait) return readRecords(walk)
  const known = header(http, 'if-none-match')
  const isNews = ({ headers: { etag } }: ReadAnswer) =>
    known !== undefined && (etag === undefined || !hasEntityTag(known, etag))
  const answer = await holdCommand(walk, wait.seconds, one => isNews(one) || (one.state && isFinal(one.state)) === true)
  // Whose state is hidden is not waited for.
  if (!answer.state || answer.state.status === null) return answer
  return {
    ...answer,
    headers: { ...addPreference(answer.headers, wait.applied), vary: 'Accept, Authorization, Prefer' },
  }
}

/** The place of a command in paths of its own resource. */
export function toCommandPath(walk: Walk, id: string): Walk {
  const { request, http } = walk
  const { resource } = toReadTarget(request.route as never)
  const path = `${request.base}/${encodeURIComponent(resource.path)}/${encodeURIComponent(id)}`
  const target = request.search === '' ? path : `${path}?${request.search}`
  const { body: _, ...rest } = request
  return {
    ...walk,
    // Kept and shared answers go by the target.
    http: { ...http, target, method: 'GET' },
    request: { ...rest, method: 'GET', path, route: { kind: 'item', resource, id }, fromBody: false },
  }
}
