// The operator all: an array has every one of these elements, a JSON object every one of these keys.
import { isMissing } from './compare-values.ts'
import { has } from './has.ts'
import type { Operator } from './operator.ts'

/** Of the empty list everything but null has all. */
export const all: Operator = {
  name: 'all',
  operand: 'list',
  families: has.families,
  textOperandFor: ['json'],
  evaluate: (stored, operand) =>
    !isMissing(stored) && Array.isArray(operand) && operand.every(one => has.evaluate(stored, one)),
}
