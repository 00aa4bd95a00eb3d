// What the caller asks for, read but not yet looked up: names are text, values are as written.
import type { Source } from '../errors/api-error.ts'
import type { Leaf, Scalar, Tree } from '../expressions/tree.ts'
import type { Limits } from '../schema/limits.ts'

export type { Leaf, Scalar, Source, Tree }
/** One root of conditions; all roots are ANDed. `flat`: written as `draft=true`, so that an unknown name is an unknown parameter. */
export interface FilterRoot {
  readonly flat: boolean
  readonly tree: Tree
}

/**
 * `fields=title,user.username` → names; `fields[K]=V`, whose meaning depends on the resource → keyed.
 * At most one `names`, and for one K at most one flag and one list. Segments stay whole, for a type's name may hold dots (`sales.orders`).
 */
export type FieldsEntry =
  | { readonly kind: 'names'; readonly paths: readonly (readonly string[])[]; readonly source: Source }
  | {
      readonly kind: 'keyed'
      readonly segments: readonly string[]
      /** True or false for a flag, else the names; an empty list for `fields[videos]=`. */
      readonly value: boolean | readonly string[]
      /** A flag that was written as text, as a list: `fields[videos]=t` may mean the field `t` of the type `videos`. */
      readonly asList?: readonly string[]
      readonly bare: boolean
      readonly source: Source
    }

/** `include=comments.user` and `include[comments][limit]=5`: one entry a path, its options united. */
export interface IncludeEntry {
  readonly path: readonly string[]
  readonly source: Source
  /** `include[x]=false` */
  readonly wanted: boolean
  readonly fields: readonly FieldsEntry[]
  readonly filters: readonly FilterRoot[]
  readonly sort: readonly SortEntry[]
  readonly limit: { readonly value: number; readonly source: Source } | null
  /** From `include[comments][include]=user`, relative to this path. */
  readonly include: readonly IncludeEntry[]
}

export interface SortEntry {
  readonly path: readonly string[]
  readonly descending: boolean
  readonly source: Source
}

export interface PageEntry {
  /** Checked to be whole numbers; bounds of the resource are checked later. */
  readonly size?: number
  readonly number?: number
  readonly offset?: number
  readonly after?: string
  readonly before?: string
  readonly total?: 'exact' | 'estimated'
  readonly sources: Readonly<Partial<Record<'size' | 'number' | 'offset' | 'after' | 'before' | 'total', Source>>>
}

export interface AggregateEntry {
  readonly path: readonly string[]
  readonly functions: readonly string[]
  readonly source: Source
}

export interface NameEntry {
  readonly path: readonly string[]
  readonly source: Source
}

export interface ScopeEntry {
  readonly name: string
  /** Positional (`scope[created_between]=1988,2018`) or by name (a JSON object). False: not wanted. */
  readonly args: readonly Scalar[] | Readonly<Record<string, Scalar>> | boolean
  /** A flag that was written with a value, as the one argument that it may also be: `scope[since]=1`. */
  readonly asList?: readonly Scalar[]
  readonly source: Source
}

export interface Query {
  readonly fields: readonly FieldsEntry[]
  /** Null where `include` was not given at all; an empty list for `include=`. */
  readonly include: readonly IncludeEntry[] | null
  readonly filters: readonly FilterRoot[]
  readonly sort: readonly SortEntry[]
  readonly page: PageEntry
  readonly aggregate: readonly AggregateEntry[]
  readonly group: readonly NameEntry[]
  readonly scopes: readonly ScopeEntry[]
  /** `max_affected=10` of a filtered write. */
  readonly maxAffected?: { readonly value: number; readonly source: Source }
  /** `v=2`, which only makes the URL of an immutable copy another one. */
  readonly v?: { readonly value: string; readonly source: Source }
  /** `Prefer: handling=strict`: what would be left out without a word is refused. */
  readonly isStrict?: true
  /** Every base name that stood, as spelled: JSON:API forbids some spellings. */
  readonly baseNames?: ReadonlySet<string>
}

/** The limits that are checked while a query is read, before any name is looked up. */
export type QueryLimits = Pick<
  Limits,
  'keyDepth' | 'filterNodes' | 'listItems' | 'includeDepth' | 'sortKeys' | 'offset'
>
