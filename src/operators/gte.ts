// The operator gte: above a value or equal to it.
import { compareValues } from './compare-values.ts'
import type { Operator } from './operator.ts'

export const gte: Operator = {
  name: 'gte',
  operand: 'one',
  families: ['ordered', 'text'],
  evaluate: (stored, operand) => {
    const order = compareValues(stored, operand)
    return order === 1 || order === 0
  },
}
