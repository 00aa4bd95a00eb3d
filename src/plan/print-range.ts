// Prints the ends of a Range as conditions on the order of the list, nulls being the greatest.
import type { CursorSlots, ListRange, RangeBound, SortKey } from '../access/permitted.ts'
import type { Dialect } from './dialect.ts'
import { printKeyset } from './print-keyset.ts'
import type { Order } from './print-order.ts'
import type { Printer, Row } from './printer.ts'
import { and, or, type Sql, sql, yes } from './sql.ts'

type Keys = Order['keys']

/** What begins before the range or ends after it takes no part. */
export function printRange({ from, to }: ListRange, keys: Keys, dialect: Dialect): Sql {
  return and([from ? printBound(from, keys, true, dialect) : yes, to ? printBound(to, keys, false, dialect) : yes])
}

/** @param after what follows the bound, else what comes before it */
function printBound({ slots, exclusive }: RangeBound, keys: Keys, after: boolean, dialect: Dialect): Sql {
  const some = keys.slice(0, slots.length)
  const beyond = printKeyset(some, slots, after, dialect)
  return exclusive ? beyond : or([beyond, printSame(some, slots, dialect)])
}

function printSame(keys: Keys, slots: CursorSlots, dialect: Dialect): Sql {
  return and(
    keys.map(({ value, sqlType }, i) => {
      const slot = slots[i]
      return slot === null || slot === undefined
        ? sql`${value} is null`
        : sql`${value} = ${dialect.cast({ kind: 'slot', slot }, sqlType)}`
    }),
  )
}

/** Whether the range ends before it begins; null where one end is open, or a null, which is judged without the database. */
export function printBackwards(
  { start, to }: ListRange,
  sort: readonly SortKey[],
  keys: Keys,
  row: Row,
  printer: Printer,
): Sql | null {
  const [from, end, key, first] = [start?.slots[0], to?.slots[0], keys[0], sort[0]]
  if (typeof from !== 'number' || typeof end !== 'number' || !key || !first) return null
  const [a, b] = [from, end].map(slot => printer.dialect.cast({ kind: 'slot', slot }, key.sqlType)) as [Sql, Sql]
  const sign = sql.raw(key.descending ? '<' : '>')
  const { field, path } = first
  if (path.length > 0 || field.kind !== 'column') return sql`${a} ${sign} ${b}`
  // Compared as the column is: its collation comes from rows of it, of which none is taken.
  const alias = sql.raw(printer.newAlias())
  const value = printer.stored(field.column, { ...row, alias: 'x' })
  return sql`(select ${alias}.a ${sign} ${alias}.b from (select ${value} as a, ${value} as b from ${printer.table(row.resource.table)} as x where false union all select ${a}, ${b}) as ${alias})`
}
