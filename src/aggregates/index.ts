// The list of aggregate functions. A new one is a file of its own and a line here.
import type { ColumnType } from '../types/column-type.ts'
import type { Aggregate, AggregateName } from './aggregate.ts'
import { avg } from './avg.ts'
import { count } from './count.ts'
import { max } from './max.ts'
import { min } from './min.ts'
import { sum } from './sum.ts'

export type { Aggregate, AggregateName } from './aggregate.ts'

export const aggregates: ReadonlyMap<AggregateName, Aggregate> = new Map(
  [min, max, sum, avg, count].map(one => [one.name, one]),
)

/** The aggregates that a column of this type takes. */
export function aggregatesFor(type: ColumnType): readonly AggregateName[] {
  return [...aggregates.values()].filter(one => one.appliesTo(type)).map(one => one.name)
}
