// Reads which records a write of a whole collection means: those of an explicit filter, and no more than its caller says.
import { ApiError, type Source } from '../errors/api-error.ts'
import type { HttpRequest } from './http-request.ts'
import { preferences } from './preferences.ts'
import type { Query } from './query.ts'
import type { ApiRequest } from './read-request.ts'

/** `PATCH` with one record for all, `DELETE` without a list of ids. */
export function isFiltered({ route, method, body }: ApiRequest): boolean {
  if (route.kind !== 'list') return false
  return (method === 'PATCH' && !Array.isArray(body)) || (method === 'DELETE' && body === undefined)
}

/**
 * @param max of `max_affected`
 * @throws ApiError 400 without a filter, without a number, and for what only a list takes
 */
export function readMaxAffected(http: HttpRequest, { query }: ApiRequest, max: number): number {
  const source = listSource(query)
  if (source) throw unknown(source)
  if (query.filters.length === 0 && query.scopes.length === 0)
    throw new ApiError('filter_needed', 'Say which records are meant: ?filter[FIELD]=VALUE&max_affected=N.', {
      source: { parameter: 'filter' },
    })
  const preferred = preferences(http).flatMap(one => /^max-affected=(\d{1,15})$/.exec(one)?.[1] ?? [])[0]
  const value = query.maxAffected?.value ?? (preferred === undefined ? undefined : Number(preferred))
  if (value === undefined)
    throw new ApiError('max_affected_needed', 'Say how many records it may be at most: max_affected=N.', {
      source: { parameter: 'max_affected' },
    })
  if (value > max)
    throw new ApiError('limit_exceeded', `At most ${max} records in one request.`, {
      source: query.maxAffected?.source ?? { header: 'Prefer' },
      meta: { limit: 'listItems', max },
    })
  return value
}

/** @throws ApiError for what a write of records that are named does not take */
export function refuseFilters({ query }: ApiRequest): void {
  const source =
    query.filters[0]?.tree.source ?? query.scopes[0]?.source ?? query.maxAffected?.source ?? listSource(query)
  if (source) throw unknown(source)
}

function listSource({ sort, aggregate, group, page }: Query): Source | undefined {
  return sort[0]?.source ?? aggregate[0]?.source ?? group[0]?.source ?? Object.values(page.sources)[0]
}

function unknown(source: Source): ApiError {
  return new ApiError('unknown_parameter', 'This write does not take such a parameter.', { source })
}
