// Makes the body of a read from the rows of its plan.

import { reversed } from '../access/allow-range.ts'
import { notFound } from '../access/allow-read.ts'
import type { CursorValues } from '../access/cursors.ts'
import type { ListRange, Page, PermittedRead } from '../access/permitted.ts'
import { ApiError } from '../errors/api-error.ts'
import { toByteText } from '../formats/byte-text.ts'
import { ByteWriter } from '../formats/byte-writer.ts'
import { jsonApiType } from '../formats/index.ts'
import type { WriteRecord } from '../formats/json-record.ts'
import { byteTextOf, isNull, isTrue, type Rows, textOf } from '../formats/rows.ts'
import { type Layout, marks } from '../plan/layout.ts'
import type { PlanCaching } from '../plan/plan-cache.ts'
import type { ReadPlan } from '../plan/plan-read.ts'
import { estimateLimit } from '../plan/print-aggregates.ts'
import type { Trailers } from '../request/http-request.ts'
import { refuseRange } from '../request/read-range.ts'
import type { CacheVersion } from '../schema/model.ts'
import { type CommandState, readState, retryAfter } from './command-state.ts'
import { contentLocation } from './content-location.ts'
import { documentLinks, documentOpening, liftRecords, pagedType } from './document.ts'
import { entityTag, listTag } from './entity-tag.ts'
import { type PagePlace, pageLink } from './page-links.ts'
import { acceptRanges, rangeHeaders } from './range-headers.ts'

export interface ReadAnswer {
  /** 200 where it is not said. */
  readonly status?: number
  /** Byte text. */
  readonly body: string
  /** In place of a body: byte text piece by piece, made as it is read. */
  readonly stream?: AsyncIterable<string>
  /** The Cache-Control of an answer that is the same for everybody, to who came without credentials. */
  readonly shared?: string | null
  readonly trailers?: Trailers
  readonly headers: Readonly<Record<string, string>>
  /** Of a command, as far as its caller may know it. */
  readonly state?: CommandState
  /** Of one record in plain JSON: how many bytes of the body stand behind it. */
  readonly tail?: number
}

export interface AnswerContext {
  readonly read: PermittedRead
  readonly plan: ReadPlan & { readonly caching: PlanCaching }
  readonly write: WriteRecord
  readonly method: string
  /** `/api`, with the version where the caller gave one. */
  readonly base: string
  /** The canonical path of the request, and the query that came with it. */
  readonly path: string
  readonly search: string
  /** The query came in a body: cursors stand in `meta.page` in place of links. */
  readonly fromBody: boolean
  /** Of an answer of linkage: where the records themselves are. */
  readonly related?: string
  readonly seal: (values: CursorValues) => string
  /** Whose list it is, for its validator. */
  readonly listAccess?: string
}

/** One for all answers: each is written at once, and taken out. */
const out = new ByteWriter()
/** Of the record that was written last. */
let tailBytes = 0

/**
 * Reads the rows while they are there.
 * @throws ApiError `not_found` where the record, or the one it stands under, is not there for this caller
 */
export function respondRead(context: AnswerContext, rows: Rows): ReadAnswer {
  const { read, plan, fromBody, method } = context
  if (read.parent && rows.length === 0) throw notFound()
  out.clear()
  out.byteText(isDocument(context) ? documentOpening : opening)
  const made = read.kind === 'item' ? writeItem(context, rows) : writeList(context, rows)
  const body = out.toByteText()
  const state = rows.length > 0 && plan.layout.state ? readState(rows.at(0), plan.layout) : undefined
  const range = read.page?.kind === 'keyset' ? read.page.range : undefined
  if (range)
    return {
      ...('next-range' in made || 'content-range' in made ? { status: 206 } : {}),
      body,
      headers: { ...(isDocument(context) && { 'content-type': documentType(context) }), ...made },
    }
  return {
    body,
    headers: {
      ...(isDocument(context) && { 'content-type': documentType(context) }),
      ...made,
      ...cachingHeaders(context, rows),
      ...(state && stateHeaders(state)),
      ...(read.kind === 'list' && method !== 'POST' && method !== 'QUERY' && acceptRanges(read)),
      ...(fromBody && bodyHeaders(method)),
    },
    shared: plan.caching.off ? null : plan.caching.shared,
    ...(state && { state, tail: tailBytes }),
  }
}

