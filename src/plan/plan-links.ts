// Plans how a set of links is replaced: which records are meant, and which links there are that the caller sees.
import type { Access, AccessSet } from '../access/access.ts'
import type { Column, Field, ManyToManyField, ToOneField } from '../schema/field.ts'
import type { Dialect } from './dialect.ts'
import type { RowPlan } from './plan-row.ts'
import { Printer, type Row } from './printer.ts'
import { and, column, no, type Sql, sql, yes } from './sql.ts'

/** A set of links, as this caller has it. */
export interface LinkSet {
  readonly field: ManyToManyField
  readonly set: AccessSet
  readonly join: Access
  readonly target: Access
  /** The fields of the join row. */
  readonly near: ToOneField
  readonly far: ToOneField
}

/** How the join row shows the key of a record. */
export function shownKeyOf({ chosenKey, link }: ToOneField): readonly Column[] {
  return chosenKey ?? link.foreign
}

/**
 * Which records are there for the caller: the number of the one that is asked for, from 1, and its shown key.
 * @param by null for the shown key; else the natural key. Slots hold one list a column.
 */
export function planLinked({ set, target, far }: LinkSet, by: Field | null, dialect: Dialect): RowPlan {
  const printer = new Printer(set, dialect)
  const row: Row = { alias: printer.newAlias(), resource: target.resource, access: target }
  const shown = shownKeyOf(far)
  const asked = by === null ? shown : by.kind === 'column' ? [by.column] : []
  const lists = asked.map((one, slot) => dialect.cast({ kind: 'slot', slot }, one.sqlListType ?? `${one.sqlType}[]`))
  const names = sql.raw(asked.map((_, i) => `k${i}`).join(', '))
  const same = asked.map((one, i) => sql`${printer.stored(one, row)} = u.${sql.raw(`k${i}`)}`)
  const keys = shown.map(one => column(row.alias, one.name))
  const visible = printer.locked(() => printer.visible(row))
  const seen = and([visible, by ? printer.fieldGuard(by, row) : yes])
  const lock = visible === yes ? sql`` : printer.locked(() => printer.lock(new Map([[row.alias, row.resource.table]])))
  return dialect.compile(
    sql`select ${sql.join([sql`u.n`, ...keys])} from unnest(${sql.join(lists)}) with ordinality as u(${names}, n) join ${printer.table(target.resource.table)} as ${sql.raw(row.alias)} on ${and(same)} where ${seen} order by u.n${lock}`,
  )
}

/** The links that the caller sees: whether it may remove each, the key of the join row, and the shown key of the record. Slots hold the near end. */
export function planLinks({ set, field, join, target, near, far }: LinkSet, dialect: Dialect): RowPlan {
  const printer = new Printer(set, dialect)
  const row: Row = { alias: printer.newAlias(), resource: join.resource, access: join }
  const other: Row = { alias: printer.newAlias(), resource: target.resource, access: target }
  const { through } = field
  const own = through.near.own.map(
    (one, slot) =>
      sql`${column(row.alias, (through.near.foreign[slot] as Column).name)} = ${dialect.cast({ kind: 'slot', slot }, one.sqlType)}`,
  )
  const linked = through.far.own.map(
    (one, i) => sql`${column(other.alias, (through.far.foreign[i] as Column).name)} = ${column(row.alias, one.name)}`,
  )
  const seen = [
    printer.visible(row),
    printer.fieldGuard(near, row),
    printer.fieldGuard(far, row),
    printer.visible(other),
  ]
  const mayRemove: Sql = join.resource.key.length === 0 ? no : printer.guard(join.writes.delete, row)
  const columns = [
    sql`(${mayRemove}) is true`,
    ...join.resource.key.map(one => column(row.alias, one.name)),
    ...shownKeyOf(far).map(one => column(other.alias, one.name)),
  ]
  return dialect.compile(
    sql`select ${sql.join(columns)} from ${printer.table(join.resource.table)} as ${sql.raw(row.alias)} join ${printer.table(target.resource.table)} as ${sql.raw(other.alias)} on ${and(linked)} where ${and([...own, ...seen])}`,
  )
}
