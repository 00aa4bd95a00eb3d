// Reads what tables, views, keys and types a database has, in seven statements however many tables there are.
import type { ClientBase } from 'pg'
import type { ColumnInfo, DatabaseSchema, ForeignKeyInfo, TableInfo, UniqueInfo } from '../../schema/database-schema.ts'
import { type CheckRow, checksSql } from './introspect/checks.sql.ts'
import { type ColumnRow, columnsSql } from './introspect/columns.sql.ts'
import { type ForeignKeyRow, foreignKeysSql } from './introspect/foreign-keys.sql.ts'
import { resolveType } from './introspect/resolve-type.ts'
import { type TableRow, tablesSql } from './introspect/tables.sql.ts'
import { type TypeRow, typesSql } from './introspect/types.sql.ts'
import { type UniqueRow, uniquesSql } from './introspect/uniques.sql.ts'

export interface IntrospectOptions {
  /** All but PostgreSQL's own and `colonnade` when left out. */
  readonly schemas?: readonly string[] | undefined
}

/**
 * The facts of a PostgreSQL database (14 to 18), as far as the login may select: a table that it may not select is left out, and so
 * are partitions (their parent stands for them), temporary tables, and tables that an extension brought.
 *
 * @example
 * const schema = await introspect(client, { schemas: ['public', 'sales'] })
 * schema.tables[0].columns.map(column => column.name)
 */
export const introspect = async (client: ClientBase, options: IntrospectOptions = {}): Promise<DatabaseSchema> => {
  const run = async <Row extends object>(sql: string, values: readonly unknown[]) =>
    (await client.query<Row>(sql, [...values])).rows
  const [server] = await run<{ version: number }>(`select current_setting('server_version_num')::int4 as version`, [])
  const tables = await run<TableRow>(tablesSql, [options.schemas ?? null])
  const ids = [tables.map(table => table.id)]
  const columns = await run<ColumnRow>(columnsSql, ids)
  const types = new Map((await run<TypeRow>(typesSql, ids)).map(type => [type.id, type]))
  const uniques = groupByTable(await run<UniqueRow>(uniquesSql, ids))
  const foreignKeys = groupByTable(await run<ForeignKeyRow>(foreignKeysSql, ids))
  const checks = groupByTable(await run<CheckRow>(checksSql, ids))
  const columnsOf = groupByTable(columns)
  return {
    version: Number(server?.version),
    tables: tables.map(table =>
      toTable(
        table,
        types,
        columnsOf.get(table.id) ?? [],
        uniques.get(table.id) ?? [],
        foreignKeys.get(table.id) ?? [],
        checks.get(table.id) ?? [],
      ),
    ),
  }
}

const groupByTable = <Row extends { readonly table_id: string }>(rows: readonly Row[]) =>
  Map.groupBy(rows, row => row.table_id)

const tableKinds: Readonly<Record<string, TableInfo['kind']>> = { v: 'view', m: 'materializedView' }

const toTable = (
  table: TableRow,
  types: ReadonlyMap<string, TypeRow>,
  columnRows: readonly ColumnRow[],
  uniqueRows: readonly UniqueRow[],
  foreignKeyRows: readonly ForeignKeyRow[],
  checkRows: readonly CheckRow[],
): TableInfo => {
  const kind = tableKinds[table.kind] ?? 'table'
  const columns = columnRows.map(row => toColumn(row, types, kind))
  const notNull = new Set(columns.filter(column => !column.nullable).map(column => column.name))
  return {
    schema: table.schema,
    name: table.name,
    kind,
    comment: table.comment,
    columns,
    primaryKey: uniqueRows.find(row => row.primary)?.columns ?? null,
    uniques: uniqueRows.filter(row => !row.primary).map(row => toUnique(row, notNull)),
    foreignKeys: foreignKeyRows.map(toForeignKey),
    checks: checkRows.map(({ name, columns, expression }) => ({ name, columns, expression })),
    securityInvoker: table.security_invoker,
    onlyRows: table.only_rows,
    lockable: table.only_rows && table.may_lock,
    moreOn: { insert: table.more_on_insert, update: table.more_on_update },
  }
}

const toColumn = (row: ColumnRow, types: ReadonlyMap<string, TypeRow>, kind: TableInfo['kind']): ColumnInfo => {
  const { notNull, hasDefault, ...type } = resolveType(types, row.type_id, row.modifier)
  return {
    name: row.name,
    ...type,
    // A view can show null under a domain that refuses it: the empty side of an outer join.
    nullable: !(row.not_null || (notNull && kind === 'table')),
    // Whether a row can be inserted without it; the default of a domain serves too.
    hasDefault: row.has_default || row.identity !== '' || (hasDefault && row.generated === ''),
    generated: toGenerated(row),
    deterministicCollation: row.deterministic,
    comment: row.comment,
  }
}

const toGenerated = ({ generated, identity }: ColumnRow): ColumnInfo['generated'] => {
  if (generated !== '') return generated === 'v' ? 'virtual' : 'stored'
  if (identity !== '') return identity === 'a' ? 'identityAlways' : 'identity'
  return 'never'
}

const toUnique = (row: UniqueRow, notNull: ReadonlySet<string>): UniqueInfo => ({
  name: row.name,
  columns: row.columns,
  notNull: row.nulls_not_distinct || row.columns.every(column => notNull.has(column)),
})

const onDelete: Readonly<Record<string, ForeignKeyInfo['onDelete']>> = {
  r: 'restrict',
  c: 'cascade',
  n: 'set null',
  d: 'set default',
}

const toForeignKey = (row: ForeignKeyRow): ForeignKeyInfo => ({
  name: row.name,
  columns: row.columns,
  table: { schema: row.target_schema, name: row.target_name },
  references: row.references,
  onDelete: onDelete[row.on_delete] ?? 'no action',
})
