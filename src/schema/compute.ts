// Computed fields: what a table does not have and yet answers, counted or looked for in SQL, or made in TypeScript.
import type { ColumnWords, TypeWord } from './column-words.ts'
import type { Filter } from './filter-words.ts'
import type { Checked, Unknown } from './strict.ts'
import type { ColumnNames, JsonRowOf, RelationshipNames, RelationshipsBy, Table, Target } from './table.ts'

/** What is given to `compute`. */
export interface ComputeOptions<
  S,
  T extends keyof S,
  F extends ColumnNames<S, T>,
  Claim extends string,
  X extends TypeWord,
> {
  /** The type of the values. */
  readonly type: X
  /** The columns that the values are made of. Who may read them all may read the field. */
  readonly from: readonly F[]
  /** What it may know of the caller: names of claims. */
  readonly claims?: readonly Claim[]
  /**
   * One value a row, in the order of the rows: called once for all rows of a page.
   * @param rows the columns of `from`, as answers show them: timestamps as text, `int8` and `numeric` as digits
   */
  readonly values: (
    rows: readonly Pick<JsonRowOf<S, T>, F & keyof JsonRowOf<S, T>>[],
    context: { readonly claims: { readonly [K in Claim]: unknown } },
  ) => Values<X> | Promise<Values<X>>
}
type Values<X extends TypeWord> = readonly (ColumnWords[X]['json'] | null)[]

/** A field made in TypeScript: plain data but for `values`. */
export interface Computed<F extends string, X extends TypeWord> {
  readonly type: X
  readonly from: readonly F[]
  readonly claims?: readonly string[]
  readonly values: (
    rows: readonly never[],
    context: { readonly claims: Readonly<Record<string, unknown>> },
  ) => readonly unknown[] | Promise<readonly unknown[]>
}

/**
 * A computed field made in TypeScript of some columns, for all rows of a page at once.
 *
 * @example
 * compute(db.users, { type: 'text', from: ['name', 'username'], values: rows => rows.map(row => row.name ?? row.username) })
 */
export function compute<
  S,
  T extends keyof S,
  const F extends ColumnNames<S, T>,
  X extends TypeWord,
  const Claim extends string = never,
>(table: Table<S, T>, options: ComputeOptions<S, T, F, Claim, X>): Computed<F, X>
export function compute<F extends string, X extends TypeWord>(
  _table: unknown,
  options: Computed<F, X>,
): Computed<F, X> {
  return options
}

/** A computed field as it is inferred; what is wrong with it is said by `GivenComputed`. */
export interface AnyComputed {
  readonly exists?: unknown
  readonly count?: unknown
  readonly sees?: unknown
  readonly field?: unknown
  readonly where?: unknown
  readonly type?: unknown
  readonly sql?: unknown
  readonly from?: unknown
  readonly claims?: unknown
  readonly values?: unknown
}

/** The computed fields as they are checked against the table. */
export type GivenComputed<S, T extends keyof S, C> = {
  readonly [N in keyof C]: AnyComputed & {
    readonly [K in keyof C[N]]: Checked<K, C[N][K], K extends keyof Parts<S, T> ? Parts<S, T>[K] : Unknown<K>>
  }
}
interface Parts<S, T extends keyof S> {
  readonly exists: Related<S, T, RelationshipNames<S, T>>
  readonly count: Related<S, T, RelationshipsBy<S, T, 'hasMany' | 'manyToMany'>>
  readonly sees: 'all'
  readonly field: ColumnNames<S, T>
  readonly where: Filter<S, T>
  readonly type: TypeWord
  readonly sql: string
  readonly from: readonly ColumnNames<S, T>[]
  readonly claims: readonly string[]
  readonly values: Computed<never, never>['values']
}
/** `{ followers: { follower: principal('id') } }`: all of the related records, or those that match. */
type Related<S, T extends keyof S, Names extends string> = { readonly [R in Names]?: true | Filter<S, Target<S, T, R>> }

/** The words of computed fields as columns, by name. */
export type ComputedWords<S, T extends keyof S, C> = { readonly [N in keyof C]: WordOf<S, T, C[N]> }
type WordOf<S, T extends keyof S, C> = C extends { readonly exists: unknown } | { readonly where: unknown }
  ? 'bool'
  : C extends { readonly count: unknown }
    ? 'int4'
    : C extends { readonly type: infer X }
      ? Nullable<X>
      : C extends { readonly field: infer F }
        ? ColumnWord<S, T, F>
        : never
type Nullable<X> = X extends string ? `${X} null` : never
type ColumnWord<S, T extends keyof S, F> = S[T] extends { readonly columns: infer Columns }
  ? F extends keyof Columns
    ? Columns[F]
    : never
  : never
