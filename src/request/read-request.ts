// Reads what came over HTTP: the route, the method, the query. The first room of the street.

import { ApiError } from '../errors/api-error.ts'
import { isToMany } from '../schema/field-value.ts'
import type { Limits } from '../schema/limits.ts'
import type { Api, Resource } from '../schema/model.ts'
import { checkPreferences, isStrict } from './check-preferences.ts'
import { checkContentDigest } from './content-digest.ts'
import type { HttpRequest } from './http-request.ts'
import { MovedError } from './moved-error.ts'
import { type JsonValue, parseJsonBody } from './parse-json.ts'
import type { Query } from './query.ts'
import { acceptedBodies, type BodyTypes, codingOf, decodeBody, plainBodies, readBodyType } from './read-json-body.ts'
import { readQueryBody } from './read-query-body.ts'
import { readQueryString } from './read-query-string.ts'
import { type RelationshipRoute, type Route, type RouteFound, readRoute } from './read-route.ts'

export interface ApiRequest extends RouteFound {
  readonly method: string
  /** The caller's own query string, without `?`. */
  readonly search: string
  readonly query: Query
  /** The query stood in a body, so the answer carries cursors in place of links. */
  readonly fromBody: boolean
  /** What is to be written; undefined where nothing is. */
  readonly body?: JsonValue
  /** The body is a document of JSON:API. */
  readonly isDocument?: boolean
}

/**
 * @throws ApiError 414, 431, 413, 400 for sizes and syntax, 404 for the route, 405 with `Allow` for the method, 415 for a body that is not JSON
 */
export async function readRequest(http: HttpRequest, api: Api): Promise<ApiRequest> {
  const request = await readWhole(http, api)
  if (!isStrict(http)) return request
  checkPreferences(http)
  return { ...request, query: { ...request.query, isStrict: true } }
}

