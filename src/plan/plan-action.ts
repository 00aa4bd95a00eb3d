// Plans an action on many records as one SQL statement, whatever their count: each is judged where it is changed.
//
//   with target  as (the records that the caller sees),
//        written as (update … where key = any(…) and what has to hold of the row before and after, returning its columns)
//   select per key that was given: its place, whether it is seen, whether it was changed, a cast that fails where a trigger made it unseen
import type { PermittedAction } from '../access/allow-action.ts'
import type { Column } from '../schema/field.ts'
import type { Dialect } from './dialect.ts'
import { type AfterPlan, names, planAfterAction, printRefusal, printVisible } from './print-after.ts'
import { printGiven, printLists } from './print-given.ts'
import { printValue } from './print-value.ts'
import { Printer, type Row } from './printer.ts'
import { and, column, type Parameter, type Sql, sql, yes } from './sql.ts'

export interface ActionPlan {
  readonly text: string
  readonly parameters: readonly Parameter[]
  /** What is asked of the rows once they are changed; null where nothing is left to ask. Its parameters are those of the action. */
  readonly after: AfterPlan | null
}

/** The columns of each row of the result. */
export const actionColumns = { place: 0, seen: 1, changed: 2 } as const

export function planAction(action: PermittedAction, dialect: Dialect): ActionPlan {
  const { access, set, keys, assignments, rights } = action
  const { resource } = access
  const printer = new Printer(set, dialect)
  const rowOf = (): Row => ({ alias: printer.newAlias(), resource, access })
  const [before, row, after] = [rowOf(), rowOf(), rowOf()]
  const table = printer.table(resource.table)
  const lists = printLists(keys, resource, dialect)
  const keyNames = sql.join(resource.key.map((_, i) => sql.raw(`k${i}`)))
  const isGiven = (of: Row) => printGiven(keys, of, printer)
  const sameKey = (alias: string) =>
    and(resource.key.map((_, i) => sql`${sql.raw(alias)}.${names.key(i)} = ${sql.raw(`g.k${i}`)}`))
  const keyOf = (of: Row) => sql.join(resource.key.map((one, i) => sql`${printer.stored(one, of)} as ${names.key(i)}`))

  const target = sql`select ${keyOf(before)} from ${table} as ${sql.raw(before.alias)} where ${and([isGiven(before), printer.visible(before)])}`
  const holds = printer.locked(() =>
    and([
      isGiven(row),
      printer.visible(row),
      ...rights.map(one => printer.guard(one.guard, row)),
      printChanged(action, row, printer),
    ]),
  )
  const assigned = sql.join(assignments.map(one => sql`${sql.id(one.column.name)} = ${printValue(one, row, printer)}`))
  const columns = [...resource.columns.values()].map(one => column(row.alias, one.name))
  const written = sql`update ${table} as ${sql.raw(row.alias)} set ${assigned} where ${holds} returning true as ${names.written}, ${keyOf(row)}, ${sql.join(columns)}`
  const { alias } = after
  const checks = printer.locked(() => printVisible(after, printer))
  const checked = printRefusal(
    checks.filter(one => !one.early),
    alias,
  )
  const { text, parameters } = dialect.compile(
    sql`with target as (${target}), written as (${written}) select g.n, target.${names.key(0)} is not null, ${sql.raw(alias)}.${names.written} is not null, ${checked} from unnest(${sql.join(lists)}) with ordinality as g(${keyNames}, n) left join target on ${sameKey('target')} left join written as ${sql.raw(alias)} on ${sameKey(alias)}`,
  )
  return {
    text,
    parameters,
    after: planAfterAction(action, keys, dialect),
  }
}

/** Whether the row is visible with its new values: asked before they are there, so that the others can be changed all the same. */
function printChanged({ access, assignments }: PermittedAction, row: Row, printer: Printer): Sql {
  const { resource } = access
  const changed: Row = { alias: printer.newAlias(), resource, access }
  const visible = printer.visible(changed)
  if (visible === yes) return yes
  const given = new Map(assignments.map(one => [one.column, one] as const))
  const columns = [...resource.columns.values()].map((one: Column) => {
    const assignment = given.get(one)
    const value = assignment
      ? sql`${printValue(assignment, row, printer)}::${sql.raw(one.sqlType)}`
      : column(row.alias, one.name)
    return sql`${value} as ${sql.id(one.name)}`
  })
  return sql`exists (select from (select ${sql.join(columns)}) as ${sql.raw(changed.alias)} where ${visible})`
}
