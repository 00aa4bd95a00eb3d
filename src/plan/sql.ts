// SQL as frozen fragments with slots for values; Kysely numbers and joins them.
import { type RawBuilder, sql } from 'kysely'
import type { ColumnType } from '../types/column-type.ts'

export type Sql = RawBuilder<unknown>
export { sql }

/** What a parameter is bound to when the plan runs. */
export type Parameter =
  | { readonly kind: 'slot'; readonly slot: number }
  /** Null where the principal's claim is absent or no value of the type. */
  | { readonly kind: 'claim'; readonly claim: string; readonly type: ColumnType; readonly list: boolean }
  /** The principal as JSON, with these roles. */
  | { readonly kind: 'caller'; readonly roles: readonly string[] }

/** A parameter, cast to the type that it is compared as: never the column. */
export function parameter(value: Parameter, sqlType: string): Sql {
  return sql`${sql.val(value)}::${sql.raw(sqlType)}`
}

export const yes: Sql = sql`true`
export const no: Sql = sql`false`

export function and(parts: readonly Sql[]): Sql {
  const rest = parts.filter(part => part !== yes)
  if (rest.includes(no)) return no
  return rest.length === 0 ? yes : rest.length === 1 ? (rest[0] as Sql) : sql`(${sql.join(rest, sql` and `)})`
}

export function or(parts: readonly Sql[]): Sql {
  const rest = parts.filter(part => part !== no)
  if (rest.includes(yes)) return yes
  return rest.length === 0 ? no : rest.length === 1 ? (rest[0] as Sql) : sql`(${sql.join(rest, sql` or `)})`
}

export function column(alias: string, name: string): Sql {
  return sql`${sql.raw(alias)}.${sql.id(name)}`
}

export function tableName(name: { readonly schema: string; readonly name: string }): Sql {
  return sql.id(name.schema, name.name)
}
