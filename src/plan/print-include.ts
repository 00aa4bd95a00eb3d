// Prints included records as JSON text made by the database, to any depth.
import type { Include } from '../access/permitted.ts'
import { isToMany } from '../schema/field-value.ts'
import { marks } from './layout.ts'
import { type Notes, printObject } from './print-object.ts'
import { printOrder } from './print-order.ts'
import { printResourceObject, toObjectForm } from './print-resource-object.ts'
import type { Printer, Row } from './printer.ts'
import { and, type Sql, sql } from './sql.ts'

/** An included record or list as one JSON text; null or `[]` where there is none that the caller may see. */
export function printInclude(include: Include, row: Row, printer: Printer, notes: Notes): Sql {
  const { relationship, limit, index } = include
  const { form } = include.selection
  notes.included[index] = {
    path: include.path,
    limit,
    ...(form !== 'plain' && { form: toObjectForm(include.selection, printer.set) }),
  }
  const { from, where, row: target } = printer.related(relationship, row)
  const filter = printer.condition(include.filter, target)
  const nested = (one: Include) => printInclude(one, target, printer, notes)
  const object =
    form === 'plain'
      ? printObject(include.selection, target, printer, notes, nested)
      : printResourceObject(include, target, printer, notes, nested)
  const { dialect } = printer
  if (!isToMany(relationship))
    return sql`coalesce((select ${object} from ${from} where ${and([...where, filter])} limit 1), 'null')`
  const { joins, order } = printOrder(include.sort, target, printer)
  const rows = sql`select ${object} as j from ${from}${joins} where ${and([...where, filter])} order by ${order} limit ${sql.lit(limit + 1)}`
  // An aggregate takes its rows as they come, and a LIMIT below keeps them in order: no second sort.
  const list = dialect.firstOf(sql`r.j`, limit)
  const cut = sql`case when count(*) > ${sql.lit(limit)} then ${dialect.text(`${marks.cut}${index};`)} end`
  return sql`(select ${dialect.concat([dialect.text('['), list, dialect.text(']'), cut])} from (${rows}) as r)`
}
