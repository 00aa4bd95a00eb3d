// Plans which records hold a foreign key to the record of a path: those that the caller sees, locked until it is done with them.
import type { Access, AccessSet } from '../access/access.ts'
import type { Parent } from '../access/permitted.ts'
import type { Dialect } from './dialect.ts'
import type { RowPlan } from './plan-row.ts'
import { printLists } from './print-given.ts'
import { printUnder } from './print-parent.ts'
import { Printer, type Row } from './printer.ts'
import { and, column, type Sql, sql } from './sql.ts'

export interface LinkedHere {
  readonly set: AccessSet
  readonly access: Access
  readonly parent: Parent
  /** Slots of lists, one a column of the key: the records that are asked for. */
  readonly keys: readonly number[]
  /** Whether others are found too. */
  readonly others: boolean
  /** Rows at most. */
  readonly limit: number
}

/** Per record: its place in the lists, from 1, or null for one that is not asked for; and its key. */
export function planLinkedHere({ set, access, parent, keys, others, limit }: LinkedHere, dialect: Dialect): RowPlan {
  const { resource } = access
  const printer = new Printer(set, dialect)
  const row: Row = { alias: printer.newAlias(), resource, access }
  const names = sql.join(resource.key.map((_, i) => sql.raw(`k${i}`)))
  const stored = resource.key.map(one => printer.stored(one, row))
  const same: readonly Sql[] = stored.map((one, i) => sql`${one} = g.${sql.raw(`k${i}`)}`)
  const where = and([printer.visible(row), printUnder(parent, row, printer)])
  const key = resource.key.map(one => column(row.alias, one.name))
  const lists = sql`unnest(${sql.join(printLists(keys, resource, dialect))}) with ordinality as g(${names}, n)`
  const join = sql.raw(others ? 'left join' : 'join')
  return dialect.compile(
    sql`select ${sql.join([sql`g.n`, ...key])} from ${printer.table(resource.table)} as ${sql.raw(row.alias)} ${join} ${lists} on ${and(same)} where ${where} order by ${sql.join(stored)} limit ${sql.raw(String(limit))} for no key update of ${sql.raw(row.alias)}`,
  )
}
