// The list of filter operators. A new one is a file of its own and a line here.
import type { ColumnType } from '../types/column-type.ts'
import { all } from './all.ts'
import { any } from './any.ts'
import { contains } from './contains.ts'
import { endsWith } from './ends-with.ts'
import { eq } from './eq.ts'
import { gt } from './gt.ts'
import { gte } from './gte.ts'
import { has } from './has.ts'
import { ilike } from './ilike.ts'
import { inList } from './in.ts'
import { lt } from './lt.ts'
import { lte } from './lte.ts'
import { ne } from './ne.ts'
import { nin } from './nin.ts'
import { isNull } from './null.ts'
import type { Operator, OperatorName } from './operator.ts'
import { search } from './search.ts'
import { startsWith } from './starts-with.ts'

export { operandOf } from './operand-of.ts'
export type { Operator, OperatorName } from './operator.ts'

export const operators: ReadonlyMap<OperatorName, Operator> = new Map(
  [eq, ne, lt, lte, gt, gte, inList, nin, contains, startsWith, endsWith, ilike, isNull, search, has, any, all].map(
    one => [one.name, one],
  ),
)

/** Other spellings. In `[like][starts_with]` the inner one decides; that is the reader's to know. */
export const operatorAliases: ReadonlyMap<string, OperatorName> = new Map<string, OperatorName>([
  ['le', 'lt'],
  ['leq', 'lte'],
  ['ge', 'gt'],
  ['geq', 'gte'],
  ['like', 'contains'],
])

/** The operators that a column of this type takes, in the order of the list. */
export function operatorsFor(type: ColumnType): readonly OperatorName[] {
  return [...operators.values()]
    .filter(one => one.families.includes(type.family) || one.alsoTypes?.includes(type.name))
    .map(one => one.name)
}
