// Turns a query string into what the caller means. Knows no resource: names are looked up later.
import { addPair, finishQuery, type QueryDraft, startQuery } from './collect-query.ts'
import { decodeQueryComponent, hasForbidden } from './decode-component.ts'
import type { Query, QueryLimits } from './query.ts'
import { splitKey } from './split-key.ts'

/**
 * Reads a query string (section 1 of the HTTP contract): split at `&`, at the first `=`, and only then decoded.
 * @param search without `?`, as it stood in the URL
 * @throws ApiError of status 400, with the parameter as its source
 * @example readQueryString('fields=title&draft=true&page[size]=5', defaultLimits)
 */
export function readQueryString(search: string, limits: QueryLimits): Query {
  const draft = startQuery(limits)
  const plain = !search.includes('%') && !search.includes('+') && !hasForbidden(search)
  let equals = -1
  let start = 0
  while (start < search.length) {
    let end = search.indexOf('&', start)
    if (end < 0) end = search.length
    // Looked for once and kept, or a long query without any `=` would be searched again for every pair.
    if (equals < start) {
      equals = search.indexOf('=', start)
      if (equals < 0) equals = search.length
    }
    if (end > start) readPair(draft, search, start, end, Math.min(equals, end), plain)
    start = end + 1
  }
  return finishQuery(draft)
}

function readPair(draft: QueryDraft, search: string, start: number, end: number, equals: number, plain: boolean): void {
  const bare = equals === end
  const written = search.slice(start, equals)
  const key = plain ? written : decodeQueryComponent(written, { parameter: written })
  const source = { parameter: key }
  const { base, segments } = splitKey(key, draft.limits, source)
  const text = bare ? '' : search.slice(equals + 1, end)
  const value = bare ? true : plain ? text : decodeQueryComponent(text, source)
  addPair(draft, { base, segments, value, bare, from: 'url', source })
}
