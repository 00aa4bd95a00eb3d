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

/** What is known of a resource object before any record is: of the page, or of what is included along one path. */
export interface ObjectForm {
  readonly type: string
  /** The segment of its resource in a path. */
  readonly path: string
  /** Whether a link to itself is shown, on rows at least. */
  readonly self: boolean
  readonly relationships: readonly RelationshipForm[]
}

export interface RelationshipForm {
  readonly name: string
  /** Its segment in a path. */
  readonly path: string
  /** Of the record that its foreign key leads to; null where linkage is that of included records, or not told at all. */
  readonly type: string | null
  readonly hasLinks: boolean
  /** Walked for what is included, and no member of the record. */
  readonly hidden: boolean
}

/** The page's records as resource objects. */
export interface ObjectLayout extends ObjectForm {
  readonly identifierOnly: boolean
  /** Of the link to itself, as of an output. */
  readonly selfGuard: number
  /** The parts of its id. */
  readonly id: readonly NamedColumn[]
  /** By `relationships`: what its linkage is made of; the guard as of an output. */
  readonly linkage: readonly {
    readonly guard: number
    /** The key of one record, or the text of what is included (one column, its `type` unused); empty where only links are shown. */
    readonly parts: readonly NamedColumn[]
    readonly included: boolean
    readonly toOne: boolean
  }[]
}

export interface Layout {
  readonly outputs: readonly Output[]
  /** In JSON:API; then `outputs` are the attributes. */
  readonly object?: ObjectLayout
  /** The text of the sort keys, for cursors. */
  readonly cursor: readonly number[]
  readonly code: readonly CodeSource[]
  /** Paths of included lists, by the number that marks a cut. */
  readonly included: readonly { readonly path: string; readonly limit: number; readonly form?: ObjectForm }[]
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
  /** Of a command: its state, null where it is hidden; the second when it is due, or -1; its key. */
  readonly state?: { readonly status: number; readonly runAt: number; readonly key: number }
  /** The second of the last change, of an item. */
  readonly modified?: number
  /** The column that is null where the page is empty and the row is there for `meta` alone; -1 where every row is a record. */
  readonly present: number
}

/** Marks in text made by the database; JSON itself can hold no raw control character. */
export const marks = {
  cut: '\u0001',
  code: '\u0002',
  end: '\u0003',
  /**
   * A resource object: `object INDEX;"id" part ATTRIBUTES part (relationship INDEX:LINKAGE)… close`, each attribute after a comma. Its index is that of
   * what is included, or their number for a record of the page. LINKAGE is a JSON string of an id, `null`, an object, `[` objects `]`, or nothing.
   * A relationship after the last one is the link to the record itself.
   */
  object: '\u0004',
  part: '\u0005',
  close: '\u0006',
  relationship: '\u0007',
} as const
