// Makes the body of a read from the rows of its plan.
import { notFound } from '../access/allow-read.ts'
import type { CursorValues } from '../access/cursors.ts'
import type { Page, PermittedRead } from '../access/permitted.ts'
import { ApiError } from '../errors/api-error.ts'
import { toByteText } from '../formats/byte-text.ts'
import { ByteWriter } from '../formats/byte-writer.ts'
import type { WriteRecord } from '../formats/json-record.ts'
import { byteTextOf, isNull, type Rows, textOf } from '../formats/rows.ts'
import { type Layout, marks } from '../plan/layout.ts'
import type { ReadPlan } from '../plan/plan-read.ts'
import { estimateLimit } from '../plan/print-aggregates.ts'
import type { Trailers } from '../request/http-request.ts'
import { contentLocation } from './content-location.ts'
import { entityTag } from './entity-tag.ts'
import { type PagePlace, pageLink } from './page-links.ts'

export interface ReadAnswer {
  /** 200 where it is not said. */
  readonly status?: number
  /** Byte text. */
  readonly body: string
  /** In place of a body: byte text piece by piece, made as it is read. */
  readonly stream?: AsyncIterable<string>
  readonly trailers?: Trailers
  readonly headers: Readonly<Record<string, string>>
}

export interface AnswerContext {
  readonly read: PermittedRead
  readonly plan: ReadPlan
  readonly write: WriteRecord
  readonly method: string
  /** `/api`, with the version where the caller gave one. */
  readonly base: string
  /** The canonical path of the request, and the query that came with it. */
  readonly path: string
  readonly search: string
  /** The query came in a body: cursors stand in `meta.page` in place of links. */
  readonly fromBody: boolean
  readonly seal: (values: CursorValues) => string
}

/** One for all answers: each is written at once, and taken out. */
const out = new ByteWriter()

/**
 * Reads the rows while they are there.
 * @throws ApiError `not_found` where the record, or the one it stands under, is not there for this caller
 */
export function respondRead(context: AnswerContext, rows: Rows): ReadAnswer {
  const { read, plan, fromBody, method } = context
  if (read.parent && rows.length === 0) throw notFound()
  out.clear()
  out.byteText(opening)
  const made = read.kind === 'item' ? writeItem(context, rows) : writeList(context, rows)
  const body = out.toByteText()
  return {
    body,
    headers: {
      ...made,
      ...(fromBody && bodyHeaders(method)),
      // What is made in TypeScript is still missing: that has a tag once it is whole.
      ...(plan.layout.code.length === 0 && method !== 'POST' && { etag: entityTag(out.written()) }),
    },
  }
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

function writeItem({ read, write, plan, base, search }: AnswerContext, rows: Rows): Headers {
  if (countRecords(plan, rows) === 0) throw notFound()
  const row = rows.at(0)
  write(row, out)
  const location = contentLocation(read, plan.layout, row, base, search)
  writeMeta(removeCuts(plan.layout))
  out.byte(braceEnd)
  return location === null ? {} : { 'content-location': location }
}

function writeList(context: AnswerContext, rows: Rows): Headers {
  const { read, plan, write } = context
  const page = read.page
  if (!page) throw new Error('a list has a page')
  const count = countRecords(plan, rows)
  const more = count > page.size
  const kept = more ? page.size : count
  out.byte(bracket)
  for (let i = 0; i < kept; i += 1) {
    if (i > 0) out.byte(comma)
    write(rows.at(plan.reversed ? kept - 1 - i : i), out)
  }
  out.byte(bracketEnd)
  const cuts = removeCuts(plan.layout)
  const places = neighbours(context, rows, kept, more)
  writeMeta([...metaOf(context, rows, more, places), ...cuts])
  const links = context.fromBody ? null : linksTo(places, context, isBetween(page))
  if (links) out.text(`,"links":{"next":${JSON.stringify(links.next)},"prev":${JSON.stringify(links.prev)}}`)
  out.byte(braceEnd)
  return links === null ? {} : linkHeader(links)
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
