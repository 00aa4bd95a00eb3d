// What can differ between a definition and the database that it was pulled from.

export type DifferenceKind =
  | 'missingTable'
  | 'newTable'
  | 'keyChanged'
  | 'missingColumn'
  | 'newColumn'
  | 'typeChanged'
  | 'nullabilityChanged'
  | 'defaultChanged'
  | 'labelsAdded'
  | 'labelsRemoved'
  | 'labelsReordered'
  | 'missingRelationship'
  | 'newRelationship'

export interface Difference {
  readonly kind: DifferenceKind
  /** The entry of the definition; for a new table, the one that it would get. */
  readonly table: string
  /** The column or relationship; null where the table as a whole is meant. */
  readonly name: string | null
  /** Whether requests that the definition allows can now fail, or be answered with what it does not say. */
  readonly breaking: boolean
  /** A sentence that begins with where it is: `videos.title is int4 in the database and text in the definition.` */
  readonly message: string
}
