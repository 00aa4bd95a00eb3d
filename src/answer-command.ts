// Answers who has given a command: at once, or once it is over and at the latest when the time is up that he would wait.
import type { WriteAnswer } from './answer-write.ts'
import { ApiError } from './errors/api-error.ts'
import { holdCommand } from './hold-command.ts'
import { toCommandPath } from './read-command.ts'
import type { Walk } from './read-records.ts'
import { preferences } from './request/preferences.ts'
import type { ApiRequest } from './request/read-request.ts'
import { prefersAsync, readWait } from './request/read-wait.ts'
import { addPreference } from './respond/add-preference.ts'
import { isFinal } from './respond/command-state.ts'
import type { ReadAnswer } from './respond/read-answer.ts'
import type { Resource } from './schema/model.ts'

/** The resource of commands to which a request adds; null for all others. */
export function commandedBy({ method, route }: ApiRequest): Resource | null {
  if (method !== 'POST' || (route.kind !== 'list' && route.kind !== 'nested')) return null
  const resource = route.kind === 'list' ? route.resource : route.target
  return resource.request ? resource : null
}

/**
 * @param made the answer that says that it was accepted; it is committed, so a client that hangs up now loses nothing
 * @returns 201 with the command as it is then; 202 where the caller does not insist on the outcome and it is not over
 */
export async function answerCommand(walk: Walk, resource: Resource, made: WriteAnswer): Promise<WriteAnswer> {
  const { http } = walk
  const { location } = made.headers
  if (made.status !== 201 || !resource.request) return made
  const wait = location === undefined ? null : readWait(http, resource.request.wait.maxSeconds)
  const held = wait && location !== undefined ? await hold(walk, location, wait.seconds) : null
  const answer = held ? whole(walk, made, held, wait?.applied ?? '') : made
  const isOver = held?.state !== undefined && isFinal(held.state)
  const headers = isOver ? answer.headers : { 'retry-after': held?.headers['retry-after'] ?? '1', ...answer.headers }
  if (isOver || !prefersAsync(http)) return { ...answer, headers }
  const { etag: _, ...rest } = addPreference(headers, 'respond-async')
  return { ...answer, status: 202, headers: rest }
}

/** Null where he may not know of it, so that there is nothing to wait for. */
async function hold(walk: Walk, location: string, seconds: number): Promise<ReadAnswer | null> {
  const id = decodeURIComponent(location.slice(location.lastIndexOf('/') + 1))
  try {
    const answer = await holdCommand(
      toCommandPath(walk, id),
      seconds,
      ({ state }) => state !== undefined && isFinal(state),
    )
    // A natural key may be spelled like the key of another, which he sees while he does not see this one.
    return answer.state?.key === id && answer.state.status !== null ? answer : null
  } catch (error) {
    // It was accepted, whatever became of the wait: that it is to be done is what this answer says.
    if (error instanceof ApiError) return null
    throw error
  }
}

function whole({ http }: Walk, made: WriteAnswer, held: ReadAnswer, applied: string): WriteAnswer {
  const { 'content-type': type, etag } = held.headers
  const isEmpty = made.body === '' && preferences(http).includes('return=minimal')
  const headers = addPreference(made.headers, applied)
  if (isEmpty) return { ...made, headers }
  return {
    ...made,
    body: held.body,
    headers: { ...headers, ...(type !== undefined && { 'content-type': type }), ...(etag !== undefined && { etag }) },
  }
}
