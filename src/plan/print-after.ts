// Prints what a written row has to be: a cast that fails where it is not, which undoes the statement and says what was lacking.
import type { PermittedWrite, Right } from '../access/permitted-write.ts'
import type { Resource } from '../schema/model.ts'
import type { Dialect } from './dialect.ts'
import { printGiven } from './print-given.ts'
import { Printer, type Row } from './printer.ts'
import { and, column, type Parameter, type Sql, sql, yes } from './sql.ts'

/** The cast that fails says which right the new row lacks; `-1` that it is not visible. */
export const refusal = /colonnade:refused:(-?\d+)/

/** What a statement adds to the columns of the row that it writes, by names that no table has. */
export const names = {
  written: sql.id('colonnade:written'),
  created: sql.id('colonnade:created'),
  key: (index: number): Sql => sql.id(`colonnade:key${index}`),
}

export interface Check {
  readonly condition: Sql
  /** Of the right that is lacking where the condition does not hold, in the order of the rights; -1 where the row is not visible. */
  readonly index: number
  /** It looks at other rows of the table that is written, which the statement that writes sees as they were. */
  readonly early: boolean
}

/** A statement that asks of the row once it is written, in the same transaction: its parameters are those of the write, the key, whether it is new. */
export interface AfterPlan {
  readonly text: string
  readonly parameters: readonly Parameter[]
}

/** @param created whether the row is new, where a write may do either */
export function printChecks(
  { rights, creation, access }: PermittedWrite,
  after: Row,
  created: Sql,
  printer: Printer,
): readonly Check[] {
  const guardOf = (one: Right): Sql => {
    if (one.before) return yes
    const guard = printer.guard(one.guard, after)
    if (guard === yes || !creation) return guard
    return one.on === 'create' ? sql`not ${created} or ${guard}` : sql`${created} or ${guard}`
  }
  // A right is one of the roles that make a row visible, so that a row on which it holds is.
  const isSeen = !creation && rights.some(one => !one.before)
  const asked: readonly (readonly [number, () => Sql])[] = [
    [-1, () => (isSeen ? yes : printer.visible(after))],
    ...rights.map((one, i) => [i, () => guardOf(one)] as const),
  ]
  return asked.flatMap(([index, print]) => printCheck(index, print, access.resource, printer))
}

export function printVisible(after: Row, printer: Printer): readonly Check[] {
  return printCheck(-1, () => printer.visible(after), after.resource, printer)
}

function printCheck(index: number, print: () => Sql, { table }: Resource, printer: Printer): readonly Check[] {
  const { printed, reads } = printer.readsOf(print)
  return printed === yes ? [] : [{ condition: printed, index, early: reads.has(`${table.schema}.${table.name}`) }]
}

export function printRefusal(checks: readonly Check[], alias: string): Sql {
  if (checks.length === 0) return sql`0`
  const written = sql`${sql.raw(alias)}.${names.written}`
  // The name of a column is in it, or PostgreSQL would make the cast when it plans.
  const cases = checks.map(
    ({ condition, index }) =>
      sql`when (${condition}) is not true then concat(${sql.lit(`colonnade:refused:${index} `)}::text, ${written})::int4`,
  )
  return sql`case when ${written} is null then 0 ${sql.join(cases, sql` `)} else 0 end`
}

/** Asks of a record what the statement that wrote it could not; null where there is nothing of the kind. */
export function planAfter(write: PermittedWrite, dialect: Dialect): AfterPlan | null {
  const { access, set, values } = write
  const { resource } = access
  const printer = new Printer(set, dialect)
  const after: Row = { alias: printer.newAlias(), resource, access }
  const first = values.length
  const isNew = dialect.cast({ kind: 'slot', slot: first + resource.key.length }, 'bool')
  const checks = printer.locked(() => printChecks(write, after, isNew, printer))
  const keys = resource.key.map((one, i) => dialect.cast({ kind: 'slot', slot: first + i }, one.sqlType))
  return planChecks(
    checks,
    after,
    of => and(resource.key.map((one, i) => sql`${printer.stored(one, of)} = ${keys[i]}`)),
    printer,
  )
}

/**
 * The same of the records that an action changed.
 * @param keys slots of their keys, a list a column
 */
export function planAfterAction(
  { access, set }: PermittedWrite,
  keys: readonly number[],
  dialect: Dialect,
): AfterPlan | null {
  const { resource } = access
  const printer = new Printer(set, dialect)
  const after: Row = { alias: printer.newAlias(), resource, access }
  const checks = printer.locked(() => printVisible(after, printer))
  return planChecks(checks, after, of => printGiven(keys, of, printer), printer)
}

function planChecks(
  checks: readonly Check[],
  after: Row,
  printKey: (row: Row) => Sql,
  printer: Printer,
): AfterPlan | null {
  const early = checks.filter(one => one.early)
  if (early.length === 0) return null
  const stored: Row = { ...after, alias: printer.newAlias() }
  const columns = [...after.resource.columns.values()].map(one => column(stored.alias, one.name))
  const row = sql`select true as ${names.written}, ${sql.join(columns)} from ${printer.table(after.resource.table)} as ${sql.raw(stored.alias)} where ${printKey(stored)}`
  return printer.dialect.compile(
    sql`select ${printRefusal(early, after.alias)} from (${row}) as ${sql.raw(after.alias)}`,
  )
}
