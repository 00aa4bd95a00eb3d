// Reads paging: `page[size]=5&page[number]=3`, its older spellings, cursors, totals.
import { checkLimit, type Pair, refuse, show, showSource } from './pair.ts'
import type { PageEntry, QueryLimits, Source } from './query.ts'
import { readText, readWhole } from './read-value.ts'

type Part = keyof PageEntry['sources']

export interface PageDraft {
  readonly page: { -readonly [P in Part]?: NonNullable<PageEntry[P]> }
  readonly sources: Partial<Record<Part, Source>>
  /** Every spelling that stood: the same one twice is a repetition, two of them may agree. */
  readonly spellings: Set<string>
}

export function startPage(): PageDraft {
  return { page: {}, sources: {}, spellings: new Set() }
}

/** `page[…]`, `page=3` and the flat spellings `per_page`, `limit`, `offset`. */
export function addPage(draft: PageDraft, pair: Pair, limits: QueryLimits): void {
  const part = partOf(pair)
  const spelling = pair.segments.length === 0 ? pair.base : `page[${pair.segments[0]}]`
  if (draft.spellings.has(spelling)) refuse('repeated_parameter', `${showSource(pair.source)} is given twice.`, pair)
  draft.spellings.add(spelling)
  switch (part) {
    case 'size':
    case 'number':
      put(draft, part, readWhole(pair, 1), pair)
      return
    case 'offset': {
      const offset = readWhole(pair, 0)
      checkLimit(limits, 'offset', offset, pair)
      put(draft, part, offset, pair)
      return
    }
    case 'after':
    case 'before':
      put(draft, part, readText(pair), pair)
      return
    case 'total':
      put(draft, part, readTotal(pair), pair)
      return
  }
}

function partOf(pair: Pair): Part {
  const { base, segments } = pair
  if (segments.length === 0 && base === 'page') return 'number'
  const name = segments.length === 0 ? base : base === 'page' && segments.length === 1 ? segments[0] : undefined
  switch (name) {
    case 'per_page':
      if (segments.length === 0) return 'size'
      break
    case 'limit':
      return 'size'
    case 'size':
    case 'number':
    case 'offset':
    case 'after':
    case 'before':
    case 'total':
      return name
  }
  return refuse(
    'unknown_parameter',
    `${showSource(pair.source)} is no part of paging. Write page[size], page[number], page[offset], page[after], page[before] or page[total].`,
    pair,
  )
}

function put<P extends Part>(draft: PageDraft, part: P, value: NonNullable<PageEntry[P]>, pair: Pair): void {
  const known: unknown = draft.page[part]
  if (known === undefined) {
    ;(draft.page as Record<Part, unknown>)[part] = value
    draft.sources[part] = pair.source
  } else if (known !== value) {
    refuse(
      'said_twice',
      `${showSource(pair.source)} says ${show(value)} where page[${part}] is already ${show(known)}. Keep one of them.`,
      pair,
    )
  }
}

function readTotal(pair: Pair): 'exact' | 'estimated' {
  if (pair.value === 'exact' || pair.value === 'estimated') return pair.value
  return refuse(
    'invalid_value',
    `page[total] takes exact or estimated, not ${show(pair.bare ? '' : pair.value)}.`,
    pair,
  )
}

const noPage: PageEntry = { sources: {} }

/** @throws ApiError `page_kind_mixed` for numbers or offsets beside cursors */
export function finishPage(draft: PageDraft | null): PageEntry {
  if (draft === null) return noPage
  const { page, sources } = draft
  const byNumber = sources.number ?? sources.offset
  const byCursor = sources.after ?? sources.before
  if (byNumber !== undefined && byCursor !== undefined) {
    const detail = `${showSource(byNumber)} and ${showSource(byCursor)} are two kinds of paging. Use page[number] and page[offset], or page[after] and page[before].`
    refuse('page_kind_mixed', detail, { source: byNumber })
  }
  return { ...page, sources }
}
