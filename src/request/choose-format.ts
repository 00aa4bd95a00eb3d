// Chooses the format of an answer: lists have several, all else is JSON.

import type { ExportFormat } from '../formats/export-format.ts'
import { exportFormats, plainJson } from '../formats/index.ts'
import type { MediaOffer } from '../formats/media-offer.ts'
import { isToMany } from '../schema/field-value.ts'
import { negotiate } from './negotiate.ts'
import type { ApiRequest } from './read-request.ts'
import { type VersionAsked, versionTypes } from './read-version.ts'

/**
 * @param asked the version, where Accept names one
 * @returns null for JSON
 * @throws ApiError `not_acceptable`, which lists what there is
 */
export function chooseFormat(
  accept: string | undefined,
  request: ApiRequest,
  asked: VersionAsked | null = null,
): ExportFormat | null {
  if (accept === undefined || accept === '*/*' || accept === 'application/json') return null
  const isList = request.method !== 'OPTIONS' && listsRecords(request)
  const chosen = negotiate(accept, [...jsonOffers(asked), ...(isList ? exportFormats : [])])
  return exportFormats.find(format => format === chosen) ?? null
}

/** The media types of what GET answers here. */
export function mediaTypesOf(request: ApiRequest): readonly string[] {
  return [...new Set([plainJson, ...(listsRecords(request) ? exportFormats : [])].map(({ mediaType }) => mediaType))]
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
