// What a database spells in its own way; the rest of a plan is the same for all.
import type { AggregateName } from '../aggregates/index.ts'
import type { OperatorName } from '../operators/index.ts'
import type { FieldValue } from '../schema/field-value.ts'
import type { ColumnType } from '../types/column-type.ts'
import type { Parameter, Sql } from './sql.ts'

/** The right side of a comparison. */
export type OperandSql =
  | { readonly kind: 'parameter'; readonly parameter: Parameter }
  | { readonly kind: 'constant'; readonly value: string | readonly string[] }
  | { readonly kind: 'sql'; readonly sql: Sql }

export interface Dialect {
  /** A comparison that cannot raise on any stored value; null where the column is null. */
  compare(operator: OperatorName, left: Sql, value: FieldValue, operand: OperandSql | null, ignoreCase: boolean): Sql
  /** The value as JSON text, spelled as `ColumnType.toJson` spells it; `null` where it is null. */
  json(value: Sql, type: ColumnType, nullable: boolean): Sql
  /** The JSON text of an aggregate over `value`; `order` makes float sums repeatable. */
  aggregate(name: AggregateName, value: Sql, field: FieldValue, order: Sql | null): Sql
  /** The value as it is spelled, in an order that tells all spellings apart. */
  spelling(value: Sql): Sql
  /** The JSON text of a group's key: one spelling where equal values are spelled differently. */
  groupKey(value: Sql, field: FieldValue): Sql
  concat(parts: readonly Sql[]): Sql
  /** The id that the parts of a key come to (CONTRACT, section 7), as a JSON string; null where one of them is. */
  id(parts: readonly { readonly value: Sql; readonly type: ColumnType }[]): Sql
  /** An aggregate: the first `limit` texts, in the order of the rows, joined by commas. */
  firstOf(text: Sql, limit: number): Sql
  /** A piece of text of our own. */
  text(literal: string): Sql
  /** A parameter cast to the type of a sort key or a key column. */
  cast(parameter: Parameter, sqlType: string): Sql
  /** Null of a type. */
  nullOf(sqlType: string): Sql
  /** The second that a time lies in, since 1970; null for one without end. */
  seconds(time: Sql): Sql
  /** Of all rows: the greatest time and how many there are, as one text. */
  validator(time: Sql): Sql
  /** Turns a fragment into text with numbered parameters. */
  compile(statement: Sql): { readonly text: string; readonly parameters: readonly Parameter[] }
}
