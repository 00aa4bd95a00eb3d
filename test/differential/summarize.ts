// Sums up the rows of a question: aggregates over shown values, by groups where it says so.
import { type ColumnFact, fieldOf, typeOf } from './facts.ts'
import type { Question } from './question.ts'
import { averageOf, compareShown, show, type Value } from './values.ts'
import type { View } from './view.ts'
import type { Row } from './world.ts'

export const maxGroups = 1000

export function aggregate(
  view: View,
  { resource, aggregates }: Question,
  rows: readonly Row[],
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    aggregates.map(({ field, functions }) => {
      const fact = factOf(resource, field)
      const values = rows
        .filter(row => view.fault === 'hidden sums count' || view.readable(resource, row, field))
        .map(row => view.shown(resource, row, field))
      const given = values.filter(value => value !== null)
      return [field, Object.fromEntries(functions.map(name => [name, apply(name, fact, given)]))]
    }),
  )
}

/** Rows of which a group key is hidden take no part; the groups stand in the order of their keys. */
export function groups(view: View, question: Question, rows: readonly Row[]): readonly unknown[] {
  const { resource, group } = question
  const facts = group.map(name => factOf(resource, name))
  const seen = rows.filter(
    row => view.fault === 'hidden groups count' || group.every(name => view.readable(resource, row, name)),
  )
  const keyed = seen.map(row => ({ row, key: group.map(name => view.shown(resource, row, name)) }))
  const members = [...Map.groupBy(keyed, ({ key }) => JSON.stringify(key)).values()]
  const ordered = members.toSorted((a, b) => compareKeys(facts, a[0]?.key ?? [], b[0]?.key ?? []))
  return ordered.map(rowsOf => {
    const key = group.map(
      (name, i) => [name, showKey(resource, name, facts[i] as ColumnFact, rowsOf[0]?.key[i] ?? null)] as const,
    )
    return {
      group: Object.fromEntries(key),
      aggregate: aggregate(
        view,
        question,
        rowsOf.map(({ row }) => row),
      ),
    }
  })
}

function factOf(resource: string, name: string): ColumnFact {
  const fact = typeOf(resource, fieldOf(resource, name))
  if (!fact) throw new Error(`${name} cannot be summed up`)
  return fact
}

function apply(name: string, fact: ColumnFact, values: readonly Value[]): unknown {
  if (name === 'count') return values.length
  if (values.length === 0) return null
  if (name === 'min' || name === 'max') {
    const sign = name === 'min' ? 1 : -1
    return show(
      fact,
      values.reduce((best, value) => (compareShown(fact, value, best) * sign < 0 ? value : best)),
    )
  }
  const sum = values.reduce<bigint>((so, value) => so + BigInt(value as number), 0n)
  return name === 'sum' ? sum.toString() : averageOf(sum, BigInt(values.length))
}

function compareKeys(facts: readonly ColumnFact[], a: readonly Value[], b: readonly Value[]): number {
  for (const [i, fact] of facts.entries()) {
    const order = compareShown(fact, a[i] ?? null, b[i] ?? null)
    if (order !== 0) return order
  }
  return 0
}

function showKey(resource: string, name: string, fact: ColumnFact, value: Value): unknown {
  return fieldOf(resource, name).kind === 'toOne' && value !== null ? { id: value } : show(fact, value)
}
