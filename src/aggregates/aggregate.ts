// What an aggregate function is: which columns it takes, what it answers.
import type { ColumnType } from '../types/column-type.ts'

export type AggregateName = 'min' | 'max' | 'sum' | 'avg' | 'count'

export interface Aggregate {
  readonly name: AggregateName
  readonly appliesTo: (type: ColumnType) => boolean
  /** How the result is shown; of no rows it is null, but for `count`. */
  readonly resultType: (type: ColumnType) => ColumnType
}
