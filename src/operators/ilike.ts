// The operator ilike: a part of the text, in any case.
import type { Operator } from './operator.ts'

/** `contains` without case; `%` and `_` are themselves. */
export const ilike: Operator = {
  name: 'ilike',
  operand: 'one',
  families: ['text'],
  textOperandFor: ['text'],
  evaluate: (stored, operand) =>
    typeof stored === 'string' && typeof operand === 'string' && stored.toLowerCase().includes(operand.toLowerCase()),
}
