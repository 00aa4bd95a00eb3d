// Plans how a write looks at the row itself: as it is before a change, locked, and as it has become.
import type { KeyMatch } from '../access/permitted.ts'
import type { PermittedWrite } from '../access/permitted-write.ts'
import type { Resource } from '../schema/model.ts'
import type { Dialect } from './dialect.ts'
import { printFound } from './print-parent.ts'
import { Printer, type Row } from './printer.ts'
import { and, column, type Parameter, type Sql, sql, tableName } from './sql.ts'

export interface RowPlan {
  readonly text: string
  readonly parameters: readonly Parameter[]
}

/** The columns of the resource in their order, then whether each right holds. No row where it is not there for the caller. */
export function planStored(write: PermittedWrite, dialect: Dialect): RowPlan {
  const { access, set, kind, rights } = write
  const { resource } = access
  const printer = new Printer(set, dialect)
  const row: Row = { alias: printer.newAlias(), resource, access }
  const found = printFound(write.match as KeyMatch, write.parent, row, printer)
  const columns = [...resource.columns.values()].map(one => column(row.alias, one.name))
  const flags = rights.map(one => sql`(${printer.locked(() => printer.guard(one.guard, row))}) is true`)
  const order = found.order ? sql` order by ${found.order}` : sql``
  const lock = sql.raw(kind === 'delete' ? 'update' : 'no key update')
  const where = and([found.where, printer.locked(() => printer.visible(row))])
  const from = sql`${printer.table(resource.table)} as ${sql.raw(row.alias)}`
  return dialect.compile(
    sql`select ${sql.join([...columns, ...flags])} from ${from} where ${where}${order} limit 1 for ${lock} of ${sql.raw(row.alias)}`,
  )
}

/** The columns of the resource, of the row with a key: one parameter a column of it. */
export function planRow({ table, key, columns }: Resource, dialect: Dialect): RowPlan {
  const same: readonly Sql[] = key.map(
    (one, slot) => sql`${sql.id(one.name)} = ${dialect.cast({ kind: 'slot', slot }, one.sqlType)}`,
  )
  const names = sql.join([...columns.values()].map(one => sql.id(one.name)))
  return dialect.compile(sql`select ${names} from ${tableName(table)} where ${and(same)}`)
}
