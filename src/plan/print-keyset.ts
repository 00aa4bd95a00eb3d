// Prints "after this row" and "before this row" for any order, nulls being the greatest.
import type { CursorSlots } from '../access/permitted.ts'
import type { Dialect } from './dialect.ts'
import type { Order } from './print-object.ts'
import { and, no, or, type Sql, sql } from './sql.ts'

/**
 * Rows strictly after (or before) the row with these values. Where all keys run one way and none is null, a row comparison,
 * which an index answers in one range; else the first key bounds the range and the rest decides on ties.
 */
export function printKeyset(keys: Order['keys'], slots: CursorSlots, after: boolean, dialect: Dialect): Sql {
  const bound = keys.map((key, i) => {
    const slot = slots[i]
    const greater = key.descending !== after
    return {
      ...key,
      greater,
      bound: slot === null || slot === undefined ? null : dialect.cast({ kind: 'slot', slot }, key.sqlType),
    }
  })
  const first = bound[0]
  if (!first) return no
  const oneWay = bound.every(key => key.greater === first.greater && key.bound !== null)
  // Greater in a nullable key includes nulls, which a row comparison leaves out.
  if (oneWay && (!first.greater || bound.every(key => !key.nullable))) {
    return sql`(${sql.join(bound.map(key => key.value))}) ${sql.raw(first.greater ? '>' : '<')} (${sql.join(bound.map(key => key.bound as Sql))})`
  }
  const alternatives = bound.map((key, i) => and([...bound.slice(0, i).map(one => equals(one)), beyond(key)]))
  const range =
    first.bound === null || first.nullable
      ? []
      : [sql`${first.value} ${sql.raw(first.greater ? '>=' : '<=')} ${first.bound}`]
  return and([...range, or(alternatives)])
}

interface Bound {
  readonly value: Sql
  readonly bound: Sql | null
  readonly nullable: boolean
  readonly greater: boolean
}

function equals({ value, bound }: Bound): Sql {
  return bound === null ? sql`${value} is null` : sql`${value} = ${bound}`
}

function beyond({ value, bound, greater, nullable }: Bound): Sql {
  if (bound === null) return greater ? no : sql`${value} is not null`
  if (!greater) return sql`${value} < ${bound}`
  return nullable ? or([sql`${value} > ${bound}`, sql`${value} is null`]) : sql`${value} > ${bound}`
}
