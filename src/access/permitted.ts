// The query after access: every name resolved, every value in a numbered slot, nothing that the caller may not ask.
import type { AggregateName } from '../aggregates/index.ts'
import type { Condition } from '../expressions/condition.ts'
import type { RangeEntry } from '../request/read-range.ts'
import type { ColumnField, Field, RelationshipField } from '../schema/field.ts'
import type { Access, AccessSet, Guard } from './access.ts'
import type { PermittedState } from './allow-state.ts'

/** What a slot is bound to: text as PostgreSQL reads it; a list is one array. */
export type SlotValue = string | readonly string[]

export interface PermittedRead {
  readonly set: AccessSet
  readonly access: Access
  readonly kind: 'list' | 'item'
  readonly selection: Selection
  readonly filter: Condition
  readonly sort: readonly SortKey[]
  /** Null for an item. */
  readonly page: Page | null
  readonly total: 'exact' | 'estimated' | null
  readonly aggregates: readonly AggregateColumn[]
  readonly group: readonly Field[]
  /** Which record, for an item. */
  readonly match: KeyMatch | null
  /** The record under which this is asked: `/videos/1/comments`. */
  readonly parent: Parent | null
  /** The column that tells whether it has changed: Last-Modified of an item, or what stands for a list. */
  readonly validator: ColumnField | null
  /** Of a command, what its answer may tell of its state; null for all others. */
  readonly state: PermittedState | null
  /** The values of the request, by slot. */
  readonly values: readonly SlotValue[]
}

/** A record by its key (one slot a column), by its natural key, or whichever of the two is found, the key first. */
export interface KeyMatch {
  readonly key: readonly number[] | null
  readonly natural: { readonly field: Field; readonly slot: number } | null
  /** In place of both: the caller's own of the records under one. */
  readonly own?: Condition
}

export interface Parent {
  readonly access: Access
  readonly match: KeyMatch
  readonly relationship: RelationshipField
}

/** How records are spelled: as plain JSON, as resource objects of JSON:API, or as the identifiers of those alone. */
export type RecordForm = 'plain' | 'resource' | 'identifier'

export interface Selection {
  readonly form: RecordForm
  readonly access: Access
  /** In the order of the answer: of plain JSON the key first; a resource object has its key apart. */
  readonly fields: readonly Selected[]
}

export interface Selected {
  readonly field: Field
  /** Where the field is shown; never `never`. */
  readonly guard: Guard
  /** Of a plain record every relationship to many has one; a resource object may show its links alone. */
  readonly include: Include | null
  /** Walked for what is included, and no member of the record. */
  readonly hidden?: true
}

export interface Include {
  readonly relationship: RelationshipField
  /** Numbered from 0 over the whole query. */
  readonly index: number
  /** `comments.user` */
  readonly path: string
  readonly selection: Selection
  readonly filter: Condition
  readonly sort: readonly SortKey[]
  /** At most so many a parent, for a to-many relationship. */
  readonly limit: number
}

export interface SortKey {
  /** To-one relationships that lead to the field. */
  readonly path: readonly RelationshipField[]
  readonly field: Field
  readonly descending: boolean
}

export type Page =
  | {
      readonly kind: 'keyset'
      readonly size: number
      readonly after: CursorSlots | null
      readonly before: CursorSlots | null
      readonly range?: ListRange
    }
  /** `skip`: a slot, or null where nothing is skipped. */
  | { readonly kind: 'offset'; readonly size: number; readonly skip: number | null; readonly number: number }

/** The part of a list that a header Range asks for. */
export interface ListRange {
  readonly entry: RangeEntry
  /** Null where it is open, or where the cursor `after` says it. */
  readonly from: RangeBound | null
  readonly start: RangeBound | null
  readonly to: RangeBound | null
}

/** The value of the field, and maybe those of the key. */
export interface RangeBound {
  readonly slots: CursorSlots
  readonly exclusive: boolean
}

/** One a sort key: the slot of its value, or null for null. */
export type CursorSlots = readonly (number | null)[]

export interface AggregateColumn {
  readonly field: Field
  readonly functions: readonly AggregateName[]
}
