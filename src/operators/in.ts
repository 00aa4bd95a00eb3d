// The operator in: one of a list of values.
import { areEqual } from './compare-values.ts'
import type { Operator } from './operator.ts'

/** The empty list matches nothing. */
export const inList: Operator = {
  name: 'in',
  operand: 'list',
  families: ['equal', 'ordered', 'text', 'json'],
  evaluate: (stored, operand) => Array.isArray(operand) && operand.some(one => areEqual(stored, one)),
}
