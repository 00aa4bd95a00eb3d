// A write after access: one record, every name resolved, every value in a numbered slot, and what has to hold of the row.
import type { Column, ToOneField } from '../schema/field.ts'
import type { Given } from '../validation/given.ts'
import type { Access, AccessSet, Guard } from './access.ts'
import type { KeyMatch, Parent, Selection, SlotValue } from './permitted.ts'

export interface PermittedWrite {
  readonly set: AccessSet
  readonly access: Access
  readonly kind: 'create' | 'update' | 'delete'
  /** Which record; null for a new one. */
  readonly match: KeyMatch | null
  /** The record under which it has to stand: `/videos/1/comments/7`. */
  readonly parent?: Parent | undefined
  readonly assignments: readonly Assignment[]
  /** Foreign keys that the caller gave: each has to lead to a record that he may see. */
  readonly links: readonly GivenLink[]
  /** What has to hold of the row, besides that it is visible: before a change, and after it. */
  readonly rights: readonly Right[]
  /** The whole record is given: `PUT`. */
  readonly replaces?: true
  /** Nothing is said of it, so that nothing happens to it. */
  readonly stays?: true
  /** `If-None-Match: *` */
  readonly mustBeAbsent?: true
  /** How it is made where it is not there; else it has to be. */
  readonly creation?: Creation
  /** What is answered; null for nothing. */
  readonly answer: Selection | null
  readonly values: readonly SlotValue[]
  /** What the body says; for what takes more than one statement. */
  readonly body?: WriteBody
}

export interface Creation {
  /** The unique columns by which a record in the way is found. */
  readonly conflict: readonly Column[]
  readonly assignments: readonly Assignment[]
}

export interface WriteBody {
  /** By the name of the field, with what hooks gave. */
  readonly given: ReadonlyMap<string, Given>
  /** Rules that have to be asked of the row once it is written. */
  readonly rulesLeft: readonly string[]
  /** New records whose keys go into slots, which are empty until they are made. */
  readonly nested: readonly NestedRecord[]
  readonly sets: readonly Extract<Given, { kind: 'links' }>[]
}

export interface NestedRecord {
  readonly field: ToOneField
  readonly record: Readonly<Record<string, unknown>>
  readonly pointer: string
  /** In the order of `field.chosenKey ?? field.link.foreign`. */
  readonly slots: readonly number[]
}

export interface Assignment {
  readonly column: Column
  readonly value: Operand
}

export type Operand =
  | { readonly kind: 'slot'; readonly slot: number }
  | { readonly kind: 'claim'; readonly claim: string }
  | { readonly kind: 'now' | 'null' }
  /** Who writes, with his roles and claims, for whoever acts for him later (ACCESS R38). */
  | { readonly kind: 'caller'; readonly roles: readonly string[] }
  /** What the other values come to as the key of a request. */
  | { readonly kind: 'requestKey'; readonly of: readonly Assignment[] }
  /** What the record that is linked has in the column that is referred to, where it is shown by another key. */
  | { readonly kind: 'lookUp'; readonly link: GivenLink; readonly index: number }
  /** What the column has by itself, where the guards hold; else its value stays. */
  | { readonly kind: 'default'; readonly guards: readonly Guard[] }
  /** The slot's number is added to what the column holds. */
  | { readonly kind: 'increment'; readonly slot: number }

export interface GivenLink {
  readonly field: ToOneField
  /** One a column of the key that it is shown by; none where the path names the record otherwise. */
  readonly slots: readonly number[]
  /** The record as the path names it, where slots do not. */
  readonly parent?: Parent
  /** Where it stands in the body; null where the path says it. */
  readonly pointer: string | null
}

/** The right to write one field, or to create, change or delete at all. */
export interface Right {
  /** Null for the right to do it at all. */
  readonly field: string | null
  readonly guard: Guard
  /** Asked of the row as it was alone. */
  readonly before?: true
  /** Asked only where the record is made, or only where it is there. */
  readonly on?: 'create' | 'change'
}
