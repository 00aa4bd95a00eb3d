// Prints where the rows of a page come from: FROM, WHERE, ORDER and LIMIT, so that far pages cost what the first one costs.
import type { CursorSlots, Page, PermittedRead } from '../access/permitted.ts'
import { printKeyset, printRanges } from './print-keyset.ts'
import type { Order } from './print-order.ts'
import { printRange } from './print-range.ts'
import type { Printer, Row } from './printer.ts'
import { and, column, type Sql, sql, yes } from './sql.ts'

export interface PageSource {
  readonly row: Row
  readonly order: Order
  /** All conditions but those of the cursors. */
  readonly where: readonly Sql[]
}

/** One row more than the page has, which tells whether there is another page. */
export function printPage(read: PermittedRead, page: Page | null, source: PageSource, printer: Printer): Sql {
  const { row, order } = source
  const { dialect } = printer
  const range = page?.kind === 'keyset' ? page.range : undefined
  const where = range ? [...source.where, printRange(range, order.keys, dialect)] : source.where
  const from = sql` from ${printer.table(row.resource.table)} as ${sql.raw(row.alias)}${order.joins}`
  const tail = sql` order by ${order.order} limit ${sql.lit((page?.size ?? 0) + 1)}`
  if (page?.kind !== 'keyset') {
    const skip = page === null || page.skip === null ? null : dialect.cast({ kind: 'slot', slot: page.skip }, 'int8')
    return sql`${from} where ${and(where)}${tail}${skip ? sql` offset ${skip}` : sql``}`
  }
  const beyond = (slots: CursorSlots | null, after: boolean) =>
    slots ? printKeyset(order.keys, slots, after, dialect) : yes
  const ranges = rangesOf(read, page, order, printer)
  if (ranges.length < 2)
    return sql`${from} where ${and([...where, beyond(page.after, true), beyond(page.before, false)])}${tail}`
  // Each range ends by its own limit; an index cannot answer an OR of both in order.
  const rest = page.after ? [...where, beyond(page.before, false)] : where
  const columns = [...row.resource.columns.values()].map(one => column(row.alias, one.name))
  const parts = ranges.map(range => sql`(select ${sql.join(columns)}${from} where ${and([...rest, range])}${tail})`)
  return sql` from (${sql.join(parts, sql` union all `)}) as ${sql.raw(row.alias)}${tail}`
}

/** The ranges of the cursor that bounds the page; none where a sort key is a related record's, which no index of the table holds. */
function rangesOf(
  read: PermittedRead,
  page: Page & { kind: 'keyset' },
  order: Order,
  printer: Printer,
): readonly Sql[] {
  const slots = page.after ?? page.before
  if (!slots || read.sort.some(key => key.path.length > 0)) return []
  return printRanges(order.keys, slots, page.after !== null, printer.dialect)
}
