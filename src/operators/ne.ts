// The operator ne: any other value, or none.
import { eq } from './eq.ts'
import type { Operator } from './operator.ts'

/** The exact complement of eq, so it matches null. */
export const ne: Operator = {
  name: 'ne',
  operand: 'one',
  negates: 'eq',
  families: eq.families,
  evaluate: (stored, operand) => !eq.evaluate(stored, operand),
}
