// Prints totals, aggregates and groups over all records that match, whatever the page.
import type { PermittedRead } from '../access/permitted.ts'
import type { Field } from '../schema/field.ts'
import { fieldValue } from '../schema/field-value.ts'
import { type Layout, marks } from './layout.ts'
import type { Printer, Row } from './printer.ts'
import { and, type Sql, sql } from './sql.ts'

/** A total "at least" counts no further than this. */
export const estimateLimit = 10_000

export interface PrintedMeta {
  readonly columns: readonly Sql[]
  readonly layout: Layout['meta']
}

/** Scalar subqueries, each over a row of its own; `linkTo` ties that row to the parent of a nested list. */
export function printMeta(read: PermittedRead, printer: Printer, linkTo: (row: Row) => readonly Sql[]): PrintedMeta {
  const columns: Sql[] = []
  const add = (value: Sql) => columns.push(value) - 1
  const matching = () => {
    const row: Row = { alias: printer.newAlias(), resource: read.access.resource, access: read.access }
    const where = [...linkTo(row), printer.visible(row), printer.condition(read.filter, row)]
    return { row, from: sql`${printer.table(row.resource.table)} as ${sql.raw(row.alias)}`, where }
  }
  let total = -1
  if (read.total !== null) {
    const { from, where } = matching()
    total = add(
      read.total === 'exact'
        ? sql`(select count(*) from ${from} where ${and(where)})`
        : sql`(select count(*) from (select from ${from} where ${and(where)} limit ${sql.lit(estimateLimit)}) as e)`,
    )
  }
  const grouped = read.group.length > 0
  let aggregate = -1
  let groups = -1
  if (read.aggregates.length > 0 && !grouped) {
    const { row, from, where } = matching()
    aggregate = add(sql`(select ${printColumns(read, row, printer)} from ${from} where ${and(where)})`)
  } else if (grouped) {
    const { row, from, where } = matching()
    const max = read.set.api.limits.groups
    const guards = read.group.map(field => printer.fieldGuard(field, row))
    // Computed once and named: an expression with a parameter is not equal to itself in `group by`.
    const computed = read.group.map((field, i) => sql`${printer.value(field, row)} as ${sql.raw(`k${i}`)}`)
    const keys = read.group.map((_, i) => sql.raw(`gk.k${i}`))
    const key = printer.dialect.concat(
      read.group.flatMap((field, i) => [
        printer.dialect.text(`${i === 0 ? '' : ','}${JSON.stringify(field.name)}:`),
        printGroupKey(field, keys[i] as Sql, printer),
      ]),
    )
    const text = printer.dialect.concat([
      printer.dialect.text('{"group":{'),
      key,
      printer.dialect.text('},"aggregate":'),
      printColumns(read, row, printer),
      printer.dialect.text('}'),
    ])
    const rows = sql`select ${text} as g from ${from} cross join lateral (select ${sql.join(computed)}) as gk where ${and([...where, ...guards])} group by ${sql.join(keys)} order by ${sql.join(keys)} limit ${sql.lit(max + 1)}`
    const list = sql`(select ${printer.dialect.concat([printer.dialect.text('['), sql`string_agg(g.g, ',' order by g.n)`, printer.dialect.text(']'), sql`case when count(*) > ${sql.lit(max)} then ${printer.dialect.text(`${marks.cut};`)} end`])} from (select r.g, row_number() over () as n from (${rows}) as r) as g)`
    groups = add(list)
  }
  if (!read.validator || read.kind === 'item') return { columns, layout: { total, aggregate, groups } }
  const { row, from, where } = matching()
  const validator = add(
    sql`(select ${printer.dialect.validator(printer.shown(read.validator, row))} from ${from} where ${and(where)})`,
  )
  return { columns, layout: { total, aggregate, groups, validator } }
}

function printColumns(read: PermittedRead, row: Row, printer: Printer): Sql {
  const { dialect } = printer
  const order =
    row.resource.key.length > 0
      ? sql.join(row.resource.key.map(key => sql`${sql.raw(row.alias)}.${sql.id(key.name)}`))
      : null
  const columns = read.aggregates.flatMap(({ field, functions }, i) => {
    const value = printer.shown(field, row)
    const compared = fieldValue(field)
    if (!compared) throw new Error(`${field.name} cannot be aggregated`)
    const results = functions.flatMap((name, j) => [
      dialect.text(`${j === 0 ? '' : ','}"${name}":`),
      dialect.aggregate(name, value, compared, order),
    ])
    return [dialect.text(`${i === 0 ? '' : ','}${JSON.stringify(field.name)}:{`), ...results, dialect.text('}')]
  })
  return dialect.concat([dialect.text('{'), ...columns, dialect.text('}')])
}

function printGroupKey(field: Field, key: Sql, printer: Printer): Sql {
  const compared = fieldValue(field)
  if (!compared) throw new Error(`${field.name} cannot be grouped by`)
  const { dialect } = printer
  const shown = dialect.groupKey(key, compared)
  if (field.kind !== 'toOne') return shown
  const [name] = printer.keyColumns(field)
  const object = dialect.concat([dialect.text(`{${JSON.stringify(name?.name)}:`), shown, dialect.text('}')])
  return sql`case when ${key} is null then 'null' else ${object} end`
}
