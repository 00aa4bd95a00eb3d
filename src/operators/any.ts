// The operator any: an array has at least one of these elements, a JSON object one of these keys.
import { has } from './has.ts'
import type { Operator } from './operator.ts'

/** Of the empty list nothing has any. */
export const any: Operator = {
  name: 'any',
  operand: 'list',
  families: has.families,
  textOperandFor: ['json'],
  evaluate: (stored, operand) => Array.isArray(operand) && operand.some(one => has.evaluate(stored, one)),
}
