// Answers a question naively: all rows, one by one, in memory.
import { fromDefinition } from './condition.ts'
import { fieldOf, isToMany, type RelationshipFact, resourceOf } from './facts.ts'
import { sortRows } from './order.ts'
import type { Question } from './question.ts'
import { type Cuts, showRecord } from './record.ts'
import { aggregate, groups, maxGroups } from './summarize.ts'
import type { View } from './view.ts'
import type { Row } from './world.ts'

export interface Answer {
  readonly status: number
  /** Links stand as whether there is one. */
  readonly body: Readonly<Record<string, unknown>> | null
}

const notFound: Answer = { status: 404, body: null }

/** Every page of a walk is cut from the same rows. */
const matching = new WeakMap<Question, readonly Row[] | null>()

/** All rows that match, in their order; null where the record above them is not there for the principal. */
export function matchingRows(view: View, question: Question): readonly Row[] | null {
  let rows = matching.get(question)
  if (rows === undefined) {
    rows = findMatching(view, question)
    matching.set(question, rows)
  }
  return rows
}

function findMatching(view: View, question: Question): readonly Row[] | null {
  const { resource, route, filter, scopes, sort } = question
  let rows: readonly Row[]
  if (route.kind === 'nested') {
    const parent = findRow(view, route.parent, route.key)
    if (
      !parent ||
      !view.permitted(route.parent).has(route.relationship) ||
      !view.readable(route.parent, parent, route.relationship)
    )
      return null
    if (!view.walkable(fieldOf(route.parent, route.relationship) as RelationshipFact)) return null
    rows = view.linked(route.parent, parent, route.relationship)
  } else rows = view.visibleRows(resource)
  const conditions = scopes.map(({ name, args }) => {
    const scope = resourceOf(resource).scopes.get(name)
    return fromDefinition(resource, scope?.where ?? {}, {
      params: new Map(scope?.params.map((param, i) => [param, args[i] ?? null])),
    })
  })
  if (filter) conditions.push(filter)
  const found = rows.filter(row => conditions.every(one => view.truth(resource, row, one) === true))
  return sortRows(view, resource, found, sort)
}

/** A page of the rows that match: `from` and `size`. */
export function answer(view: View, question: Question, from: number, size: number): Answer {
  const { resource, route, selection } = question
  if (view.rolesOn(route.kind === 'nested' ? route.parent : resource).length === 0)
    return { status: view.principal.id === null ? 401 : 403, body: null }
  const cuts: Cuts = new Map()
  const single = isItem(question)
  const show = (row: Row) =>
    showRecord(resource, row, selection, { view, on: single ? 'item' : 'list', prefix: '', cuts })
  if (single) {
    const row = findItem(view, question)
    if (!row) return notFound
    const data = show(row)
    return { status: 200, body: { data, ...(cuts.size > 0 && { meta: { included: showCuts(cuts) } }) } }
  }
  const rows = matchingRows(view, question)
  if (!rows) return notFound
  const data = rows.slice(from, from + size).map(show)
  const meta: Record<string, unknown> = {}
  if (question.total === 'exact') meta.page = { total: rows.length }
  if (question.total === 'estimated') meta.page = { estimatedTotal: { value: rows.length, relation: 'exact' } }
  if (question.group.length > 0) {
    const found = groups(view, question, rows)
    if (found.length > maxGroups) return { status: 400, body: null }
    meta.groups = found
  } else if (question.aggregates.length > 0) meta.aggregate = aggregate(view, question, rows)
  if (cuts.size > 0) meta.included = showCuts(cuts)
  const hasPrev = question.page.kind === 'offset' ? (question.page.number ?? 1) > 1 : from > 0
  return {
    status: 200,
    body: {
      data,
      ...(Object.keys(meta).length > 0 && { meta }),
      links: { next: rows.length > from + size, prev: hasPrev },
    },
  }
}

/** Whether one record is asked for, and not a list. */
export function isItem({ route }: Question): boolean {
  if (route.kind !== 'nested') return route.kind === 'item'
  return route.below !== null || !isToMany(fieldOf(route.parent, route.relationship))
}

function findItem(view: View, question: Question): Row | undefined {
  const { resource, route } = question
  if (route.kind === 'nested') {
    const rows = matchingRows(view, question) ?? []
    return route.below === null ? rows[0] : rows.find(row => hasKey(resource, row, route.below ?? []))
  }
  if (route.kind !== 'item') return undefined
  const natural = resourceOf(resource).naturalKey
  if (route.natural === null || natural === null) return findRow(view, resource, route.key)
  return view.visibleRows(resource).find(row => row[natural] === route.natural && view.readable(resource, row, natural))
}

function findRow(view: View, resource: string, key: readonly (string | number)[]): Row | undefined {
  return view.visibleRows(resource).find(row => hasKey(resource, row, key))
}

function hasKey(resource: string, row: Row, key: readonly (string | number)[]): boolean {
  return resourceOf(resource).key.every((name, i) => row[name] === key[i])
}

function showCuts(cuts: Cuts): Readonly<Record<string, unknown>> {
  return Object.fromEntries([...cuts].map(([path, limit]) => [path, { limit, truncated: true }]))
}
