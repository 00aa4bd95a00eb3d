// A question to the API, before it is spelled: what the naive model answers and what a request asks.
import type { Condition } from './condition.ts'
import type { PrincipalFact } from './names.ts'
import type { Value } from './values.ts'

export interface Include {
  readonly relationship: string
  readonly selection: Selection
  readonly filter: Condition | null
  readonly sort: readonly SortTerm[]
  readonly limit: number | null
}

export interface Selection {
  /** Null: the defaults. */
  readonly fields: readonly string[] | null
  readonly includes: readonly Include[]
}

export interface SortTerm {
  readonly path: readonly string[]
  readonly descending: boolean
}

export type Page =
  | { readonly kind: 'keyset'; readonly size: number | null }
  | {
      readonly kind: 'offset'
      readonly size: number | null
      readonly number: number | null
      readonly offset: number | null
    }
  /** All pages by `next`, and back by `prev`. */
  | { readonly kind: 'walk'; readonly size: number }
  | RangePage

/** A part of the list, asked for by the header Range, then by Next-Range to its end. The sort of its question is its own. */
export interface RangePage {
  readonly kind: 'range'
  readonly size: null
  /** As it is said: a path, or the name of a declared sort. */
  readonly name: string
  readonly path: readonly string[]
  readonly descending: boolean
  readonly from: RangeEnd | null
  readonly to: RangeEnd | null
  /** Null where it is left out. */
  readonly max: number | null
}

export interface RangeEnd {
  readonly exclusive: boolean
  readonly value: Value
  /** What stands after `~`: none where the value alone is the end. */
  readonly key: readonly number[]
}

export type Route =
  | { readonly kind: 'list' }
  /** `key`: values of the key's columns; `text`: the natural key in place of it. */
  | { readonly kind: 'item'; readonly key: readonly (string | number)[]; readonly natural: string | null }
  | {
      readonly kind: 'nested'
      readonly parent: string
      readonly key: readonly (string | number)[]
      readonly relationship: string
      readonly below: readonly (string | number)[] | null
    }

export interface Question {
  readonly principal: PrincipalFact
  /** Of the records of the answer. */
  readonly resource: string
  readonly route: Route
  readonly selection: Selection
  readonly filter: Condition | null
  readonly scopes: readonly { readonly name: string; readonly args: readonly string[] }[]
  readonly sort: readonly SortTerm[]
  readonly page: Page
  readonly total: 'exact' | 'estimated' | null
  readonly aggregates: readonly { readonly field: string; readonly functions: readonly string[] }[]
  readonly group: readonly string[]
}
