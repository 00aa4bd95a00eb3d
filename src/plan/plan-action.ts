// Plans an action on many records as one SQL statement, whatever their count: each is judged where it is changed.
//
//   with target  as (the records that the caller sees),
//        written as (update … where key = any(…) and what has to hold of the row before and after, returning its columns)
//   select per key that was given: its place, whether it is seen, whether it was changed, a cast that fails where a trigger made it unseen
import type { PermittedAction } from '../access/allow-action.ts'
import type { Column } from '../schema/field.ts'
import type { Dialect } from './dialect.ts'
import { printValue } from './print-value.ts'
import { Printer, type Row } from './printer.ts'
import { and, column, type Parameter, type Sql, sql, yes } from './sql.ts'

export interface ActionPlan {
  readonly text: string
  readonly parameters: readonly Parameter[]
  /** The table that is written. */
  readonly changes: string
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
  const lists = resource.key.map((one, i) =>
    dialect.cast({ kind: 'slot', slot: keys[i] as number }, one.sqlListType ?? `${one.sqlType}[]`),
  )
  const names = sql.join(resource.key.map((_, i) => sql.raw(`k${i}`)))
  const isGiven = (of: Row): Sql => {
    const [first] = resource.key
    const stored = resource.key.map(one => printer.stored(one, of))
    return lists.length === 1 && first
      ? sql`${printer.stored(first, of)} = any(${lists[0] as Sql})`
      : sql`(${sql.join(stored)}) in (select ${names} from unnest(${sql.join(lists)}) as g(${names}))`
  }
  const sameKey = (alias: string) => and(resource.key.map((_, i) => sql.raw(`${alias}.k${i} = g.k${i}`)))
  const keyOf = (of: Row) =>
    sql.join(resource.key.map((one, i) => sql`${printer.stored(one, of)} as ${sql.raw(`k${i}`)}`))

  const target = sql`select ${keyOf(before)} from ${table} as ${sql.raw(before.alias)} where ${and([isGiven(before), printer.visible(before)])}`
  const holds = and([
    isGiven(row),
    printer.visible(row),
    ...rights.map(one => printer.guard(one.guard, row)),
    printChanged(action, row, printer),
  ])
  const assigned = sql.join(assignments.map(one => sql`${sql.id(one.column.name)} = ${printValue(one, row, printer)}`))
  const columns = [...resource.columns.values()].map(one => column(row.alias, one.name))
  const written = sql`update ${table} as ${sql.raw(row.alias)} set ${assigned} where ${holds} returning true as written, ${keyOf(row)}, ${sql.join(columns)}`
  const { alias } = after
  const seenAfter = printer.visible(after)
  const checked =
    seenAfter === yes
      ? sql`0`
      : // The name of a column is in it, or PostgreSQL would make the cast when it plans.
        sql`case when ${sql.raw(alias)}.written and (${seenAfter}) is not true then concat('colonnade:refused:-1 ', ${sql.raw(alias)}.written)::int4 else 0 end`
  const { text, parameters } = dialect.compile(
    sql`with target as (${target}), written as (${written}) select g.n, target.k0 is not null, ${sql.raw(alias)}.written is not null, ${checked} from unnest(${sql.join(lists)}) with ordinality as g(${names}, n) left join target on ${sameKey('target')} left join written as ${sql.raw(alias)} on ${sameKey(alias)}`,
  )
  return { text, parameters, changes: `${resource.table.schema}.${resource.table.name}` }
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
