// Checks the page that is asked for, and opens its cursors.
import { ApiError } from '../errors/api-error.ts'
import type { PageEntry } from '../request/query.ts'
import type { Resource } from '../schema/model.ts'
import type { CursorValues } from './cursors.ts'
import type { CursorSlots, Page, SortKey } from './permitted.ts'
import type { Slots } from './slots.ts'

/** @param open gives the values of a cursor of this list */
export function allowPage(
  page: PageEntry,
  resource: Resource,
  sort: readonly SortKey[],
  maxOffset: number,
  slots: Slots,
  open: (cursor: string, which: 'after' | 'before') => CursorValues,
): Page {
  const { size: defaultSize, maxSize } = resource.page
  const between = page.after !== undefined && page.before !== undefined
  const size = page.size ?? (between ? maxSize : defaultSize)
  if (size < 1)
    throw new ApiError('invalid_value', `A page has at least 1 and at most ${maxSize} records.`, {
      source: sourceOf(page, 'size'),
    })
  if (size > maxSize)
    throw new ApiError('page_size_too_large', `A page has at most ${maxSize} records.`, {
      source: sourceOf(page, 'size'),
      meta: { page: { maxSize } },
    })
  const byNumber = page.number !== undefined || page.offset !== undefined
  const byCursor = page.after !== undefined || page.before !== undefined
  if (byNumber && byCursor)
    throw new ApiError('page_kind_mixed', 'Use a page number and offset, or cursors.', {
      source: sourceOf(page, page.after !== undefined ? 'after' : 'before'),
    })
  if (byCursor && resource.key.length === 0)
    throw new ApiError(
      'unknown_parameter',
      `"${resource.name}" has no key, so its pages go by number: page[number]=2.`,
      { source: sourceOf(page, page.after !== undefined ? 'after' : 'before') },
    )
  if (byNumber || resource.key.length === 0) return offsetPage(page, size, maxOffset, slots)
  const slotsOf = (cursor: string | undefined, which: 'after' | 'before'): CursorSlots | null => {
    if (cursor === undefined) return null
    const values = open(cursor, which)
    if (values.length !== sort.length)
      throw new ApiError('cursor_mismatch', 'The cursor belongs to another list.', { source: sourceOf(page, which) })
    return values.map(value => (value === null ? null : slots.add(value)))
  }
  return { kind: 'keyset', size, after: slotsOf(page.after, 'after'), before: slotsOf(page.before, 'before') }
}

/** Whether any parameter of paging was given. */
export function asksForPage(page: PageEntry): boolean {
  return Object.keys(page.sources).length > 0
}

/** All that matches, as one page of the largest size. */
export function wholeMatch(maxRows: number): Page {
  return { kind: 'offset', size: maxRows, skip: null, number: 1 }
}

function offsetPage(page: PageEntry, size: number, maxOffset: number, slots: Slots): Page {
  const number = page.number ?? 1
  if (number < 1)
    throw new ApiError('invalid_value', 'Pages are numbered from 1.', { source: sourceOf(page, 'number') })
  const skip = (number - 1) * size + (page.offset ?? 0)
  if (skip > maxOffset) {
    throw new ApiError(
      'limit_exceeded',
      `At most ${maxOffset} records can be skipped; walk on by cursor (links.next without a page number).`,
      {
        source: sourceOf(page, page.number !== undefined ? 'number' : 'offset'),
        meta: { limit: 'offset', max: maxOffset },
      },
    )
  }
  return { kind: 'offset', size, skip: skip === 0 ? null : slots.add(String(skip)), number }
}

function sourceOf(page: PageEntry, key: keyof PageEntry['sources']) {
  return page.sources[key] ?? { parameter: `page[${key}]` }
}
