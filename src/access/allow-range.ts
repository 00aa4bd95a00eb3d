// Checks the part of a list that a Range asks for: its field as a sort of the caller, its ends as values of that field.
import { ApiError } from '../errors/api-error.ts'
import { quote } from '../errors/quote.ts'
import type { Query } from '../request/query.ts'
import { type RangeEnd, type RangeEntry, refuseRange } from '../request/read-range.ts'
import { fieldValue } from '../schema/field-value.ts'
import { hint } from '../schema/suggest.ts'
import type { Access, AccessSet } from './access.ts'
import { allowSort, sortNames } from './allow-sort.ts'
import type { CursorValues } from './cursors.ts'
import type { CursorSlots, Page, RangeBound, SortKey } from './permitted.ts'
import type { Slots } from './slots.ts'

const source = { header: 'Range' }

/** @throws ApiError 400 beside a sort or a page, 416 for a field that the caller may not sort by, whether it exists or not */
export function allowRangeSort(range: RangeEntry, query: Query, access: Access, set: AccessSet): readonly SortKey[] {
  const [other] = query.sort
  if (other)
    throw new ApiError('page_kind_mixed', 'A Range brings its own order. Leave out sort, or the header Range.', {
      source: other.source,
    })
  const { total: _, ...places } = query.page.sources
  const place = Object.values(places)[0]
  if (place)
    throw new ApiError('page_kind_mixed', 'A Range is a page of its own: write max=50 in it in place of page[…].', {
      source: place,
    })
  const names = sortNames(access, set)
  const path = range.field.split('.')
  try {
    return allowSort([{ path, descending: range.descending, source }], access, set)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return refuseRange(`Unknown field ${quote(range.field)} in Range.${hint(range.field, names)}`)
  }
}

/** @param open gives the values of a cursor of this list */
export function allowRange(
  range: RangeEntry,
  sort: readonly SortKey[],
  access: Access,
  slots: Slots,
  open: (cursor: string) => CursorValues,
): Page {
  const { size, maxSize } = access.resource.page
  const max = range.max ?? size
  if (max < 1) refuseRange(`A range has at least 1 and at most ${maxSize} records.`)
  if (max > maxSize)
    throw new ApiError('page_size_too_large', `A page has at most ${maxSize} records.`, {
      source,
      meta: { page: { maxSize } },
    })
  const bound = (end: RangeEnd | null): RangeBound | null =>
    end && { slots: slotsOf(end, sort, slots, open), exclusive: end.exclusive }
  const from = bound(range.from)
  const to = bound(range.to)
  // Nulls are the greatest; what is between values the statement itself compares.
  const [greater, less] = range.descending ? [to, from] : [from, to]
  if (greater && less && greater.slots[0] === null && less.slots[0] !== null) refuseRange(reversed)
  const isCursor = from?.exclusive === true && from.slots.length === sort.length
  return {
    kind: 'keyset',
    size: max,
    after: isCursor ? from.slots : null,
    before: null,
    range: { entry: range, from: isCursor ? null : from, start: from, to },
  }
}

export const reversed =
  'The range ends before it begins. It runs in the direction of its order: "id 100..200", "id 200..100; order=desc".'

function slotsOf(
  end: RangeEnd,
  sort: readonly SortKey[],
  slots: Slots,
  open: (cursor: string) => CursorValues,
): CursorSlots {
  const { value, key, sealed } = end
  if (sealed !== null) return open(sealed).map(one => (one === null ? null : slots.add(one)))
  if (key !== null && key.length !== sort.length - 1)
    refuseRange(`After ~ stands the key, ${sort.length - 1} value(s) with ~ between them.`)
  return [value, ...(key ?? [])].map((text, i) => (text === null ? null : slots.add(parse(text, sort[i] as SortKey))))
}

function parse(text: string, { field }: SortKey): string {
  const type = fieldValue(field)?.type
  const parsed = type?.parse(text)
  return parsed ?? refuseRange(`${quote(field.name)} in Range takes ${type?.accepts ?? 'nothing'}, not ${quote(text)}.`)
}
