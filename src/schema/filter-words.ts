// The words for filters in a definition: stand-ins for values that are known later, and what a table's fields may be compared with.
import type { Facts } from './column-words.ts'
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
  readonly eq?: V
  readonly ne?: V
  readonly in?: readonly V[] | Later
  readonly nin?: readonly V[] | Later
}
interface Ordered<V, Later> extends Equal<V, Later> {
  readonly lt?: V
  readonly lte?: V
  readonly gt?: V
  readonly gte?: V
}
interface Text<V, Later> extends Ordered<V, Later> {
  readonly contains?: V
  readonly starts_with?: V
  readonly ends_with?: V
  readonly ilike?: V
  readonly search?: V
  /** Ignores case in the operators beside it. */
  readonly with_ilike?: boolean
}
interface List<V, Later> {
  readonly eq?: readonly V[] | Later
  readonly ne?: readonly V[] | Later
  readonly has?: V
  readonly any?: readonly V[] | Later
  readonly all?: readonly V[] | Later
}
interface Operators<V, Later> {
  readonly equal: Equal<V, Later>
  readonly ordered: Ordered<V, Later>
  readonly text: Text<V, Later>
  readonly array: List<V, Later>
  readonly json: Pick<List<V, Later>, 'has' | 'any' | 'all'>
  readonly none: unknown
}
/** What stands for an operator word: `null` only where there can be null. */
type OrNull<Words, Null> = [Null] extends [never] ? Words : Words & { readonly null?: boolean }
/** A value instead of an operator: the same, or one of several. */
type Same<Family, V, Later> = Family extends 'equal' | 'ordered' | 'text' ? V | readonly V[] : Family extends 'array' ? readonly V[] | Later : never

/** What a column may be compared with. `Later` may stand for a value. */
export type ColumnFilter<C, Later> =
  Facts<C> extends { readonly operand: infer O; readonly family: infer Family extends keyof Operators<0, 0>; readonly null: infer Null }
    ? Same<Family, O | Later, Later> | Null | OrNull<Operators<O | Later, Later>[Family], Null>
    : never
/** `{ user: principal('id') }`, `{ user: ['1', '3'] }`: a relationship compared by its foreign key. */
type KeyFilter<C, Later> =
  Facts<C> extends { readonly operand: infer O; readonly null: infer Null }
    ? O | Later | readonly (O | Later)[] | Null | OrNull<Equal<O | Later, Later>, Null>
    : never
type Quantified<F> = { readonly some?: F; readonly every?: F; readonly none?: F; readonly null?: boolean }

/** What may stand for a value everywhere in the filters of a table. */
type Known<S, T extends keyof S> = PrincipalValue | NowValue | FieldValue<ColumnNames<S, T>>

/**
 * A filter in a definition: columns and relationships of the table, nested freely.
 * @typeParam Later what may stand for a value besides principal, now and fields: the params of a scope, `given`
 * @typeParam Computed the column words of the computed fields that may take part, by name
 */
export type Filter<S, T extends keyof S, Later = never, Computed = unknown> = {
  readonly [K in ColumnNames<S, T> | RelationshipNames<S, T> | (keyof Computed & string) | 'and' | 'or' | 'not']?: K extends 'and' | 'or'
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
type RelationshipFilter<S, T extends keyof S, R, Later> = R extends { readonly belongsTo: infer To; readonly by: infer By }
  ? Filter<S, To & keyof S, Later> | (By extends keyof ColumnsOf<S, T> ? KeyFilter<ColumnsOf<S, T>[By], Known<S, T> | Later> : { readonly null?: boolean })
  : R extends { readonly hasOne: infer To }
    ? Filter<S, To & keyof S, Later> | { readonly null?: boolean } | null
    : Filter<S, TargetOf<R> & keyof S, Later> | Quantified<Filter<S, TargetOf<R> & keyof S, Later>>
