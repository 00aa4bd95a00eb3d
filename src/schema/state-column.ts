// Says of the column `status` of commands which values it has.
import type { ColumnType } from '../types/column-type.ts'
import type { Column } from './field.ts'
import { requestStates } from './request-columns.ts'

const known: ReadonlySet<unknown> = new Set(requestStates)

/** So that a filter by another is told which there are, and OPTIONS lists them. */
export function stateColumn(column: Column): Column {
  const type: ColumnType = {
    ...column.type,
    family: 'ordered',
    parse: value => (typeof value === 'string' && known.has(value) ? value : undefined),
    accepts: `one of ${requestStates.join(', ')}`,
    jsonSchema: { type: 'string', enum: requestStates },
  }
  return { ...column, type }
}
