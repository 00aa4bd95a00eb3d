// The operator gt: above a value.
import { compareValues } from './compare-values.ts'
import type { Operator } from './operator.ts'

export const gt: Operator = {
  name: 'gt',
  operand: 'one',
  families: ['ordered', 'text'],
  evaluate: (stored, operand) => {
    const order = compareValues(stored, operand)
    return order === 1
  },
}