function stateHeaders(state: CommandState): Headers {
  const seconds = retryAfter(state, Date.now())
  return seconds === null ? {} : { 'retry-after': seconds }
}

/** The one record of a read, as byte text. @throws ApiError `not_found` */
export function respondRecord(context: AnswerContext, rows: Rows): { record: string; included?: string } {
  const { plan, write, base } = context
  if (countRecords(plan, rows) === 0) throw notFound()
  out.clear()
  write(rows.at(0), out, base)
  const included = isDocument(context) ? liftRecords(out, 0, plan.layout, context) : null
  if (!isDocument(context)) removeCuts(plan.layout)
  return { record: out.toByteText(), ...(included !== null && { included }) }
}

function cachingHeaders({ read, plan, method, listAccess }: AnswerContext, rows: Rows): Headers {
  const { off, shared } = plan.caching
  const { modified, meta, code } = plan.layout
  const { cacheVersion } = read.set.api
  if (method === 'POST') return {}
  const stands = meta.validator === undefined ? null : textOf(rows.at(0), meta.validator)
  // What is made in TypeScript is still missing: that has a tag once it is whole.
  const etag =
    code.length > 0 || (off && read.kind === 'list')
      ? undefined
      : stands !== null && listAccess !== undefined
        ? listTag(stands, listAccess, cacheVersion)
        : entityTag(out.written(), cacheVersion)
  const tagged = etag === undefined ? {} : { etag }
  if (off) return { ...tagged, 'cache-control': 'no-store' }
  const date = modified === undefined ? null : lastModified(textOf(rows.at(0), modified), cacheVersion)
  if (shared === null && date === null) return tagged
  return { ...tagged, ...(shared !== null && { vary: 'Accept' }), ...(date !== null && { 'last-modified': date }) }
}

/** RFC 9110 8.8.2: a second that is not over may see another change; after the year 9999 there are no such dates. */
function lastModified(seconds: string | null, { since }: CacheVersion): string | null {
  if (seconds === null || since === null) return null
  const at = Math.max(Number(seconds) * 1000, since)
  return at < 0 || at + 1000 > Date.now() ? null : new Date(at).toUTCString()
}

type Headers = Readonly<Record<string, string>>

const opening = '{"data":'

/** A row without a record is there for the meta data alone; no row at all: no parent. */
function countRecords({ layout }: ReadPlan, rows: Rows): number {
  if (layout.present < 0 || rows.length !== 1) return rows.length
  return isNull(rows.at(0), layout.present) ? 0 : 1
}

/** The answer to POST belongs to nobody's cache; QUERY is safe, and cached like GET (RFC 10008). */
function bodyHeaders(method: string): Readonly<Record<string, string>> {
  return { 'accept-query': '"application/json"', ...(method === 'POST' && { 'cache-control': 'no-store' }) }
}

function isDocument({ read }: AnswerContext): boolean {
  return read.selection.form !== 'plain'
}

function documentType({ read }: AnswerContext): string {
  return read.page?.kind === 'keyset' ? pagedType : jsonApiType
}

function writeItem(context: AnswerContext, rows: Rows): Headers {
  const { read, write, plan, base, search } = context
  if (countRecords(plan, rows) === 0) {
    if (!isDocument(context) || !read.parent || read.match || rows.length === 0) throw notFound()
    // Its record is there, and leads to none (JSON:API 1.1, section 6.1.1).
    out.byteText(`null,${linksOfItem(context)}}`)
    return {}
  }
  const row = rows.at(0)
  const start = out.length
  write(row, out, base)
  const location = contentLocation(read, plan.layout, row, base, search)
  if (isDocument(context)) {
    const included = liftRecords(out, start, plan.layout, context)
    writeIncluded(included)
    out.byteText(`,${linksOfItem(context)}`)
  } else {
    const cuts = removeCuts(plan.layout)
    const end = out.length
    writeMeta(cuts)
    tailBytes = out.length + 1 - end
  }
  out.byte(braceEnd)
  return location === null ? {} : { 'content-location': location }
}

