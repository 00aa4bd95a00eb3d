// Matches a table of the definition with the one in the database.
import { arrayType, columnType, enumType } from '../types/index.ts'
import type { ColumnInfo, TableInfo, TableName } from './database-schema.ts'
import type { Column } from './field.ts'
import { isByWorker, isHidden } from './request-columns.ts'
import type { TableDefinition } from './schema-definition.ts'
import { stateColumn } from './state-column.ts'
import { hint } from './suggest.ts'

/** How the database spells the type that a parameter is cast to. */
export type SqlTypeOf = (column: ColumnInfo) => { readonly sqlType: string; readonly sqlListType: string | null }

/** A table of the definition, matched with the one in the database. */
export interface BoundTable {
  readonly entry: string
  readonly definition: TableDefinition
  readonly info: TableInfo
  readonly columns: ReadonlyMap<string, Column>
  readonly key: readonly Column[]
}

/** What a problem is reported to; compiling goes on, so that all are seen at once. */
export type Report = (problem: string) => void

export function bindTable(
  entry: string,
  definition: TableDefinition,
  database: ReadonlyMap<string, TableInfo>,
  sqlTypeOf: SqlTypeOf,
  report: Report,
  /** Columns whose absence is told elsewhere. */
  told: ReadonlySet<string> = new Set(),
): BoundTable | undefined {
  const name = tableNameOf(entry, definition)
  const info = database.get(keyOfTable(name))
  if (!info) {
    report(`${entry}: there is no table ${name.schema}.${name.name} that this login may read`)
    return undefined
  }
  const facts = new Map(info.columns.map(column => [column.name, column]))
  const columns = new Map<string, Column>()
  for (const column of Object.keys(definition.columns)) {
    const found = facts.get(column)
    // Who asked, and with which claims, is nobody's to read, whatever a definition names.
    if (found && isHidden(info, column)) continue
    if (found) columns.set(column, boundColumn(toColumn(found, sqlTypeOf), isByWorker(info, column)))
    else if (!told.has(column)) report(`${entry}: there is no column "${column}".${hint(column, facts.keys())}`)
  }
  const key = listOf(definition.key).flatMap(column => columns.get(column) ?? [])
  if (key.length < listOf(definition.key).length) report(`${entry}: its key names a column that it does not have`)
  return { entry, definition, info, columns, key }
}

export function tableNameOf(entry: string, definition: TableDefinition | undefined): TableName {
  const dot = entry.indexOf('.')
  return {
    schema: definition?.table?.schema ?? (dot > 0 ? entry.slice(0, dot) : 'public'),
    name: definition?.table?.name ?? entry.slice(dot + 1),
  }
}

export const keyOfTable = (name: TableName): string => `${name.schema}\u0000${name.name}`

function boundColumn(column: Column, isByWorker: boolean): Column {
  if (!isByWorker) return column
  return { ...(column.name === 'status' ? stateColumn(column) : column), generated: true }
}

export function toColumn(info: ColumnInfo, sqlTypeOf: SqlTypeOf): Column {
  const element = info.enum ? enumType(info.enum) : columnType(isKnown(info) ? info.type : 'unknown')
  const type = info.isArray ? arrayType(element) : element
  return {
    name: info.name,
    type,
    ...sqlTypeOf(info),
    isArray: info.isArray,
    nullable: info.nullable,
    mustCast: info.domain !== null && (info.enum !== null || info.isArray),
    deterministic: info.deterministicCollation,
    generated: info.generated === 'stored' || info.generated === 'virtual' || info.generated === 'identityAlways',
    hasDefault: info.hasDefault || info.generated === 'identity',
    maxLength: info.maxLength,
  }
}

/** A type of the user that happens to be called `json` is not PostgreSQL's; `citext` comes as an extension, in any schema. */
function isKnown({ type, typeSchema }: ColumnInfo): boolean {
  return typeSchema === 'pg_catalog' || type === 'citext'
}

/** One column or several, as a list. */
export const listOf = (value: string | readonly string[] | undefined): readonly string[] =>
  value === undefined ? [] : typeof value === 'string' ? [value] : value
