// Leads a request to the version that it is for, and says in the answer which one that was.
import { ApiError } from './errors/api-error.ts'
import { type HttpRequest, type HttpResponse, header } from './request/http-request.ts'
import { readVersion, type VersionAsked } from './request/read-version.ts'
import { respondError } from './respond/respond-error.ts'
import { sayVersion } from './respond/say-version.ts'
import { unmarkTags } from './respond/version-tags.ts'
import type { Runtime } from './runtime.ts'

/** Answers a request in one version. */
export type Walk = (http: HttpRequest, runtime: Runtime, asked: VersionAsked | null) => Promise<HttpResponse>

/** @param runtime of the current version */
export function inVersion(http: HttpRequest, runtime: Runtime, walk: Walk): Promise<HttpResponse> {
  const { versions } = runtime.api
  if (versions.name === null && versions.known.size === 1 && !versions.required) return walk(http, runtime, null)
  return choose(http, runtime, walk)
}

async function choose(http: HttpRequest, current: Runtime, walk: Walk): Promise<HttpResponse> {
  let asked: VersionAsked
  try {
    asked = readVersion(http, current.api)
  } catch (error) {
    return fail(error, http, current)
  }
  // One that is not there is told by the route.
  const runtime = current.versions.get(asked.version) ?? current
  const { retirement } = runtime.api
  const isGone = retirement?.goneAfterSunset && retirement.sunsetAt !== null && Date.now() >= retirement.sunsetAt
  const response = isGone
    ? fail(new ApiError('version_gone', `Version ${asked.version} is no longer served.`), http, runtime)
    : await walk(asked.name === null ? http : withOwnTags(http, asked.version), runtime, asked)
  return sayVersion(response, asked, retirement)
}

function fail(error: unknown, http: HttpRequest, runtime: Runtime): HttpResponse {
  const id = runtime.newRequestId(header(http, 'request-id'))
  return respondError(error, id, internal => runtime.onError(internal, id))
}

function withOwnTags(http: HttpRequest, version: string): HttpRequest {
  const names = ['if-match', 'if-none-match'].filter(name => http.headers[name] !== undefined)
  if (names.length === 0) return http
  const tags = names.map(name => [name, unmarkTags(header(http, name) ?? '', version)] as const)
  return { ...http, headers: { ...http.headers, ...Object.fromEntries(tags) } }
}
