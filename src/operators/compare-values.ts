// Compares two values as PostgreSQL does, for the meaning of operators.
import { isDeepStrictEqual } from 'node:util'

/** Two-valued: null equals nothing, not even null. NaN equals itself. */
export function areEqual(stored: unknown, operand: unknown): boolean {
  if (isMissing(stored) || isMissing(operand)) return false
  return compareValues(stored, operand) === 0 || isDeepStrictEqual(stored, operand)
}

/** Below, equal or above as -1, 0, 1; undefined where the two have no order. Text by code units, which is collation "C" but for rare planes. */
export function compareValues(stored: unknown, operand: unknown): -1 | 0 | 1 | undefined {
  if (isMissing(stored) || isMissing(operand)) return undefined
  if (isNumber(stored) && isNumber(operand)) return compareNumbers(stored, operand)
  if (typeof stored === 'string' && typeof operand === 'string') return stored < operand ? -1 : stored > operand ? 1 : 0
  if (typeof stored === 'boolean' && typeof operand === 'boolean') return stored === operand ? 0 : stored ? 1 : -1
  return undefined
}

export function isMissing(value: unknown): boolean {
  return value === null || value === undefined
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

// PostgreSQL sorts NaN above every number, and holds it equal to itself.
function compareNumbers(stored: number | bigint, operand: number | bigint): -1 | 0 | 1 {
  const [left, right] = [Number.isNaN(stored), Number.isNaN(operand)]
  if (left || right) return left && right ? 0 : left ? 1 : -1
  return stored < operand ? -1 : stored > operand ? 1 : 0
}
