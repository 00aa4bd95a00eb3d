// The operator starts_with: how the text begins.
import type { Operator } from './operator.ts'

/** Case counts; `%` and `_` are themselves. */
export const startsWith: Operator = {
  name: 'starts_with',
  operand: 'one',
  families: ['text'],
  textOperandFor: ['text'],
  evaluate: (stored, operand) =>
    typeof stored === 'string' && typeof operand === 'string' && stored.startsWith(operand),
}
