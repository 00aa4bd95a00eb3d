// Chooses the format of an answer: lists have several, all else is JSON.

import type { ExportFormat } from '../formats/export-format.ts'
import { exportFormats, plainJson } from '../formats/index.ts'
import { isToMany } from '../schema/field-value.ts'
import { negotiate } from './negotiate.ts'
import type { ApiRequest } from './read-request.ts'

const recordOffers = [plainJson]
const listOffers = [plainJson, ...exportFormats]

/**
 * @returns null for JSON
 * @throws ApiError `not_acceptable`, which lists what there is
 */
export function chooseFormat(accept: string | undefined, request: ApiRequest): ExportFormat | null {
  if (accept === undefined || accept === '*/*' || accept === 'application/json') return null
  const chosen = negotiate(accept, isList(request) ? listOffers : recordOffers)
  return exportFormats.find(format => format === chosen) ?? null
}

function isList({ method, route }: ApiRequest): boolean {
  if (method === 'OPTIONS') return false
  if (route.kind === 'list' || route.kind === 'query') return true
  if (route.kind !== 'nested' || route.targetId !== null || route.singular) return false
  const field = route.resource.fields.get(route.relationship)
  return field !== undefined && isToMany(field)
}
