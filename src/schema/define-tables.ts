// Turns what introspection found into the definition that `colonnade pull` writes.
import { keyOfTable } from './bind-table.ts'
import type { DatabaseSchema, TableInfo, TableName } from './database-schema.ts'
import { defineColumn } from './define-column.ts'
import { type FoundRelationship, findRelationships } from './find-relationships.ts'
import { compareText, nameRelationships, numberName } from './name-relationships.ts'
import { isHidden } from './request-columns.ts'
import type { RelationshipDefinition, SchemaDefinition, TableDefinition } from './schema-definition.ts'

export interface DefineTablesOptions {
  /** The schema whose tables go by their bare names; `public` when left out or, where that has no tables, the first. */
  readonly home?: string | undefined
}

/**
 * Each table, view and materialised view as an entry: `videos`, or `sales.orders` for one outside the home schema.
 * - The key is the primary key, else the smallest unique one without nulls; a view has none, but one can be written by hand.
 * - Relationships come from foreign keys, see `nameRelationships` for what they are called.
 *
 * @example
 * const definition = defineTables(await introspect(client))
 * definition.videos.relationships // { user: { belongsTo: 'users', by: 'user_id' } }
 */
export function defineTables({ tables }: DatabaseSchema, options: DefineTablesOptions = {}): SchemaDefinition {
  const entries = nameEntries(tables, options.home ?? homeOf(tables))
  const entryOf = (table: TableInfo) => entries.get(table) as string
  const found = Map.groupBy(findRelationships(tables), one => one.from)
  const defined = tables.map(table => [entryOf(table), defineTable(table, entryOf, found.get(table) ?? [])] as const)
  return Object.fromEntries(defined.toSorted(([a], [b]) => compareText(a, b)))
}

function homeOf(tables: readonly TableInfo[]): string {
  const schemas = tables.map(table => table.schema).toSorted(compareText)
  return schemas.includes('public') ? 'public' : (schemas[0] ?? 'public')
}

/** A table of the home schema that is itself called `sales.orders` leaves `sales.orders_2` to the other. */
function nameEntries(tables: readonly TableInfo[], home: string): ReadonlyMap<TableInfo, string> {
  const taken = new Set<string>()
  const entries = new Map<TableInfo, string>()
  const isHome = (table: TableInfo) => table.schema === home
  const inOrder = tables.toSorted(
    (a, b) => Number(isHome(b)) - Number(isHome(a)) || compareText(keyOfTable(a), keyOfTable(b)),
  )
  for (const table of inOrder) {
    const entry = numberName(isHome(table) ? table.name : `${table.schema}.${table.name}`, taken)
    taken.add(entry)
    entries.set(table, entry)
  }
  return entries
}

function defineTable(
  table: TableInfo,
  entryOf: (table: TableInfo) => string,
  found: readonly FoundRelationship[],
): TableDefinition {
  const entry = entryOf(table)
  const key = chooseKey(table)
  const columns = table.columns.flatMap(column =>
    isHidden(table, column.name) ? [] : [[column.name, defineColumn(column)] as const],
  )
  const names = nameRelationships(
    found,
    table.columns.map(column => column.name),
  )
  const relationships = [...names].map(([name, one]) => [name, defineRelationship(one, entryOf)] as const)
  return {
    ...sayTable(entry, table),
    ...(key && { key: oneOrList(key) }),
    columns: Object.fromEntries(columns),
    ...(relationships.length > 0 && { relationships: Object.fromEntries(relationships) }),
  }
}

/** What an entry says of its table: nothing where its name says it all. A dot in it would stand between schema and name. */
export function sayTable(entry: string, { schema, name }: TableName): Pick<TableDefinition, 'table'> {
  return schema === 'public' && name === entry && !entry.includes('.') ? {} : { table: { schema, name } }
}

function chooseKey(table: TableInfo): readonly string[] | undefined {
  if (table.primaryKey) return table.primaryKey
  const place = new Map(table.columns.map((column, i) => [column.name, i]))
  const nullable = new Set(table.columns.filter(column => column.nullable).map(column => column.name))
  const whole = table.uniques
    .map(one => one.columns)
    .filter(columns => columns.length > 0 && !columns.some(one => nullable.has(one)))
  // Not by the names of the constraints, which differ from one database to the next.
  const places = (columns: readonly string[]) => columns.map(one => String(place.get(one)).padStart(4, '0')).join()
  return whole.toSorted((a, b) => a.length - b.length || compareText(places(a), places(b)))[0]
}

function defineRelationship(one: FoundRelationship, entryOf: (table: TableInfo) => string): RelationshipDefinition {
  const to = entryOf(one.to)
  switch (one.kind) {
    case 'belongsTo':
      return { belongsTo: to, by: oneOrList(one.key.columns) }
    case 'hasOne':
      return { hasOne: to, by: oneOrList(one.key.columns) }
    case 'hasMany':
      return { hasMany: to, by: oneOrList(one.key.columns) }
    case 'manyToMany':
      return {
        manyToMany: to,
        through: entryOf(one.through),
        by: [oneOrList(one.near.columns), oneOrList(one.far.columns)],
      }
  }
}

function oneOrList(columns: readonly string[]): string | readonly string[] {
  return columns.length === 1 ? (columns[0] as string) : columns
}
