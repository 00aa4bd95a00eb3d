// What a client can ask for by name: columns, relationships and computed fields, resolved to the tables.
import type { Tree } from '../expressions/tree.ts'
import type { ColumnType } from '../types/column-type.ts'
import type { TableName } from './database-schema.ts'
import type { ComputedDefinition } from './resource-definition.ts'

export interface Column {
  /** As it is called in the database. */
  readonly name: string
  readonly type: ColumnType
  /** What a parameter is cast to, quoted: `int4`, `"public"."video_state"[]`. */
  readonly sqlType: string
  /** The type's own array, for lists of operands: `int4[]`; null for an array column. */
  readonly sqlListType: string | null
  readonly isArray: boolean
  readonly nullable: boolean
  /** Its values have no operators before they are cast to `sqlType`: a domain of an enum, an array of a domain. */
  readonly mustCast: boolean
  /** False where `like` may raise. */
  readonly deterministic: boolean
  /** The database alone gives it a value, or the worker of requests. */
  readonly generated: boolean
  readonly hasDefault: boolean
  /** Characters of `varchar(n)` and `char(n)`. */
  readonly maxLength: number | null
}

interface FieldBase {
  /** As it is served and asked for. */
  readonly name: string
  /** As definitions call it: another name where the version has a `naming`. */
  readonly definedAs: string
  /** In `read: 'all'`, but never in a default unless named there. */
  readonly explicit: boolean
  /** Fields that must be readable too, for this one is made of them. */
  readonly reads: readonly string[]
}

export interface ColumnField extends FieldBase {
  readonly kind: 'column'
  readonly column: Column
  /** Part of the key, so readable wherever the row is. */
  readonly inKey: boolean
}

/** How two tables are linked: `own[i]` of this row equals `foreign[i]` of the other. */
export interface Link {
  readonly own: readonly Column[]
  readonly foreign: readonly Column[]
}

/** A foreign key on this row: shown as the key of the record that it points to. */
export interface ToOneField extends FieldBase {
  readonly kind: 'toOne'
  readonly link: Link
  /** The key that the target shows in place of the one that is referred to, where its resource names another `key`. */
  readonly chosenKey: readonly Column[] | null
  /** Null where no resource serves the table. */
  readonly target: string | null
  /** Whether the key of a record that the caller may not see is shown all the same. */
  readonly keyShown: boolean
  /** All its columns are part of the row's key. */
  readonly inKey: boolean
  readonly nullable: boolean
}

/** Records on the other side of a foreign key that points here. */
export interface ToManyField extends FieldBase {
  readonly kind: 'toMany'
  /** `hasOne`: at most one record, shown as an object. */
  readonly single: boolean
  readonly link: Link
  readonly target: string | null
  /** The field of the target that holds the foreign key: its guard guards the link. */
  readonly holder: string
}

export interface ManyToManyField extends FieldBase {
  readonly kind: 'manyToMany'
  readonly target: string | null
  readonly through: {
    readonly table: TableName
    /** The resource over the join table; null where there is none. */
    readonly resource: string | null
    /** From this row to the join row, and from the join row to the target. */
    readonly near: Link
    readonly far: Link
    readonly nearField: string
    readonly farField: string
  }
  /** Whether both ends alone decide, so that the join table needs no roles. */
  readonly endsOnly: boolean
}

export interface ComputedField extends FieldBase {
  readonly kind: 'computed'
  readonly type: ColumnType
  readonly sqlType: string
  readonly nullable: boolean
  readonly compute: Compute
}

export type Compute =
  /** `exists` or `count` of related records, under the caller's access unless `sees` is all. */
  | {
      readonly by: 'exists' | 'count'
      readonly relationship: RelationshipField
      readonly filter: Tree
      readonly seesAll: boolean
    }
  | { readonly by: 'where'; readonly filter: Tree }
  /** A column of few values, each shown as another: as the type of the field reads it. */
  | { readonly by: 'words'; readonly column: Column; readonly words: ReadonlyMap<string, string> }
  /** SQL text around the names of columns: pieces[0] {reads[0]} pieces[1] … */
  | { readonly by: 'sql'; readonly pieces: readonly string[]; readonly columns: readonly string[] }
  | {
      readonly by: 'code'
      /** The columns by the names that `values` knows them by, in the order of `reads`. */
      readonly from: readonly string[]
      readonly claims: readonly string[]
      readonly values: CodeValues
    }

export type CodeValues = Extract<ComputedDefinition, { readonly from: readonly string[] }>['values']

export interface LinksField extends FieldBase {
  readonly kind: 'links'
}

export type Field = ColumnField | ToOneField | ToManyField | ManyToManyField | ComputedField | LinksField
export type RelationshipField = ToOneField | ToManyField | ManyToManyField
