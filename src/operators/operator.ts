// What a filter operator is: what it takes, which columns take it, what it means.
import type { OperatorFamily } from '../types/column-type.ts'

export type OperatorName =
  | 'eq'
  | 'ne'
  | 'lt'
  | 'lte'
  | 'gt'
  | 'gte'
  | 'in'
  | 'nin'
  | 'contains'
  | 'starts_with'
  | 'ends_with'
  | 'ilike'
  | 'null'
  | 'search'
  | 'has'
  | 'any'
  | 'all'

export type OperandShape = 'one' | 'list' | 'boolean'

export interface Operator {
  readonly name: OperatorName
  /** What stands after it: `filter[a][eq]=1`, `filter[a][in]=1,2`, `filter[a][null]=true`. */
  readonly operand: OperandShape
  /** The operator whose exact complement this is: `ne` is printed as not(eq), so that it matches nulls. */
  readonly negates?: OperatorName
  readonly families: readonly OperatorFamily[]
  /** Types that take it although their family does not. */
  readonly alsoTypes?: readonly string[]
  /** Whether the operand is text whatever the column's type: a word to search for, a key of a JSON object. */
  readonly textOperandFor?: readonly OperatorFamily[]
  /**
   * What it means, naively, on values as JSON shows them (but int8 and numeric as numbers or bigints): documentation, and the oracle of tests.
   * A comparison with a stored null is false, and so a negation true.
   */
  readonly evaluate: (stored: unknown, operand: unknown) => boolean
}
