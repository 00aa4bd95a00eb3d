// The operator ends_with: how the text ends.
import type { Operator } from './operator.ts'

/** Case counts; `%` and `_` are themselves. */
export const endsWith: Operator = {
  name: 'ends_with',
  operand: 'one',
  families: ['text'],
  textOperandFor: ['text'],
  evaluate: (stored, operand) => typeof stored === 'string' && typeof operand === 'string' && stored.endsWith(operand),
}
