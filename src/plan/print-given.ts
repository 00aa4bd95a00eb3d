// Prints the keys that a caller gave: as lists, one a column, and whether a row is among them.
import type { Resource } from '../schema/model.ts'
import type { Dialect } from './dialect.ts'
import type { Printer, Row } from './printer.ts'
import { type Sql, sql } from './sql.ts'

/** Whether the key of the row is in lists, one a column. */
export function printGiven(keys: readonly number[], row: Row, printer: Printer): Sql {
  const { key } = row.resource
  const lists = printLists(keys, row.resource, printer.dialect)
  const stored = sql.join(key.map(one => printer.stored(one, row)))
  if (lists.length === 1) return sql`${stored} = any(${sql.join(lists)})`
  const columns = sql.raw(key.map((_, i) => `k${i}`).join(', '))
  return sql`(${stored}) in (select ${columns} from unnest(${sql.join(lists)}) as g(${columns}))`
}

/** @param keys slots, one a column of the key */
export function printLists(keys: readonly number[], { key }: Resource, dialect: Dialect): readonly Sql[] {
  return key.map((one, i) =>
    dialect.cast({ kind: 'slot', slot: keys[i] as number }, one.sqlListType ?? `${one.sqlType}[]`),
  )
}
