// Makes the body of a read from the rows of its plan.
import { notFound } from '../access/allow-read.ts'
import type { CursorValues } from '../access/cursors.ts'
import type { Page, PermittedRead } from '../access/permitted.ts'
import type { Principal } from '../access/principal.ts'
import { ApiError } from '../errors/api-error.ts'
import type { EncodeRecord, Row } from '../formats/json-record.ts'
import { type Layout, marks } from '../plan/layout.ts'
import type { ReadPlan } from '../plan/plan-read.ts'
import { estimateLimit } from '../plan/print-aggregates.ts'
import { contentLocation } from './content-location.ts'
import { fillCode, type LinksOf } from './fill-code.ts'
import { type PagePlace, pageLink } from './page-links.ts'

export interface ReadAnswer {
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

export interface AnswerContext {
  readonly read: PermittedRead
  readonly plan: ReadPlan
  readonly encode: EncodeRecord
  readonly rows: readonly Row[]
  readonly principal: Principal
  readonly method: string
  /** `/api`, with the version where the caller gave one. */
  readonly base: string
  /** The canonical path of the request, and the query that came with it. */
  readonly path: string
  readonly search: string
  /** The query came in a body: cursors stand in `meta.page` in place of links. */
  readonly fromBody: boolean
  readonly seal: (values: CursorValues) => string
  readonly linksOf: LinksOf
}

/** @throws ApiError `not_found` where the record, or the one it stands under, is not there for this caller */
export async function respondRead(context: AnswerContext): Promise<ReadAnswer> {
  const { read, plan, rows } = context
  const { present } = plan.layout
  // A row without a record is there for the meta data alone; no row at all: no parent.
  const records = present < 0 ? rows : rows.filter(row => row[present] !== null)
  if (read.parent && rows.length === 0) throw notFound()
  const made = read.kind === 'item' ? itemBody(context, records) : listBody(context, records, rows[0])
  const answer = context.fromBody ? { ...made, headers: { ...made.headers, ...bodyHeaders(context.method) } } : made
  if (plan.layout.code.length === 0) return answer
  return { ...answer, body: await fillCode(answer.body, plan.layout.code, context.principal, context.linksOf) }
}

/** The answer to POST belongs to nobody's cache; QUERY is safe, and cached like GET (RFC 10008). */
function bodyHeaders(method: string): Readonly<Record<string, string>> {
  return { 'accept-query': '"application/json"', ...(method === 'POST' && { 'cache-control': 'no-store' }) }
}

function itemBody({ read, encode, plan, base, search }: AnswerContext, records: readonly Row[]): ReadAnswer {
  const [record] = records
  if (!record) throw notFound()
  const { text, meta } = withoutCuts(encode(record), plan.layout)
  const location = contentLocation(read, plan.layout, record, base, search)
  return {
    body: `{"data":${text}${meta.length > 0 ? `,"meta":{${meta.join(',')}}` : ''}}`,
    headers: location === null ? {} : { 'content-location': location },
  }
}

function listBody(context: AnswerContext, records: readonly Row[], first: Row | undefined): ReadAnswer {
  const { read, plan, encode } = context
  const page = read.page
  if (!page) throw new Error('a list has a page')
  const more = records.length > page.size
  const kept = more ? records.slice(0, page.size) : records
  const shown = plan.reversed ? [...kept].reverse() : kept
  let data = '['
  for (const [i, row] of shown.entries()) data += i === 0 ? encode(row) : `,${encode(row)}`
  const { text, meta: cuts } = withoutCuts(`${data}]`, plan.layout)
  const places = neighbours(context, shown, more)
  const meta = [...metaOf(context, first, more, places), ...cuts]
  const metaText = meta.length > 0 ? `,"meta":{${meta.join(',')}}` : ''
  if (context.fromBody) return { body: `{"data":${text}${metaText}}`, headers: {} }
  const links = {
    next: places.next && pageLink(context.path, context.search, places.next, isBetween(page)),
    prev: places.prev && pageLink(context.path, context.search, places.prev),
  }
  const header = [links.prev && `<${links.prev}>; rel="prev"`, links.next && `<${links.next}>; rel="next"`]
    .filter(Boolean)
    .join(', ')
  return {
    body: `{"data":${text}${metaText},"links":${JSON.stringify(links)}}`,
    headers: header === '' ? {} : { link: header },
  }
}

/** Between two cursors: the range is the caller's own, and what follows a cut ends where it ends. */
function isBetween(page: Page): boolean {
  return page.kind === 'keyset' && page.after !== null && page.before !== null
}

/** Where the next and the previous page are, or null where there is none. */
interface Neighbours {
  readonly next: PagePlace | null
  readonly prev: PagePlace | null
}

function neighbours({ read, plan, seal }: AnswerContext, shown: readonly Row[], more: boolean): Neighbours {
  const page = read.page
  if (page?.kind !== 'keyset') {
    const number = page?.number ?? 1
    return {
      next: more ? { 'page[number]': String(number + 1) } : null,
      prev: number > 1 ? { 'page[number]': String(number - 1) } : null,
    }
  }
  const cursorOf = (row: Row | undefined) => (row ? seal(plan.layout.cursor.map(index => row[index] ?? null)) : null)
  const [first, last] = [shown[0], shown.at(-1)]
  // Both given: the range is the caller's own, and only a cut goes on.
  const hasNext = plan.reversed ? true : more
  const hasPrev = plan.reversed ? more : page.after !== null
  const next = hasNext ? cursorOf(last) : null
  const prev = hasPrev ? cursorOf(first) : null
  return { next: next === null ? null : { 'page[after]': next }, prev: prev === null ? null : { 'page[before]': prev } }
}

function metaOf(
  { read, plan, fromBody }: AnswerContext,
  first: Row | undefined,
  more: boolean,
  places: Neighbours,
): string[] {
  const { meta } = plan.layout
  const page: string[] = []
  if (meta.total >= 0) {
    const count = first?.[meta.total] ?? '0'
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
  if (meta.aggregate >= 0) parts.push(`"aggregate":${first?.[meta.aggregate] ?? '{}'}`)
  if (meta.groups >= 0) {
    const groups = first?.[meta.groups] ?? '[]'
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

/** Takes the marks of cut lists out of the text, and says which lists were cut. */
function withoutCuts(text: string, { included }: Layout): { readonly text: string; readonly meta: readonly string[] } {
  if (included.length === 0 || !text.includes(marks.cut)) return { text, meta: [] }
  const cut = new Set<number>()
  const clean = text.replace(cutMark, (_, index: string) => {
    cut.add(Number(index))
    return ''
  })
  const members = [...cut]
    .sort((a, b) => a - b)
    .map(index => `${JSON.stringify(included[index]?.path)}:{"limit":${included[index]?.limit},"truncated":true}`)
  return { text: clean, meta: [`"included":{${members.join(',')}}`] }
}

const cutMark = new RegExp(`${marks.cut}(\\d+);`, 'g')
