// Makes the body of a read from the rows of its plan.
import { reversed } from '../access/allow-range.ts'
import { notFound } from '../access/allow-read.ts'
import type { ListRange } from '../access/permitted.ts'
import { ByteWriter } from '../formats/byte-writer.ts'
import { jsonApiType } from '../formats/index.ts'
import { isNull, isTrue, type Rows, textOf } from '../formats/rows.ts'
import type { ReadPlan } from '../plan/plan-read.ts'
import { refuseRange } from '../request/read-range.ts'
import { type CommandState, readState, retryAfter } from './command-state.ts'
import { contentLocation } from './content-location.ts'
import { removeCuts, sayCuts } from './cut-marks.ts'
import { documentLinks, documentOpening, liftRecords, pagedType } from './document.ts'
import { listMeta } from './list-meta.ts'
import { isBetween, lastPlace, linkHeader, linksTo, type Neighbours, neighbours } from './neighbours.ts'
import { acceptRanges, rangeHeaders } from './range-headers.ts'
import type { AnswerContext, Headers, ReadAnswer } from './read-answer.ts'
import { validators } from './validators.ts'

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
      ...validators(context, rows, out.written()),
      ...(state && stateHeaders(state)),
      ...(read.kind === 'list' && method !== 'POST' && method !== 'QUERY' && acceptRanges(read)),
      ...(fromBody && bodyHeaders(method)),
    },
    shared: plan.caching.off ? null : plan.caching.shared,
    ...(state && { state, tail: tailBytes }),
  }
}

/** The answer to POST belongs to nobody's cache; QUERY is safe, and cached like GET (RFC 10008). */
function bodyHeaders(method: string): Readonly<Record<string, string>> {
  return { 'accept-query': '"application/json"', ...(method === 'POST' && { 'cache-control': 'no-store' }) }
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
  if (!isDocument(context)) removeCuts(out, plan.layout)
  return { record: out.toByteText(), ...(included !== null && { included }) }
}

const opening = '{"data":'

/** A row without a record is there for the meta data alone; no row at all: no parent. */
function countRecords({ layout }: ReadPlan, rows: Rows): number {
  if (layout.present < 0 || rows.length !== 1) return rows.length
  return isNull(rows.at(0), layout.present) ? 0 : 1
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
    const cuts = removeCuts(out, plan.layout)
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
  const told = isDocument(context) && context.fromBody ? sayCuts(out, plan.layout) : []
  const included = isDocument(context) ? liftRecords(out, start, plan.layout, context) : null
  out.byte(bracketEnd)
  const cuts = isDocument(context) ? told : removeCuts(out, plan.layout)
  const places = neighbours(context, rows, kept, more)
  writeMeta([...listMeta(context, rows, more, places), ...cuts])
  const links = context.fromBody ? null : linksTo(places, context)
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

const braceEnd = 0x7d
const bracket = 0x5b
const bracketEnd = 0x5d
const comma = 0x2c
