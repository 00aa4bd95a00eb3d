// What a body says of one field, once it has been read.
import type { ColumnField, ManyToManyField, ToOneField } from '../schema/field.ts'

/** A value to write, as text for PostgreSQL. */
export type Given =
  | { readonly kind: 'column'; readonly field: ColumnField; readonly text: string | null }
  /** What a stored number is to grow by: `{"increment":1}`, in a change. */
  | { readonly kind: 'increment'; readonly field: ColumnField; readonly by: string }
  /** The key of the record to point to, in the order of `field.chosenKey ?? field.link.foreign`; null to point to none. */
  | { readonly kind: 'toOne'; readonly field: ToOneField; readonly key: readonly string[] | null }
  /** A new record to point to, not read yet: that is for its own resource. */
  | {
      readonly kind: 'nested'
      readonly field: ToOneField
      readonly record: Readonly<Record<string, unknown>>
      /** Where it stands in the body. */
      readonly at: string
    }
  /** The whole set of records to be linked to. */
  | { readonly kind: 'links'; readonly field: ManyToManyField; readonly records: readonly LinkedRecord[] }

/** A record by its key, by its natural key, or by whichever of the two is found, the key first. */
export interface LinkedRecord {
  readonly key: readonly string[] | null
  readonly natural: string | null
  readonly pointer: string
}
