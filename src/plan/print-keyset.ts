// Prints "after this row" and "before this row" for any order, nulls being the greatest.
import type { CursorSlots } from '../access/permitted.ts'
import type { Dialect } from './dialect.ts'
import type { Order } from './print-order.ts'
import { and, no, or, type Sql, sql } from './sql.ts'

/** Rows strictly after (or before) the row with these values. */
export function printKeyset(keys: Order['keys'], slots: CursorSlots, after: boolean, dialect: Dialect): Sql {
  return or(printRanges(keys, slots, after, dialect))
}

/**
 * The same as one or two ranges of the first key that no row is in both of, in the order of the page: an index answers each of
 * them from its beginning. Two, where the rows that follow lie partly among the nulls and partly not.
 */
export function printRanges(keys: Order['keys'], slots: CursorSlots, after: boolean, dialect: Dialect): readonly Sql[] {
  const bound = keys.map((key, i): Bound => {
    const slot = slots[i]
    const value = slot === null || slot === undefined ? null : dialect.cast({ kind: 'slot', slot }, key.sqlType)
    return { value: key.value, nullable: key.nullable, greater: key.descending !== after, bound: value }
  })
  const [first, ...rest] = bound
  if (!first) return [no]
  const ties = and([equals(first), or(rest.map((key, i) => and([...rest.slice(0, i).map(equals), beyond(key)])))])
  const { value, greater, nullable } = first
  // From a null on: greater is nothing but the rest of the nulls, smaller is that, then all that is not null.
  if (first.bound === null) return greater ? [ties] : [ties, sql`${value} is not null`]
  const isRow = rest.every(key => key.greater === greater && key.bound !== null && !(greater && key.nullable))
  const range = isRow ? compareRows(bound, greater) : compareFirst(first, first.bound, ties)
  return greater && nullable ? [range, sql`${value} is null`] : [range]
}

interface Bound {
  readonly value: Sql
  readonly bound: Sql | null
  readonly nullable: boolean
  readonly greater: boolean
}

/** Where all keys run one way and no null is to be included, a row comparison is one range of an index over all of them. */
function compareRows(keys: readonly Bound[], greater: boolean): Sql {
  return sql`(${sql.join(keys.map(key => key.value))}) ${sql.raw(greater ? '>' : '<')} (${sql.join(keys.map(key => key.bound as Sql))})`
}

/** Else the first key bounds the range, and the rest decides on ties. */
function compareFirst({ value, greater }: Bound, bound: Sql, ties: Sql): Sql {
  const sign = greater ? '>' : '<'
  return and([sql`${value} ${sql.raw(`${sign}=`)} ${bound}`, or([sql`${value} ${sql.raw(sign)} ${bound}`, ties])])
}

function equals({ value, bound }: Bound): Sql {
  return bound === null ? sql`${value} is null` : sql`${value} = ${bound}`
}

function beyond({ value, bound, greater, nullable }: Bound): Sql {
  if (bound === null) return greater ? no : sql`${value} is not null`
  if (!greater) return sql`${value} < ${bound}`
  return nullable ? or([sql`${value} > ${bound}`, sql`${value} is null`]) : sql`${value} > ${bound}`
}
