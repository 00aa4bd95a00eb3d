// Puts rows in the order of an answer: by shown values, nulls the greatest, ties by key.
import { fieldOf, type RelationshipFact, resourceOf, typeOf } from './facts.ts'
import type { SortTerm } from './question.ts'
import { compareShown, type Value } from './values.ts'
import type { View } from './view.ts'
import type { Row } from './world.ts'

/** Without terms by the resource's own sort, where the principal may read it. The key follows in the direction of the last term. */
export function sortRows(
  view: View,
  resource: string,
  rows: readonly Row[],
  terms: readonly SortTerm[],
): readonly Row[] {
  const fact = resourceOf(resource)
  const own = fact.defaultSort.map(path => ({
    path: path.replace('-', '').split('.'),
    descending: path.startsWith('-'),
  }))
  const asked = terms.length > 0 ? terms : own.filter(({ path }) => view.permitted(resource).has(path[0] as string))
  const descending = view.fault === 'ties by key upwards' ? false : (asked.at(-1)?.descending ?? false)
  const columns = asked.map(term => columnOf(view, resource, term))
  const keys = fact.key.map(name => ({
    fact: { name, type: 'int4', labels: [] } as const,
    descending,
    read: (row: Row) => row[name] ?? null,
  }))
  const sorted = rows.map(row => ({ row, values: [...columns, ...keys].map(({ read }) => read(row)) }))
  const all = [...columns, ...keys]
  sorted.sort((a, b) => {
    for (const [i, column] of all.entries()) {
      const [left, right] = [a.values[i] ?? null, b.values[i] ?? null]
      const nullsFirst = view.fault === 'nulls first' && (left === null) !== (right === null)
      const order = nullsFirst
        ? left === null
          ? -1
          : 1
        : compareShown(column.fact, left, right) * (column.descending ? -1 : 1)
      if (order !== 0) return order
    }
    return 0
  })
  return sorted.map(({ row }) => row)
}

/** A declared sort is another name for a path. */
export function resolveSort(resource: string, term: SortTerm): SortTerm {
  const declared = term.path.length === 1 ? resourceOf(resource).declaredSorts.get(term.path[0] as string) : undefined
  return declared ? { ...term, path: declared } : term
}

/** What a term orders by: its type, and how to read it from a row; null where it is hidden. */
export function columnOf(view: View, resource: string, term: SortTerm) {
  const { path, descending } = resolveSort(resource, term)
  const steps = path.slice(0, -1)
  const last = path.at(-1) as string
  const target = steps.reduce((at, step) => (fieldOf(at, step) as RelationshipFact).target, resource)
  const fact = typeOf(target, fieldOf(target, last))
  if (!fact) throw new Error(`${path.join('.')} has no order`)
  const read = (row: Row): Value => {
    let [at, record]: [string, Row | undefined] = [resource, row]
    for (const step of steps) {
      if (!view.readable(at, record, step)) return null
      record = view.linked(at, record, step)[0]
      if (!record) return null
      at = (fieldOf(at, step) as RelationshipFact).target
    }
    return view.readable(at, record, last) || view.fault === 'hidden sorts by value'
      ? view.shown(at, record, last)
      : null
  }
  return { fact, descending, read }
}
