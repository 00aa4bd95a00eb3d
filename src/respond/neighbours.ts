// Finds the pages beside a page.
import type { Page, PermittedRead } from '../access/permitted.ts'
import { type Rows, textOf } from '../formats/rows.ts'
import type { ReadPlan } from '../plan/plan-read.ts'
import { type PagePlace, pageLink } from './page-links.ts'
import type { AnswerContext, Headers } from './read-answer.ts'

/** Between two cursors: the range is the caller's own, and what follows a cut ends where it ends. */
export function isBetween(page: Page): boolean {
  return page.kind === 'keyset' && page.after !== null && page.before !== null
}

/** Where the next and the previous page are, or null where there is none. */
export interface Neighbours {
  readonly next: PagePlace | null
  readonly prev: PagePlace | null
}

/**
 * @param kept how many rows are shown
 * @param more whether there is one behind them
 */
export function neighbours({ read, plan, seal }: AnswerContext, rows: Rows, kept: number, more: boolean): Neighbours {
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

/** Known where pages have numbers and the total was asked for. */
export function lastPlace({ page, total, values }: PermittedRead, { layout }: ReadPlan, rows: Rows): PagePlace | null {
  if (page?.kind !== 'offset' || total !== 'exact' || rows.length === 0) return null
  const count = Number(textOf(rows.at(0), layout.meta.total))
  const skipped = page.skip === null ? 0 : Number(values[page.skip])
  const offset = skipped - (page.number - 1) * page.size
  return { 'page[number]': String(Math.max(1, Math.ceil((count - offset) / page.size))) }
}

export interface Links {
  readonly next: string | null
  readonly prev: string | null
}

/** The places as URLs. */
export function linksTo({ next, prev }: Neighbours, { path, search, read: { page } }: AnswerContext): Links {
  return {
    next: next && pageLink(path, search, next, page !== null && isBetween(page)),
    prev: prev && pageLink(path, search, prev),
  }
}

/** Many clients refuse larger heads; the body has the links in any case. */
const maxLinkBytes = 8_000

/** RFC 8288. */
export function linkHeader({ next, prev }: Links): Headers {
  const link = [prev && `<${prev}>; rel="prev"`, next && `<${next}>; rel="next"`].filter(Boolean).join(', ')
  return link === '' || link.length > maxLinkBytes ? {} : { link }
}
