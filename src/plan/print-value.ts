// Prints the values that a write gives to columns, and the links that it makes.
import type { Assignment, GivenLink } from '../access/permitted-write.ts'
import { boundKeySql } from './bound-key.ts'
import { printMatch, printParent } from './print-parent.ts'
import type { Printer, Row } from './printer.ts'
import { and, column, parameter, type Sql, sql, yes } from './sql.ts'

export function printValue({ column: into, value }: Assignment, row: Row | null, printer: Printer): Sql {
  switch (value.kind) {
    case 'slot':
      return parameter({ kind: 'slot', slot: value.slot }, into.sqlType)
    case 'claim':
      return parameter({ kind: 'claim', claim: value.claim, type: into.type, list: into.isArray }, into.sqlType)
    case 'increment':
      return sql`${column(row?.alias ?? '', into.name)} + ${parameter({ kind: 'slot', slot: value.slot }, into.sqlType)}`
    case 'caller':
      return parameter({ kind: 'caller', roles: value.roles }, into.sqlType)
    case 'requestKey': {
      const parts = value.of.map(one => sql`(${printValue(one, row, printer)})::${sql.raw(one.column.sqlType)}`)
      const [before, after] = boundKeySql
      return sql`${sql.raw(before)}jsonb_build_array(${sql.join(parts)})::text${sql.raw(after)}`
    }
    case 'now':
      return sql`now()`
    case 'null':
      return sql`null`
    case 'default': {
      const holds = row ? and(value.guards.map(guard => printer.guard(guard, row))) : yes
      if (holds === yes) return sql`default`
      const kept = column(row?.alias ?? '', into.name)
      // The default of a column stands for itself alone, not within an expression.
      return into.hasDefault ? kept : sql`case when ${holds} then null else ${kept} end`
    }
    case 'lookUp':
      return printLookUp(value.link, value.index, printer)
  }
}

/** Whether the record that a foreign key would point to is there for the caller. */
export function printLink(link: GivenLink, printer: Printer): Sql {
  const found = fromLinked(link, printer)
  return found ? sql`exists (select from ${found.from}${found.lock})` : sql`false`
}

function printLookUp(link: GivenLink, index: number, printer: Printer): Sql {
  const found = fromLinked(link, printer)
  const referred = link.field.link.foreign[index]
  return found && referred
    ? sql`(select ${column(found.alias, referred.name)} from ${found.from} limit 1${found.lock})`
    : sql`null`
}

function fromLinked(
  { field, slots, parent }: GivenLink,
  printer: Printer,
): { readonly alias: string; readonly from: Sql; readonly lock: Sql } | null {
  if (parent) {
    const { row, from, where } = printParent(parent, printer)
    const found = printMatch(parent.match, row, printer)
    const order = found.order ? sql` order by ${found.order}` : sql``
    const lock = printer.lock(new Map([[row.alias, row.resource.table]]))
    return { alias: row.alias, from: sql`${from} where ${and([...where, found.where])}${order}`, lock }
  }
  const target = printer.set.target(field)
  if (!target) return null
  const row: Row = { alias: printer.newAlias(), resource: target.resource, access: target }
  const same = (field.chosenKey ?? field.link.foreign).map(
    (one, i) =>
      sql`${printer.stored(one, row)} = ${printer.dialect.cast({ kind: 'slot', slot: slots[i] as number }, one.sqlType)}`,
  )
  const { table } = target.resource
  const visible = printer.visible(row)
  const from = sql`${printer.table(table)} as ${sql.raw(row.alias)} where ${and([...same, visible])}`
  // What everybody sees can only be gone, of which the foreign key takes care.
  return { alias: row.alias, from, lock: visible === yes ? sql`` : printer.lock(new Map([[row.alias, table]])) }
}
