// The operator has: an array has this element, a JSON object this key.
import { areEqual, isMissing } from './compare-values.ts'
import type { Operator } from './operator.ts'

/** JSON as PostgreSQL's `?` sees it: the keys of an object, the strings of an array, or the string itself. */
export const has: Operator = {
  name: 'has',
  operand: 'one',
  families: ['array', 'json'],
  textOperandFor: ['json'],
  evaluate: (stored, operand) => {
    if (isMissing(stored) || isMissing(operand)) return false
    if (Array.isArray(stored)) return stored.some(one => areEqual(one, operand))
    return typeof stored === 'object'
      ? typeof operand === 'string' && Object.hasOwn(stored as object, operand)
      : typeof stored === 'string' && stored === operand
  },
}
