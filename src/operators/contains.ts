// The operator contains: a part of the text.
import type { Operator } from './operator.ts'

/** Case counts; `%` and `_` are themselves. */
export const contains: Operator = {
  name: 'contains',
  operand: 'one',
  families: ['text'],
  textOperandFor: ['text'],
  evaluate: (stored, operand) => typeof stored === 'string' && typeof operand === 'string' && stored.includes(operand),
}