function linksOfItem({ path, search, related }: AnswerContext): string {
  return documentLinks(path, search, related ?? null, null)
}

/** @param included byte text */
function writeIncluded(included: string | null): void {
  if (included !== null) out.byteText(`,"included":[${included}]`)
}

function writeList(context: AnswerContext, rows: Rows): Headers {
  const { read, plan, write, base } = context
  const page = read.page
  if (!page) throw new Error('a list has a page')
  const count = countRecords(plan, rows)
  const { backwards } = plan.layout.meta
  if (backwards !== undefined && isTrue(rows.at(0), backwards)) refuseRange(reversed)
  const more = count > page.size
  const kept = more ? page.size : count
  out.byte(bracket)
  const start = out.length
  for (let i = 0; i < kept; i += 1) {
    if (i > 0) out.byte(comma)
    write(rows.at(plan.reversed ? kept - 1 - i : i), out, base)
  }
  const included = isDocument(context) ? liftRecords(out, start, plan.layout, context) : null
  out.byte(bracketEnd)
  const cuts = isDocument(context) ? [] : removeCuts(plan.layout)
  const places = neighbours(context, rows, kept, more)
  writeMeta([...metaOf(context, rows, more, places), ...cuts])
  const links = context.fromBody ? null : linksTo(places, context, isBetween(page))
  writeIncluded(included)
  if (isDocument(context)) writeDocumentLinks(context, places, rows)
  else if (links) out.text(`,"links":{"next":${JSON.stringify(links.next)},"prev":${JSON.stringify(links.prev)}}`)
  out.byte(braceEnd)
  if (page.kind === 'keyset' && page.range) return rangeAnswer(context, page.range, rows, kept, more)
  return links === null ? {} : linkHeader(links)
}

function writeDocumentLinks(context: AnswerContext, { next, prev }: Neighbours, rows: Rows): void {
  const { path, search, read, plan, fromBody } = context
  if (fromBody || !read.page) return
  const first = read.page.kind === 'offset' ? { 'page[number]': '1' } : {}
  const last = lastPlace(read, plan, rows)
  const places = { first, prev, next, ...(last && { last }) }
  out.byteText(`,${documentLinks(path, search, context.related ?? null, places, isBetween(read.page))}`)
}

/** Known where pages have numbers and the total was asked for. */
function lastPlace({ page, total, values }: PermittedRead, { layout }: ReadPlan, rows: Rows): PagePlace | null {
  if (page?.kind !== 'offset' || total !== 'exact' || rows.length === 0) return null
  const count = Number(textOf(rows.at(0), layout.meta.total))
  const skipped = page.skip === null ? 0 : Number(values[page.skip])
  const offset = skipped - (page.number - 1) * page.size
  return { 'page[number]': String(Math.max(1, Math.ceil((count - offset) / page.size))) }
}

/** A part of a list is nobody's to keep; what follows it is asked for by Next-Range. */
function rangeAnswer(context: AnswerContext, range: ListRange, rows: Rows, kept: number, more: boolean): Headers {
  const { read, plan, seal } = context
  const valuesOf = (index: number) => {
    const row = rows.at(index)
    return plan.layout.cursor.map(column => textOf(row, column))
  }
  return {
    'cache-control': 'no-store',
    ...acceptRanges(read),
    ...(more && rangeHeaders(read, range, valuesOf(0), valuesOf(kept - 1), seal)),
  }
}

/** @param members byte text */
function writeMeta(members: readonly string[]): void {
  if (members.length > 0) out.byteText(`,"meta":{${members.join(',')}}`)
}

interface Links {
  readonly next: string | null
  readonly prev: string | null
}

function linksTo({ next, prev }: Neighbours, { path, search }: AnswerContext, keepEnd: boolean): Links {
  return { next: next && pageLink(path, search, next, keepEnd), prev: prev && pageLink(path, search, prev) }
}

/** Many clients refuse larger heads; the body has the links in any case. */
const maxLinkBytes = 8_000

/** RFC 8288. */
function linkHeader({ next, prev }: Links): Headers {
  const link = [prev && `<${prev}>; rel="prev"`, next && `<${next}>; rel="next"`].filter(Boolean).join(', ')
  return link === '' || link.length > maxLinkBytes ? {} : { link }
}

