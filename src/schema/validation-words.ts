// What a resource declares of the values that are written: keywords of JSON Schema, and rules over several columns.
import type { ColumnNames, JsonRowOf } from './table.ts'

/** The keywords of JSON Schema (2020-12) for a column's values; what the database says of them is added, and the stricter counts. */
export interface Keywords {
  readonly minLength?: number
  readonly maxLength?: number
  /** A regular expression of JavaScript, flag `u`. */
  readonly pattern?: string
  readonly format?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly multipleOf?: number
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly minItems?: number
  readonly maxItems?: number
  readonly uniqueItems?: boolean
  /** Of the items of an array column. */
  readonly items?: Keywords
  // Of JSON columns.
  readonly type?: string | readonly string[]
  readonly properties?: { readonly [name: string]: Keywords }
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Keywords
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly anyOf?: readonly Keywords[]
  readonly allOf?: readonly Keywords[]
  readonly oneOf?: readonly Keywords[]
  readonly not?: Keywords
  readonly title?: string
  readonly description?: string
}

/** A rule over several columns of a record. */
export interface Rule<S, T extends keyof S> {
  /** All the columns that `check` reads; it is given no others. */
  readonly fields: readonly ColumnNames<S, T>[]
  /** Null where the record is good; else what is wrong with it, in words for the caller. */
  readonly check: (record: Partial<JsonRowOf<S, T>>) => string | null
}
