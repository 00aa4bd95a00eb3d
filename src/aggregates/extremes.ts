// Knows which types have a least and a greatest value, for min and max.
import { isArrayType } from '../types/array.ts'
import type { ColumnType } from '../types/column-type.ts'
import { inet } from '../types/network.ts'
import { text } from '../types/text.ts'

// Sortable, yet without min and max in some PostgreSQL from 14 to 18.
const without = new Set(['bool', 'uuid', 'bytea', 'macaddr'])
// PostgreSQL answers these with another type than it was given.
const answeredAs: ReadonlyMap<string, ColumnType> = new Map([
  ['varchar', text],
  ['name', text],
  ['cidr', inet],
])

export function hasExtremes(type: ColumnType): boolean {
  return type.sortable && !without.has(type.name) && !isArrayType(type)
}

export function typeOfExtreme(type: ColumnType): ColumnType {
  return answeredAs.get(type.name) ?? type
}
