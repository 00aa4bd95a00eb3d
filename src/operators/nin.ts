// The operator nin: none of a list of values.
import { inList } from './in.ts'
import type { Operator } from './operator.ts'

/** The exact complement of in, so it matches null, and with an empty list everything. */
export const nin: Operator = {
  name: 'nin',
  operand: 'list',
  negates: 'in',
  families: inList.families,
  evaluate: (stored, operand) => !inList.evaluate(stored, operand),
}
