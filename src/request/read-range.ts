// Reads the header Range as a part of a list: `id 100..200`, `created_at ]2015-08-05..; max=50, order=desc`.
import { ApiError } from '../errors/api-error.ts'
import { quote } from '../errors/quote.ts'
import { type HttpRequest, header } from './http-request.ts'
import type { ApiRequest } from './read-request.ts'

export interface RangeEntry {
  readonly field: string
  /** Where the part begins and ends, in the direction of the order; null where it is open. */
  readonly from: RangeEnd | null
  readonly to: RangeEnd | null
  readonly max: number | null
  readonly descending: boolean
}

export interface RangeEnd {
  readonly exclusive: boolean
  /** Null for null, which has a key beside it. */
  readonly value: string | null
  /** After `~`: which of the records with that value. */
  readonly key: readonly string[] | null
  /** In place of both: a cursor, for values that nobody could write. */
  readonly sealed: string | null
}

/** @returns null where none is asked for, or it is none of ours: `bytes=0-9` (RFC 9110 14.2), or held off by If-Range, for no part has a validator */
export function readRange(http: HttpRequest, { method, route }: ApiRequest): RangeEntry | null {
  const text = header(http, 'range')
  if (text === undefined || method !== 'GET' || header(http, 'if-range') !== undefined) return null
  const isList = route.kind === 'list' || (route.kind === 'nested' && route.targetId === null && !route.singular)
  return isList && !/^\s*[\w!#$%&'*+.^`|~-]+\s*=/.test(text) ? parseRange(text) : null
}

/** @throws ApiError `range_not_satisfiable` */
function parseRange(text: string): RangeEntry {
  const [part = '', ...options] = text.split(/[;,]/).map(one => one.trim())
  const space = part.indexOf(' ')
  const dots = part.indexOf('..', space)
  if (space < 1 || dots < 0)
    return refuseRange('It must read like "id ..", "id 100..200" or "id ]5..; max=50, order=desc".')
  const [from, to] = [part.slice(space + 1, dots).trim(), part.slice(dots + 2).trim()]
  return {
    field: decode(part.slice(0, space)),
    from: readEnd(from.startsWith(']') ? from.slice(1) : from, from.startsWith(']')),
    to: readEnd(to.endsWith('[') ? to.slice(0, -1) : to, to.endsWith('[')),
    ...readOptions(options),
  }
}

export function refuseRange(detail: string): never {
  throw new ApiError('range_not_satisfiable', detail, { source: { header: 'Range' } })
}

function readEnd(text: string, exclusive: boolean): RangeEnd | null {
  if (text === '') return exclusive ? refuseRange('A bracket stands beside a value: "]5..", "..9[".') : null
  if (/^"[\w-]+"$/.test(text)) return { exclusive, value: null, key: null, sealed: text.slice(1, -1) }
  const [value = '', ...key] = text.split('~')
  if (value === '' && key.length === 0) return null
  return {
    exclusive,
    value: value === '' ? null : value === '""' ? '' : decode(value),
    key: key.length === 0 ? null : key.map(decode),
    sealed: null,
  }
}

function readOptions(options: readonly string[]): Pick<RangeEntry, 'max' | 'descending'> {
  let max: number | null = null
  let order: string | null = null
  for (const option of options) {
    const [, name, value = ''] = /^(max|order)\s*=\s*(\w+)$/.exec(option) ?? []
    if (name === 'max' && max === null && /^[0-9]{1,9}$/.test(value)) max = Number(value)
    else if (name === 'order' && order === null && (value === 'asc' || value === 'desc')) order = value
    else if (option !== '')
      refuseRange(`The options are max=NUMBER and order=asc or order=desc, once each, not ${quote(option)}.`)
  }
  return { max, descending: order === 'desc' }
}

/** Percent-encoded, strictly UTF-8 and without NUL. */
function decode(text: string): string {
  try {
    const decoded = decodeURIComponent(text)
    if (!decoded.includes('\0')) return decoded
  } catch {
    // Said below.
  }
  return refuseRange(`${quote(text)} is not percent-encoded UTF-8.`)
}
