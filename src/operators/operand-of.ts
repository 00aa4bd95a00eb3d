// Says what stands after an operator on a column of some type.
import { isArrayType } from '../types/array.ts'
import { bool } from '../types/boolean.ts'
import type { ColumnType } from '../types/column-type.ts'
import { text } from '../types/text.ts'
import type { OperandShape, Operator } from './operator.ts'

export interface OperandType {
  readonly shape: OperandShape
  /** Whose `parse` reads each value. For the whole array of `eq` it is the array's type: read with `parseList`. */
  readonly type: ColumnType
}

/**
 * `eq` on an array column takes the whole array; `has any all` take its elements, or keys of a JSON object as text; `search` takes text.
 * ```ts
 * operandOf(has, arrayType(int4)) // { shape: 'one', type: int4 }
 * ```
 */
export function operandOf(operator: Operator, type: ColumnType): OperandType {
  if (operator.operand === 'boolean') return { shape: 'boolean', type: bool }
  if (operator.textOperandFor?.includes(type.family)) return { shape: operator.operand, type: text }
  if (!isArrayType(type)) return { shape: operator.operand, type }
  return operator.name === 'eq' || operator.name === 'ne'
    ? { shape: 'list', type }
    : { shape: operator.operand, type: type.element }
}
