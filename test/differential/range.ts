// Answers a Range naively: which of the sorted rows lie between its ends, and what its headers say of them.
import { type Answer, answer, matchingRows } from './answer.ts'
import { type ColumnFact, fieldOf, resourceOf } from './facts.ts'
import { columnOf, resolveSort } from './order.ts'
import type { Question, RangeEnd, RangePage } from './question.ts'
import { compareShown, show, type Value } from './values.ts'
import type { View } from './view.ts'
import type { Row } from './world.ts'

export type RangeQuestion = Question & { readonly page: RangePage }

export interface RangeAnswer {
  readonly answer: Answer
  /** How many rows it shows. */
  readonly count: number
  /** Null where nothing follows. */
  readonly headers: { readonly content: SaidRange; readonly next: SaidRange } | null
}

/** A range as a header says it, decoded. */
export interface SaidRange {
  readonly field: string
  readonly from: SaidEnd
  readonly to: SaidEnd
  readonly options: string
}

/** Null where it is open. */
export type SaidEnd = { readonly exclusive: boolean; readonly place: readonly string[] } | null

/** Unique and never null (keys.sql of the example): a value tells the record. */
const unique: ReadonlySet<string> = new Set(['users.username', 'tags.name'])
const defaultMax = 25

const unsatisfiable: RangeAnswer = { answer: { status: 416, body: null }, count: 0, headers: null }

/** Columns of the key that stand after `~`. */
export function keyAfter(resource: string, path: readonly string[]): readonly string[] {
  const { key } = resourceOf(resource)
  const [only] = resolveSort(resource, { path, descending: false }).path
  const field = path.length === 1 ? fieldOf(resource, only as string) : undefined
  const own = field?.kind === 'column' || field?.kind === 'toOne' ? field.column.name : undefined
  return key.filter(name => name !== own)
}

/** @param skipped how many rows of the range the requests before this one have shown */
export function answerRange(view: View, question: RangeQuestion, skipped: number): RangeAnswer {
  const { resource, page } = question
  if (endsAtNothing(page)) return unsatisfiable
  const rows = matchingRows(view, question)
  const plain = (status: Answer): RangeAnswer => ({ answer: status, count: 0, headers: null })
  if (!rows) return plain(answer(view, question, 0, 0))
  const { fact, read } = columnOf(view, resource, sortOf(question))
  if (isBackwards(page, fact) && view.fault !== 'backward ranges are empty') return unsatisfiable
  const places = rows.map(row => [read(row), ...keyAfter(resource, page.path).map(name => row[name] ?? null)])
  const isIn = (place: readonly Value[]) =>
    !isBeyond(view, page.from, place, fact, page.descending ? -1 : 1) &&
    !isBeyond(view, page.to, place, fact, page.descending ? 1 : -1) &&
    !(view.fault === 'open ranges have no nulls' && place[0] === null)
  const within = [...places.keys()].filter(i => isIn(places[i] as readonly Value[]))
  const shown = within.slice(skipped, skipped + (page.max ?? defaultMax))
  const [first = 0, last = 0] = [shown[0], shown.at(-1)]
  const { status, body } = answer(view, question, first, shown.length)
  const more = status === 200 && within.length > skipped + shown.length
  const textAt = (i: number) => textOf(fact, (places[i] as readonly Value[])[0] ?? null)
  return {
    answer: {
      status: more ? 206 : status,
      body: body && { ...body, links: { next: false, prev: false } },
    },
    count: shown.length,
    headers: more
      ? {
          content: {
            field: page.name,
            from: endOf(false, [textAt(first)]),
            to: endOf(false, [textAt(last)]),
            options: '',
          },
          next: {
            field: page.name,
            from: endOf(true, placeOf(question, fact, rows[last] as Row, places[last] as readonly Value[])),
            to: page.to && endOf(page.to.exclusive, [textOf(fact, page.to.value), ...page.to.key.map(String)]),
            options: `max=${page.max ?? defaultMax}${page.descending ? ', order=desc' : ''}`,
          },
        }
      : null,
  }
}

function sortOf({ page }: RangeQuestion) {
  return { path: page.path, descending: page.descending }
}

function endOf(exclusive: boolean, place: readonly string[]): SaidEnd {
  return place.length === 1 && place[0] === '' && !exclusive ? null : { exclusive, place }
}

function placeOf({ resource, page }: RangeQuestion, fact: ColumnFact, row: Row, place: readonly Value[]) {
  const value = textOf(fact, place[0] ?? null)
  const key = unique.has(`${resource}.${page.path.join('.')}`) ? [] : keyAfter(resource, page.path)
  return [value, ...key.map(name => String(row[name]))]
}

/** As a header has it: empty for null, quotation marks for the empty text. */
export function textOf(fact: ColumnFact, value: Value): string {
  return value === null ? '' : value === '' ? '""' : String(show(fact, value))
}

/** The greater end is null, and the other is not: told without the rows. */
function endsAtNothing({ from, to, descending }: RangePage): boolean {
  const [greater, less] = descending ? [to, from] : [from, to]
  return greater !== null && less !== null && greater.value === null && less.value !== null
}

function isBackwards({ from, to, descending }: RangePage, fact: ColumnFact): boolean {
  if (!from || !to || from.value === null || to.value === null) return false
  return compareShown(fact, from.value, to.value) * (descending ? -1 : 1) > 0
}

/** Whether a place lies before the beginning, or behind the end, as the sign says. */
function isBeyond(view: View, end: RangeEnd | null, place: readonly Value[], fact: ColumnFact, sign: 1 | -1): boolean {
  if (!end) return false
  const bound = [end.value, ...end.key]
  for (const [i, value] of bound.entries()) {
    const own: ColumnFact = i === 0 ? fact : { name: '', type: 'int4', labels: [] }
    const order = compareShown(own, place[i] ?? null, value) * sign
    if (order !== 0) return order < 0
  }
  return end.exclusive && view.fault !== 'ends are never exclusive'
}
