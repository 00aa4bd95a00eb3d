// What a resource declares for its lists: which filters and sorts there are, and filters with a name.
import type { TypeWord } from './column-words.ts'
import type { Filter } from './filter-words.ts'
import type { GivenValue, ParamValue } from './resource-definition.ts'
import type { Checked, Unknown } from './strict.ts'
import type { ColumnNames, RelationshipsBy, Target } from './table.ts'

/** Names of fields and objects of declared ones, or one object of declared ones beside all fields. */
export type Declared<Names> =
  | readonly (Names | AnyName | { readonly [name: string]: unknown })[]
  | { readonly [name: string]: unknown }
/** Lets a misspelt name through to the check, which says it at its place, while editors go on to offer the right ones. */
type AnyName = string & {}
/** The names that were declared. */
export type DeclaredNames<D> = (D extends readonly (infer E)[] ? (E extends string ? never : keyof E) : keyof D) &
  string

/** The filters as they are checked: `['id', { published_at_start: { published_at: { gte: given } } }]`, or only the object. */
export type GivenFilters<S, T extends keyof S, Names, Words, D> = {
  readonly [K in keyof D]: Checked<
    K,
    D[K],
    D extends readonly unknown[]
      ? D[K] extends string
        ? Names
        : { readonly [N in keyof D[K]]: Filter<S, T, GivenValue, Words> }
      : Filter<S, T, GivenValue, Words>
  >
}

/** The sorts as they are checked: `['title', { username: 'user.username' }]`, or only the object. */
export type GivenSorts<S, T extends keyof S, Names extends string, D> = {
  readonly [K in keyof D]: Checked<
    K,
    D[K],
    D extends readonly unknown[]
      ? D[K] extends string
        ? Names
        : { readonly [N in keyof D[K]]: SortPath<S, T, Names, D[K][N]> }
      : SortPath<S, T, Names, D[K]>
  >
}
/** A path over to-one relationships, checked step by step; where a step is wrong, what could stand there. */
type SortPath<S, T extends keyof S, Names extends string, Path> = Path extends `${infer R}.${infer Rest}`
  ? R extends ToOne<S, T>
    ? `${R}.${SortPath<S, Target<S, T, R>, ColumnNames<S, Target<S, T, R>>, Rest>}`
    : `${ToOne<S, T>}.${Rest}`
  : Names
type ToOne<S, T extends keyof S> = RelationshipsBy<S, T, 'belongsTo' | 'hasOne'>

/** `'-published_at'`, `'user.username'`, or a declared sort. */
export type DefaultSort<S, T extends keyof S, Names extends string> = Signed<Names | OneStep<S, T, ToOne<S, T>>>
type OneStep<S, T extends keyof S, R> = R extends string ? `${R}.${ColumnNames<S, Target<S, T, R>>}` : never
type Signed<F extends string> = F | `-${F}`

/** A filter with a name, and parameters where it takes some; what is wrong with it is said by `GivenScopes`. */
export interface Scope {
  /** Types by name, in the order of positional arguments. */
  readonly params?: unknown
  readonly where?: unknown
  /** Usable also by callers who may not read the fields that it looks at. */
  readonly publishes?: unknown
}
/** The scopes as they are checked: `param` names one of its own parameters. */
export type GivenScopes<S, T extends keyof S, Words, Sc> = {
  readonly [N in keyof Sc]: Scope & {
    readonly [K in keyof Sc[N]]: K extends 'params'
      ? { readonly [P in keyof Sc[N][K]]: Checked<P, Sc[N][K][P], TypeWord> }
      : Checked<
          K,
          Sc[N][K],
          K extends 'where' ? Filter<S, T, ParamsOf<Sc[N]>, Words> : K extends 'publishes' ? boolean : Unknown<K>
        >
  }
}
type ParamsOf<Sc> = Sc extends { readonly params: infer P }
  ? P extends unknown
    ? ParamValue<keyof P & string>
    : never
  : never
