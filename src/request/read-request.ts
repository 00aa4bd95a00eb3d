// Reads what came over HTTP: the route, the method, the query. The first room of the street.
import { ApiError } from '../errors/api-error.ts'
import type { Api } from '../schema/model.ts'
import { type HttpRequest, header } from './http-request.ts'
import { MovedError } from './moved-error.ts'
import { parseJsonBody } from './parse-json.ts'
import type { Query } from './query.ts'
import { readQueryBody } from './read-query-body.ts'
import { readQueryString } from './read-query-string.ts'
import { type Route, type RouteFound, readRoute } from './read-route.ts'

export interface ApiRequest extends RouteFound {
  readonly method: string
  /** The caller's own query string, without `?`. */
  readonly search: string
  readonly query: Query
  /** The query stood in a body, so the answer carries cursors in place of links. */
  readonly fromBody: boolean
}

/**
 * @throws ApiError 414, 431, 413, 400 for sizes and syntax, 404 for the route, 405 with `Allow` for the method, 415 for a body that is not JSON
 */
export async function readRequest(http: HttpRequest, api: Api): Promise<ApiRequest> {
  const { method, target } = http
  const max = api.limits.urlBytes
  if (target.length > max)
    throw new ApiError('uri_too_long', `A URL has at most ${max} bytes. Send a long query in a body: POST …/query.`, {
      meta: { limit: 'urlBytes', max },
    })
  checkHeaders(http.headers, api.limits.headerBytes)
  const mark = target.indexOf('?')
  const path = mark < 0 ? target : target.slice(0, mark)
  const search = mark < 0 ? '' : target.slice(mark + 1)
  const inUrl = method === 'OPTIONS' ? emptyQuery : readQueryString(search, api.limits)
  // Below our own base only, and one slash only: `//` is an empty segment, which names nothing.
  if (path.startsWith(`${api.basePath}/`) && /[^/]\/$/.test(path))
    throw new MovedError(path.slice(0, -1) + (mark < 0 ? '' : `?${search}`))
  const found = readRoute(path, api)
  const allowed = methodsOf(found.route)
  if (!allowed.includes(method))
    throw new ApiError('method_not_allowed', `This path takes ${allowed.join(', ')}.`, {
      headers: { allow: allowed.join(', ') },
    })
  const [unknown] = found.route.kind === 'index' && method !== 'OPTIONS' && search !== '' ? search.split(/[=&]/) : []
  if (unknown !== undefined)
    throw new ApiError('unknown_parameter', 'The index of the API takes no parameters.', {
      source: { parameter: unknown },
    })
  if (method !== 'QUERY' && method !== 'POST') return { ...found, method, search, query: inUrl, fromBody: false }
  return {
    ...found,
    route: asList(found.route),
    method,
    search,
    query: await readBody(http, api, search),
    fromBody: true,
  }
}

function checkHeaders(headers: HttpRequest['headers'], max: number): void {
  let bytes = 0
  for (const [name, value] of Object.entries(headers)) bytes += name.length + (value?.length ?? 0) + 4
  if (bytes > max)
    throw new ApiError('headers_too_large', `Headers have at most ${max} bytes in all.`, {
      meta: { limit: 'headerBytes', max },
    })
}

/** Asks for nothing but what is shown by default. */
export const emptyQuery: Query = {
  fields: [],
  include: null,
  filters: [],
  sort: [],
  page: { sources: {} },
  aggregate: [],
  group: [],
  scopes: [],
}

/** The methods of a path, whoever asks. */
export function methodsOf(route: Route): readonly string[] {
  if (route.kind === 'list') return ['GET', 'HEAD', 'OPTIONS', 'QUERY']
  if (route.kind === 'query') return ['OPTIONS', 'POST']
  if (route.kind === 'nested' && route.targetId === null) return ['GET', 'HEAD', 'OPTIONS', 'QUERY']
  return ['GET', 'HEAD', 'OPTIONS']
}

function asList(route: Route): Route {
  return route.kind === 'query' ? { kind: 'list', resource: route.resource } : route
}

async function readBody(http: HttpRequest, api: Api, search: string): Promise<Query> {
  const acceptQuery = { 'accept-query': '"application/json"' }
  const type = header(http, 'content-type')
  if (type === undefined)
    throw new ApiError('missing_content_type', 'A query in a body needs Content-Type: application/json.', {
      source: { header: 'Content-Type' },
      headers: acceptQuery,
    })
  if (!/^application\/json\s*(;|$)/i.test(type))
    throw new ApiError('unsupported_media_type', `Send application/json, not ${JSON.stringify(type.slice(0, 100))}.`, {
      source: { header: 'Content-Type' },
      headers: acceptQuery,
    })
  if (search !== '')
    throw new ApiError(
      'query_in_two_places',
      'The query stands in the URL and in the body. Move all of it into the body.',
      { source: { parameter: search.split(/[=&]/)[0] ?? '' } },
    )
  return readQueryBody(parseJsonBody(await http.body(api.limits.bodyBytes)), api.limits)
}
