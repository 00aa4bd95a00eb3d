// Plans how the records that a function is to be called for are read: each judged as it is once it is locked.
import type { PermittedAction } from '../access/allow-action.ts'
import type { Dialect } from './dialect.ts'
import type { RowPlan } from './plan-row.ts'
import { printLists } from './print-given.ts'
import { Printer, type Row } from './printer.ts'
import { and, column, type Sql, sql } from './sql.ts'

/** Per record that the caller sees: its place in the lists of keys, from 1, whether he may do it, and the columns of the resource in their order. */
export function planChosen({ access, set, keys, rights }: PermittedAction, dialect: Dialect): RowPlan {
  const { resource } = access
  const printer = new Printer(set, dialect)
  const row: Row = { alias: printer.newAlias(), resource, access }
  const lists = printLists(keys, resource, dialect)
  const names = sql.join(resource.key.map((_, i) => sql.raw(`k${i}`)))
  const stored = resource.key.map(one => printer.stored(one, row))
  const same: readonly Sql[] = stored.map((one, i) => sql`${one} = g.${sql.raw(`k${i}`)}`)
  const may = printer.locked(() => and(rights.map(one => printer.guard(one.guard, row))))
  const seen = printer.locked(() => printer.visible(row))
  const columns = [...resource.columns.values()].map(one => column(row.alias, one.name))
  // In the order of the keys, so that two that want the same records do not wait for each other.
  return dialect.compile(
    sql`select g.n, (${may}) is true, ${sql.join(columns)} from ${printer.table(resource.table)} as ${sql.raw(row.alias)} join unnest(${sql.join(lists)}) with ordinality as g(${names}, n) on ${and(same)} where ${seen} order by ${sql.join(stored)} for no key update of ${sql.raw(row.alias)}`,
  )
}
