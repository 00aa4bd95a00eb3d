// Says what a column is in one word of a definition: `int4`, `text null`, `text[] null default`, an enum with its labels.
import { columnTypes } from '../types/index.ts'
import type { ColumnInfo } from './database-schema.ts'
import type { ColumnDefinition } from './schema-definition.ts'

/** All kinds of text are told apart by the database alone. */
const sameAs: ReadonlyMap<string, string> = new Map([
  ['varchar', 'text'],
  ['bpchar', 'text'],
  ['name', 'text'],
])

/**
 * `default`: a row can be made without it. `generated`: the database computes it and it is never written; `null` is then left out.
 *
 * @example
 * defineColumn(column) // 'timestamptz default'
 */
export function defineColumn(column: ColumnInfo): ColumnDefinition {
  const generated =
    column.generated === 'stored' || column.generated === 'virtual' || column.generated === 'identityAlways'
  const hasDefault = !generated && column.hasDefault
  if (column.enum) {
    return {
      enum: column.enum,
      ...(column.isArray && { array: true }),
      ...(column.nullable && { null: true }),
      ...(hasDefault && { default: true }),
      ...(generated && { generated: true }),
    }
  }
  const flags = generated ? ' generated' : `${column.nullable ? ' null' : ''}${hasDefault ? ' default' : ''}`
  return `${wordOf(column)}${column.isArray ? '[]' : ''}${flags}`
}

/** A type of the user that happens to be called `text` is not ours; `citext` comes as an extension, in any schema. */
function wordOf({ type, typeSchema }: ColumnInfo): string {
  const known = (typeSchema === 'pg_catalog' || type === 'citext') && columnTypes.has(type)
  return known ? (sameAs.get(type) ?? type) : 'unknown'
}