const braceEnd = 0x7d
const bracket = 0x5b
const bracketEnd = 0x5d
const comma = 0x2c

/** Between two cursors: the range is the caller's own, and what follows a cut ends where it ends. */
function isBetween(page: Page): boolean {
  return page.kind === 'keyset' && page.after !== null && page.before !== null
}

/** Where the next and the previous page are, or null where there is none. */
interface Neighbours {
  readonly next: PagePlace | null
  readonly prev: PagePlace | null
}

function neighbours({ read, plan, seal }: AnswerContext, rows: Rows, kept: number, more: boolean): Neighbours {
  const page = read.page
  if (page?.kind === 'keyset' && page.range) return { next: null, prev: null }
  if (page?.kind !== 'keyset') {
    const number = page?.number ?? 1
    return {
      next: more ? { 'page[number]': String(number + 1) } : null,
      prev: number > 1 ? { 'page[number]': String(number - 1) } : null,
    }
  }
  const cursorOf = (index: number) => {
    if (kept === 0) return null
    const row = rows.at(index)
    return seal(plan.layout.cursor.map(column => textOf(row, column)))
  }
  const [first, last] = plan.reversed ? [kept - 1, 0] : [0, kept - 1]
  // Both given: the range is the caller's own, and only a cut goes on.
  const hasNext = plan.reversed ? true : more
  const hasPrev = plan.reversed ? more : page.after !== null
  const next = hasNext ? cursorOf(last) : null
  const prev = hasPrev ? cursorOf(first) : null
  return { next: next === null ? null : { 'page[after]': next }, prev: prev === null ? null : { 'page[before]': prev } }
}

/** Members of `meta`, as byte text. */
function metaOf({ read, plan, fromBody }: AnswerContext, rows: Rows, more: boolean, places: Neighbours): string[] {
  const { meta } = plan.layout
  const textAt = (column: number) => (rows.length === 0 ? null : byteTextOf(rows.at(0), column))
  const page: string[] = []
  if (meta.total >= 0) {
    const count = textAt(meta.total) ?? '0'
    const relation = Number(count) >= estimateLimit ? 'at_least' : 'exact'
    page.push(
      read.total === 'exact' ? `"total":${count}` : `"estimatedTotal":{"value":${count},"relation":"${relation}"}`,
    )
  }
  if (read.page && isBetween(read.page) && more) page.push('"rangeTruncated":true')
  if (fromBody) {
    const value = (place: PagePlace | null) => JSON.stringify(place === null ? null : (Object.values(place)[0] ?? null))
    page.push(`"next":${value(places.next)}`, `"prev":${value(places.prev)}`)
  }
  const parts = page.length > 0 ? [`"page":{${page.join(',')}}`] : []
  if (meta.aggregate >= 0) parts.push(`"aggregate":${textAt(meta.aggregate) ?? '{}'}`)
  if (meta.groups >= 0) {
    const groups = textAt(meta.groups) ?? '[]'
    if (groups.includes(marks.cut)) {
      const max = read.set.api.limits.groups
      throw new ApiError(
        'too_many_groups',
        `There are more than ${max} groups. Filter first, or group by a field with fewer values.`,
        { source: { parameter: 'group' }, meta: { limit: 'groups', max } },
      )
    }
    parts.push(`"groups":${groups}`)
  }
  return parts
}

/** Takes the marks of cut lists out of the data. @returns which lists those were, as byte text */
function removeCuts({ included }: Layout): readonly string[] {
  if (included.length === 0 || !out.written().includes(marks.cut)) return []
  const cut = new Set<number>()
  const clean = out.toByteText().replace(cutMark, (_, index: string) => {
    cut.add(Number(index))
    return ''
  })
  out.clear()
  out.byteText(clean)
  const members = [...cut]
    .sort((a, b) => a - b)
    .map(index => `${JSON.stringify(included[index]?.path)}:{"limit":${included[index]?.limit},"truncated":true}`)
  return [toByteText(`"included":{${members.join(',')}}`)]
}

const cutMark = new RegExp(`${marks.cut}(\\d+);`, 'g')
