// The operator eq: the same value.
import { areEqual } from './compare-values.ts'
import type { Operator } from './operator.ts'

/** On an array column it takes the whole array, order and all. */
export const eq: Operator = {
  name: 'eq',
  operand: 'one',
  families: ['equal', 'ordered', 'text', 'array', 'json'],
  evaluate: areEqual,
}
