// Roles as a user writes them: sets of fields, conditions on the record, what may be written.
import type { JsonOf } from './column-words.ts'
import type { Filter } from './filter-words.ts'
import type { NowValue, PrincipalValue } from './resource-definition.ts'
import type { Checked, Unknown } from './strict.ts'
import type { ColumnsOf, RelationshipsBy } from './table.ts'

/** A set of fields, taken from what the extended role has; where nothing is extended, from all. */
export type FieldSet<F> = 'all' | 'none' | { readonly only: readonly F[] } | { readonly without: readonly F[] }

/** @typeParam F what can be read, W what can be written, Others the roles beside this one */
interface Role<F, W, Others> {
  /** The role that this one is taken from. */
  readonly extends?: Others
  /** The role holds only for records where this is true. Not inherited. */
  readonly when?: unknown
  /** The rows that the role sees at all. Inherited, and added to. */
  readonly where?: unknown
  /** Lets a role with `when` be held by callers who have not signed in. */
  readonly anonymous?: boolean
  readonly read?: FieldSet<F>
  /** What is answered when nothing is asked for. */
  readonly defaults?: FieldSet<F> | { readonly list?: FieldSet<F>; readonly item?: FieldSet<F> }
  /** One set means update. Not inherited, as `delete` is not. */
  readonly write?: FieldSet<W> | { readonly create?: FieldSet<W>; readonly update?: FieldSet<W> }
  /** What the server fills in when the role writes. */
  readonly set?: unknown
  readonly delete?: boolean
  /** Reads the content of reports that others have asked for. Not inherited. */
  readonly content?: boolean
  /** Sees records that `softDelete` marks as deleted too. Not inherited. */
  readonly seesDeleted?: boolean
}
type RoleKey = keyof Role<0, 0, 0>

/** The roles that may be inferred: names of fields and of other roles are checked here, where they stand in literals. */
export type Roles<R, F, W> = { readonly [N in keyof R]: Role<F, W, Exclude<keyof R, N>> }

/** The roles as they are checked: the same, with filters and values of the table, and no key that a role does not have. */
export type GivenRoles<S, T extends keyof S, R> = {
  readonly [N in keyof R]: RoleKeys & {
    readonly [K in keyof R[N]]: K extends 'when' | 'where'
      ? Checked<K, R[N][K], Filter<S, T>>
      : K extends 'set'
        ? Checked<K, R[N][K], Values<S, T>>
        : K extends RoleKey
          ? R[N][K]
          : Checked<K, R[N][K], Unknown<K>>
  }
}
/** For the editor: the keys to offer beside those that stand there already. */
interface RoleKeys extends AnyRole {
  readonly defaults?: Sets<'list' | 'item'>
  readonly write?: Sets<'create' | 'update'>
}
type AnyRole = { readonly [K in RoleKey]?: unknown }
type Sets<On extends string> = 'all' | 'none' | { readonly [K in 'only' | 'without' | On]?: unknown }

/** Values for columns, or for a relationship the key of the record that it points to. */
export type Values<S, T extends keyof S> = {
  readonly [K in keyof ColumnsOf<S, T>]?: JsonOf<ColumnsOf<S, T>[K]> | PrincipalValue | NowValue
} & { readonly [N in RelationshipsBy<S, T, 'belongsTo'>]?: string | number | null | PrincipalValue }
