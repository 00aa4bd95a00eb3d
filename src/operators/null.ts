// The operator null: whether there is a value at all.
import { isMissing } from './compare-values.ts'
import type { Operator } from './operator.ts'

/** `[null]=true` matches null, `[null]=false` everything else. The only operator of every type. */
export const isNull: Operator = {
  name: 'null',
  operand: 'boolean',
  families: ['equal', 'ordered', 'text', 'array', 'json', 'none'],
  evaluate: (stored, operand) => isMissing(stored) === (operand === true),
}
