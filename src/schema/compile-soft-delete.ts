// Reads which column marks a record as deleted.

import type { Condition } from '../expressions/condition.ts'
import type { Report } from './bind-table.ts'
import type { ColumnField } from './field.ts'
import type { Resource } from './model.ts'
import { definedNames, findDefined } from './policy-reader.ts'
import { hint } from './suggest.ts'

const types: ReadonlySet<string> = new Set(['timestamptz', 'timestamp', 'date'])

/** @returns null where nothing is said, or what is said is wrong, which is reported */
export function compileSoftDelete(
  given: string | undefined,
  name: string,
  known: Pick<Resource, 'fields' | 'defined'>,
  report: Report,
): ColumnField | null {
  if (given === undefined) return null
  const field = findDefined(known, given)
  const where = `${name}.softDelete`
  if (field?.kind !== 'column') report(`${where}: there is no column "${given}".${hint(given, definedNames(known))}`)
  else if (!types.has(field.column.type.name) || field.column.isArray)
    report(`${where}: "${given}" must be a timestamptz, timestamp or date, not ${field.column.type.name}`)
  else if (!field.column.nullable)
    report(`${where}: "${given}" must be null for what is not deleted, and it may not be`)
  else if (field.column.generated) report(`${where}: "${given}" is generated, so it cannot be set`)
  else return field
  return null
}

/** What is deleted is there for nobody, but for roles that say so. */
export function notDeleted(field: ColumnField): Condition {
  return { kind: 'leaf', field, operator: 'null', operand: null, ignoreCase: false }
}
