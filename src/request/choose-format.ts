// Chooses the format of an answer: JSON or JSON:API, and for lists several more.

import { ApiError } from '../errors/api-error.ts'
import { eventStream } from '../formats/event-stream.ts'
import type { ExportFormat } from '../formats/export-format.ts'
import { exportFormats, jsonApi, plainJson } from '../formats/index.ts'
import type { MediaOffer } from '../formats/media-offer.ts'
import { isToMany } from '../schema/field-value.ts'
import { documentParameters } from './document-parameters.ts'
import { type HttpRequest, header } from './http-request.ts'
import { type MediaRange, negotiate, readAccept, readMediaType } from './negotiate.ts'
import type { ApiRequest } from './read-request.ts'
import { type VersionAsked, versionTypes } from './read-version.ts'

/** `events`: one record as a stream of its states. */
export type Format = 'plain' | 'jsonapi' | 'events' | ExportFormat

/** How the records of an answer are spelled. */
export function formOf(format: Format): 'plain' | 'resource' {
  return format === 'jsonapi' ? 'resource' : 'plain'
}

/**
 * @param asked the version, where Accept names one
 * @throws ApiError `not_acceptable`, which lists what there is
 */
export function chooseFormat(http: HttpRequest, request: ApiRequest, asked: VersionAsked | null = null): Format {
  // What it is was said when the report was asked for; this is of its row, where that is answered in its place.
  if (request.route.kind === 'content' && request.method !== 'OPTIONS') return speaksJsonApi(http) ? 'jsonapi' : 'plain'
  const accept = header(http, 'accept')
  const isLinkage = request.route.kind === 'relationship'
  const isDocument = isLinkage || sendsDocument(http)
  if (accept === 'application/json' && !isLinkage) return 'plain'
  if (accept === undefined || accept === '*/*') return isDocument ? 'jsonapi' : 'plain'
  checkDocumentRanges(accept)
  const isList = request.method !== 'OPTIONS' && listsRecords(request)
  const json = jsonOffers(asked)
  const offers = isLinkage ? [jsonApi] : isDocument ? [jsonApi, ...json] : [...json, jsonApi]
  const others = isList ? exportFormats : followsCommand(request) ? [eventStream] : []
  const chosen = negotiate(accept, [...offers, ...others])
  if (chosen === jsonApi) return 'jsonapi'
  if (chosen === eventStream) return 'events'
  return exportFormats.find(format => format === chosen) ?? 'plain'
}

/** Whether mistakes are told as JSON:API, as far as that can be known of a request that may be wrong in any way. */
export function speaksJsonApi(http: HttpRequest): boolean {
  const accept = header(http, 'accept')
  if (accept === undefined || accept === '*/*') return sendsDocument(http) || isLinkagePath(http.target)
  if (!accept.includes('api+json')) return false
  try {
    return negotiate(accept, sendsDocument(http) ? [jsonApi, plainJson] : [plainJson, jsonApi]) === jsonApi
  } catch {
    return false
  }
}

/** What stands there is linkage, which is JSON:API alone. */
function isLinkagePath(target: string): boolean {
  return /^[^?]*\/relationships\/[^/?]+(?:\?|$)/.test(target)
}

/** Whoever sends JSON:API and does not mind gets it back. A read sends nothing, whatever type it says that has, and caches go by Accept. */
function sendsDocument(http: HttpRequest): boolean {
  if (http.method === 'GET' || http.method === 'HEAD') return false
  const type = header(http, 'content-type')
  if (type === undefined || !type.toLowerCase().includes('api+json')) return false
  const media = readMediaType(type)
  return media !== undefined && isJsonApi(media)
}

function isJsonApi({ type, subtype }: MediaRange): boolean {
  return `${type}/${subtype}` === jsonApi.mediaType
}

/** @throws ApiError `not_acceptable` where JSON:API is named, and only with parameters that it does not have, or extensions that we do not (1.1, section 3.3) */
function checkDocumentRanges(accept: string): void {
  const ranges = readAccept(accept).filter(isJsonApi)
  if (ranges.length === 0 || ranges.some(range => documentParameters(range) !== null)) return
  throw new ApiError(
    'not_acceptable',
    `${jsonApi.mediaType} takes the parameters ext and profile alone, and no extension here.`,
    {
      source: { header: 'Accept' },
    },
  )
}

/** The media types of what GET answers here. */
export function mediaTypesOf(request: ApiRequest): readonly string[] {
  const others = listsRecords(request) ? exportFormats : namesCommand(request) ? [eventStream] : []
  return [...new Set([plainJson, jsonApi, ...others].map(({ mediaType }) => mediaType))]
}

/** Whether the answer is one record that goes from state to state. */
function followsCommand(request: ApiRequest): boolean {
  return (request.method === 'GET' || request.method === 'HEAD') && namesCommand(request)
}

function namesCommand({ route }: ApiRequest): boolean {
  if (route.kind === 'item') return route.resource.request !== null
  return route.kind === 'nested' && route.targetId !== null && route.target.request !== null
}

function listsRecords({ route }: ApiRequest): boolean {
  if (route.kind === 'list' || route.kind === 'query') return true
  if (route.kind !== 'nested' || route.targetId !== null || route.singular) return false
  const field = route.resource.fields.get(route.relationship)
  return field !== undefined && isToMany(field)
}

/** JSON of a version that Accept names is the same bytes under a type of its own, and whatever names JSON asks for it. */
function jsonOffers(asked: VersionAsked | null): readonly MediaOffer[] {
  if (!asked || asked.name === null) return [plainJson]
  const { name, version } = asked
  const parameters = { ...plainJson.parameters, version }
  return [...versionTypes(name, version).map(mediaType => ({ mediaType, parameters })), plainJson]
}