async function readWhole(http: HttpRequest, api: Api): Promise<ApiRequest> {
  const { method, target } = http
  checkSizes(http, api.limits)
  const mark = target.indexOf('?')
  const path = mark < 0 ? target : target.slice(0, mark)
  const search = mark < 0 ? '' : target.slice(mark + 1)
  const inUrl = method === 'OPTIONS' ? emptyQuery : readQueryString(search, api.limits)
  // Below our own base only, and one slash only: `//` is an empty segment, which names nothing.
  if (path.startsWith(`${api.basePath}/`) && /[^/]\/$/.test(path))
    throw new MovedError(path.slice(0, -1) + (mark < 0 ? '' : `?${search}`))
  const found = readRoute(path, api)
  const allowed = methodsOf(found.route, api)
  if (!allowed.includes(method))
    throw new ApiError('method_not_allowed', `This path takes ${allowed.join(', ')}.`, {
      headers: { allow: allowed.join(', ') },
    })
  const [unknown] = !takesQuery(found.route) && method !== 'OPTIONS' && search !== '' ? search.split(/[=&]/) : []
  if (unknown !== undefined)
    throw new ApiError('unknown_parameter', 'This path takes no parameters.', {
      source: { parameter: unknown },
    })
  if (inUrl.maxAffected && method !== 'PATCH' && method !== 'DELETE')
    throw new ApiError('unknown_parameter', 'max_affected stands beside the filter of a PATCH or DELETE alone.', {
      source: inUrl.maxAffected.source,
    })
  if (isWrite(method, found.route))
    return {
      ...found,
      method,
      search,
      query: inUrl,
      fromBody: false,
      ...(await readWriteBody(http, method, found.route, api)),
    }
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

/** @throws ApiError `uri_too_long`, `headers_too_large` */
export function checkSizes({ target, headers }: HttpRequest, { urlBytes: max, headerBytes }: Limits): void {
  if (target.length > max)
    throw new ApiError('uri_too_long', `A URL has at most ${max} bytes. Send a long query in a body: POST …/query.`, {
      meta: { limit: 'urlBytes', max },
    })
  checkHeaders(headers, headerBytes)
}

/** @throws ApiError `headers_too_large` */
export function checkHeaders(headers: HttpRequest['headers'], max: number): void {
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

/** The methods of a path, whoever asks: what some role of anyone permits. */
export function methodsOf(route: Route, api: Api): readonly string[] {
  if (route.kind === 'index' || route.kind === 'content') return ['GET', 'HEAD', 'OPTIONS']
  if (route.kind === 'query' || route.kind === 'action' || route.kind === 'operations') return ['OPTIONS', 'POST']
  if (route.kind === 'relationship') return linkMethods(route, api)
  const singular = route.kind === 'nested' && route.singular !== undefined
  const isList = route.kind === 'list' || (route.kind === 'nested' && route.targetId === null && !singular)
  const place = singular ? 'singular' : isList ? (route.kind === 'nested' ? 'nested' : 'list') : 'item'
  const resource = route.kind === 'nested' ? route.target : route.resource
  const known = methods.get(resource) ?? new Map<Place, readonly string[]>()
  methods.set(resource, known)
  const found = known.get(place) ?? findMethods(place, writesOf(resource, api))
  known.set(place, found)
  return found
}

/** What is linked by a foreign key of its own is changed itself. */
function linkMethods({ resource, relationship, target }: RelationshipRoute, api: Api): readonly string[] {
  const field = resource.fields.get(relationship)
  const { update } = writesOf(field?.kind === 'toMany' ? target : resource, api)
  const writes = !update || !field ? [] : isToMany(field) ? ['DELETE', 'PATCH', 'POST'] : ['PATCH']
  return ['GET', 'HEAD', 'OPTIONS', ...writes].sort()
}

type Place = 'list' | 'nested' | 'item' | 'singular'

/** A resource belongs to one API, in which nothing of this changes. */
const methods = new WeakMap<Resource, Map<Place, readonly string[]>>()

function findMethods(place: Place, { create, choosesKey, update, remove }: Writes): readonly string[] {
  const isList = place === 'list' || place === 'nested'
  const isWhole = place === 'list'
  const writes = isList
    ? [create && 'POST', isWhole && update && 'PATCH', isWhole && remove && 'DELETE']
    : place === 'singular'
      ? [create && 'POST', update && 'PATCH', (create || update) && 'PUT', remove && 'DELETE']
      : [update && 'PATCH', (update || choosesKey) && 'PUT', remove && 'DELETE']
  return ['GET', 'HEAD', 'OPTIONS', isList && 'QUERY', ...writes].filter(one => one !== false).sort()
}

function takesQuery(route: Route): boolean {
  return route.kind === 'action'
    ? route.id !== null
    : route.kind !== 'index' && route.kind !== 'operations' && route.kind !== 'content'
}

interface Writes {
  readonly create: boolean
  readonly choosesKey: boolean
  readonly update: boolean
  readonly remove: boolean
}

/** What anybody may do with a resource at all. */
function writesOf(resource: Resource, api: Api): Writes {
  const roles = [...resource.roles.values()].filter(role => api.holders.has(role.name) || role.dependsOnRecord)
  return {
    create: roles.some(({ writes }) => writes.create !== null),
    choosesKey: roles.some(({ writes }) => choosesKey(resource, writes.create)),
    update: roles.some(({ writes }) => writes.update.size > 0) && resource.key.length > 0,
    remove: roles.some(({ writes }) => writes.delete) && resource.key.length > 0,
  }
}

/** Whether a new record can be put under a key, or a natural key, of the caller's choice. */
function choosesKey({ fields, naturalKey }: Resource, create: ReadonlySet<string> | null): boolean {
  if (create === null) return false
  const key = [...fields.values()].filter(field => (field.kind === 'column' || field.kind === 'toOne') && field.inKey)
  return (
    (key.length > 0 && key.every(field => create.has(field.name))) ||
    (naturalKey !== null && create.has(naturalKey.name))
  )
}

export function isWrite(method: string, route: Route): boolean {
  return method === 'PATCH' || method === 'PUT' || method === 'DELETE' || (method === 'POST' && route.kind !== 'query')
}

/** Which bodies a method takes on a path. A document is of one resource: what is for many, or names none, takes plain JSON. */
export function bodyTypesOf(method: string, route: Route): BodyTypes {
  if (route.kind === 'relationship') return { plain: false, documents: 'resource' }
  if (route.kind === 'operations') return { plain: true, documents: 'operations' }
  const isOne = route.kind === 'item' || (route.kind === 'nested' && (route.targetId !== null || route.singular))
  const takesOne =
    method === 'POST'
      ? route.kind === 'list' || route.kind === 'nested'
      : (method === 'PATCH' || method === 'DELETE') && isOne
  return takesOne ? { plain: true, documents: 'resource' } : plainBodies
}

async function readWriteBody(
  http: HttpRequest,
  method: string,
  route: Route,
  api: Api,
): Promise<{ body?: JsonValue; isDocument?: boolean }> {
  const bytes = await readContent(http, api)
  const mayBeEmpty =
    (method === 'DELETE' && route.kind !== 'relationship') ||
    (route.kind === 'action' && route.id !== null) ||
    (route.kind === 'nested' && route.singular !== undefined && method !== 'PATCH')
  if (mayBeEmpty && bytes.length === 0) return {}
  const coding = codingOf(http)
  const types = bodyTypesOf(method, route)
  const isDocument = readBodyType(http, types, acceptedBodies(method, types)) === 'document'
  const body = parseJsonBody(await decodeBody(bytes, coding, api.limits.bodyBytes))
  return { body, ...(isDocument && { isDocument }) }
}

/** @throws ApiError for another body than the one that Content-Digest tells of */
async function readContent(http: HttpRequest, api: Api): Promise<Uint8Array> {
  const bytes = await http.body(api.limits.bodyBytes)
  checkContentDigest(http, bytes)
  return bytes
}

function asList(route: Route): Route {
  return route.kind === 'query' ? { kind: 'list', resource: route.resource } : route
}

async function readBody(http: HttpRequest, api: Api, search: string): Promise<Query> {
  readBodyType(http, plainBodies, {
    'accept-query': '"application/json"',
    ...(http.method === 'POST' && acceptedBodies('POST', plainBodies)),
  })
  const coding = codingOf(http)
  if (search !== '')
    throw new ApiError(
      'query_in_two_places',
      'The query stands in the URL and in the body. Move all of it into the body.',
      { source: { parameter: search.split(/[=&]/)[0] ?? '' } },
    )
  const bytes = await decodeBody(await readContent(http, api), coding, api.limits.bodyBytes)
  return readQueryBody(parseJsonBody(bytes), api.limits)
}
