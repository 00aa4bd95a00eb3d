// Answers whether the server is alive, and whether it is ready, without asking who wants to know.
import { randomUUID } from 'node:crypto'
import { ApiError } from '../errors/api-error.ts'
import type { HttpRequest, HttpResponse } from '../request/http-request.ts'
import { respondError } from '../respond/respond-error.ts'
import type { Unready } from './readiness.ts'

/** Paths from the root of the server. */
export interface HealthPaths {
  readonly live?: string
  readonly ready?: string
}

export interface HealthOptions {
  readonly paths: HealthPaths
  readonly readiness: () => Promise<readonly Unready[]>
  /** Whether the answer names what is missing (ACCESS R41: not to everybody). */
  readonly tellsWhat: boolean
}

/** @returns a function that answers on its paths, and gives undefined for all others */
export function answerHealth({
  paths,
  readiness,
  tellsWhat,
}: HealthOptions): (http: HttpRequest) => Promise<HttpResponse> | undefined {
  const { live = '/health/live', ready = '/health/ready' } = paths
  const isAt = (target: string, path: string) =>
    target.startsWith(path) && (target.length === path.length || target[path.length] === '?')
  return http => {
    if (isAt(http.target, live)) return answer(http, async () => plainResponse(200, { status: 'live' }))
    if (isAt(http.target, ready))
      return answer(http, async () => {
        const missing = await readiness()
        const status = missing.length === 0 ? 'ready' : 'not ready'
        return plainResponse(missing.length === 0 ? 200 : 503, { status, ...(tellsWhat && { missing }) })
      })
    return undefined
  }
}

/** GET and HEAD only. */
export async function answer(http: HttpRequest, make: () => Promise<HttpResponse>): Promise<HttpResponse> {
  try {
    if (http.method === 'GET' || http.method === 'HEAD') return await make()
    const allow = 'GET, HEAD'
    throw new ApiError('method_not_allowed', `This path takes ${allow}.`, { headers: { allow } })
  } catch (error) {
    return respondError(error, randomUUID(), () => undefined)
  }
}

function plainResponse(status: number, body: Readonly<Record<string, unknown>>): HttpResponse {
  return {
    status,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'request-id': randomUUID(),
      ...(status === 503 && { 'retry-after': '1' }),
    },
    body: JSON.stringify(body),
  }
}
