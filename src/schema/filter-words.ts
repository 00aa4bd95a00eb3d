// The words for filters in a definition: stand-ins for values that are known later, and what a table's fields may be compared with.
import type { Facts, Family } from './column-words.ts'
import type { FieldValue, GivenValue, NowValue, ParamValue, PrincipalValue } from './resource-definition.ts'
import type { ColumnNames, ColumnsOf, RelationshipNames, RelationshipsOf, TargetOf } from './table.ts'

/** Who is calling: `principal('id')`, or a claim of the token, `principal('team_id')`. */
export function principal(claim: 'id' | 'client' | (string & {})): PrincipalValue {
  return { principal: claim }
}

/** Another field of the same record: `{ published_at: { gt: field('created_at') } }`. */
export function field<const Name extends string>(name: Name): FieldValue<Name> {
  return { field: name }
}

/** An argument of a scope: `{ created_at: { gte: param('from') } }`. */
export function param<const Name extends string>(name: Name): ParamValue<Name> {
  return { param: name }
}

/** The time of the request. */
export const now: NowValue = { now: true }

/** In a declared filter, the value that the caller gives: `{ published_at_start: { published_at: { gte: given } } }`. */
export const given: GivenValue = { given: true }

interface Equal<V, Later> {
  readonly eq?: V | Later
  readonly ne?: V | Later
  readonly in?: readonly V[] | Later
  readonly nin?: readonly V[] | Later
}
interface Ordered<V, Later> extends Equal<V, Later> {
  readonly lt?: V | Later
  readonly lte?: V | Later
  readonly gt?: V | Later
  readonly gte?: V | Later
}
interface Text<V, Later> extends Ordered<V, Later> {
  readonly contains?: V | Later
  readonly starts_with?: V | Later
  readonly ends_with?: V | Later
  readonly ilike?: V | Later
  readonly search?: V | Later
  /** Ignores case in the operators beside it. */
  readonly with_ilike?: boolean
}
/** What an array has; of JSON objects, their keys. */
interface Has<V, Later> {
  readonly has?: V | Later
  readonly any?: readonly V[] | Later
  readonly all?: readonly V[] | Later
}
interface List<V, Later> extends Has<V, Later> {
  readonly eq?: readonly V[] | Later
  readonly ne?: readonly V[] | Later
}
interface Document<V, Later> extends Equal<V, Later>, Has<string, Later> {}
interface Search<Later> {
  readonly search?: string | Later
}
interface Null {
  readonly null?: boolean
}

/** What may stand at a column of each family: a value, one of several values, or operators. */
interface Comparisons<V, Later> {
  readonly equal: V | Later | readonly V[] | Equal<V, Later>
  readonly ordered: V | Later | readonly V[] | Ordered<V, Later>
  readonly text: V | Later | readonly V[] | Text<V, Later>
  readonly array: readonly V[] | Later | List<V, Later>
  readonly json: V | Later | readonly V[] | Document<V, Later>
  readonly search: Search<Later>
  readonly none: never
}
/** Null, and the question for it, only where there can be null. */
type OrNull<Nothing> = [Nothing] extends [never] ? never : null | Null

/** What a column may be compared with. `Later` may stand for a value. */
type ColumnFilter<C, Later> =
  Facts<C> extends { readonly operand: infer V; readonly family: infer F extends Family; readonly null: infer Nothing }
    ? Comparisons<V, Later>[F] | OrNull<Nothing>
    : never
/** `{ user: principal('id') }`, `{ user: ['1', '3'] }`: a relationship compared by its foreign key. */
type KeyFilter<C, Later> =
  Facts<C> extends { readonly operand: infer V; readonly null: infer Nothing }
    ? Comparisons<V, Later>['equal'] | OrNull<Nothing>
    : never
interface Quantified<F> extends Null {
  readonly some?: F
  readonly every?: F
  readonly none?: F
}

/** What may stand for a value everywhere in the filters of a table. */
type Known<S, T extends keyof S> = PrincipalValue | NowValue | FieldValue<ColumnNames<S, T>>

/**
 * A filter in a definition: columns and relationships of the table, nested freely.
 * @typeParam Later what may stand for a value besides principal, now and fields: the params of a scope, `given`
 * @typeParam Computed the column words of the computed fields that may take part, by name
 */
export type Filter<S, T extends keyof S, Later = never, Computed = unknown> = {
  readonly [K in
    | ColumnNames<S, T>
    | RelationshipNames<S, T>
    | (keyof Computed & string)
    | 'and'
    | 'or'
    | 'not']?: K extends 'and' | 'or'
    ? readonly Filter<S, T, Later, Computed>[]
    : K extends 'not'
      ? Filter<S, T, Later, Computed>
      : K extends keyof ColumnsOf<S, T>
        ? ColumnFilter<ColumnsOf<S, T>[K], Known<S, T> | Later>
        : K extends keyof Computed
          ? ColumnFilter<Computed[K], Known<S, T> | Later>
          : K extends keyof RelationshipsOf<S, T>
            ? RelationshipFilter<S, T, RelationshipsOf<S, T>[K], Later>
            : never
}
type RelationshipFilter<S, T extends keyof S, R, Later> = R extends {
  readonly belongsTo: infer To
  readonly by: infer By
}
  ?
      | Filter<S, To & keyof S, Later>
      | (By extends keyof ColumnsOf<S, T> ? KeyFilter<ColumnsOf<S, T>[By], Known<S, T> | Later> : Null)
  : R extends { readonly hasOne: infer To }
    ? Filter<S, To & keyof S, Later> | Null | null
    : Filter<S, TargetOf<R> & keyof S, Later> | Quantified<Filter<S, TargetOf<R> & keyof S, Later>>
