// How a row of the result becomes a record of the answer: which column is what.
import type { ComputedField } from '../schema/field.ts'
import type { Resource } from '../schema/model.ts'
import type { ColumnType } from '../types/column-type.ts'

/** A member of the record; `guard` is the column that says whether it is shown, or -1 where it always is. */
export type Output =
  | {
      readonly kind: 'value'
      readonly name: string
      readonly guard: number
      readonly index: number
      readonly type: ColumnType
    }
  /** A foreign key: an object of the key's columns, or null. */
  | { readonly kind: 'key'; readonly name: string; readonly guard: number; readonly parts: readonly NamedColumn[] }
  /** JSON text made by the database, copied through. */
  | { readonly kind: 'json'; readonly name: string; readonly guard: number; readonly index: number }
  /** Made in TypeScript of some columns, for all records of the page at once. */
  | {
      readonly kind: 'code'
      readonly name: string
      readonly guard: number
      readonly parts: readonly NamedColumn[]
      readonly code: number
    }

export interface NamedColumn {
  readonly name: string
  readonly index: number
  readonly type: ColumnType
}

/** Something made in TypeScript: a computed field, or the links of a record. */
export interface CodeSource {
  readonly kind: 'values' | 'links'
  readonly field: ComputedField | null
  readonly resource: Resource
}

export interface Layout {
  readonly outputs: readonly Output[]
  /** The text of the sort keys, for cursors. */
  readonly cursor: readonly number[]
  readonly code: readonly CodeSource[]
  /** Paths of included lists, by the number that marks a cut. */
  readonly included: readonly { readonly path: string; readonly limit: number }[]
  /** Columns that stand on every row; the page's own columns are null where there is no record. */
  readonly meta: {
    readonly total: number
    readonly aggregate: number
    readonly groups: number
    /** Whether a range ends before it begins. */
    readonly backwards?: number
    /** The maximum and the count that stand for the list. */
    readonly validator?: number
  }
  /** The second of the last change, of an item. */
  readonly modified?: number
  /** The column that is null where the page is empty and the row is there for `meta` alone; -1 where every row is a record. */
  readonly present: number
}

/** Marks in text made by the database; JSON itself can hold no raw control character. */
export const marks = { cut: '\u0001', code: '\u0002', end: '\u0003' } as const
