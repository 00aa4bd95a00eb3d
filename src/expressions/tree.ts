// A filter as written, before any name is looked up: the same tree for a URL, a JSON body and a definition.
import type { Source } from '../errors/api-error.ts'

export type Scalar = string | number | boolean | null

/** In definitions only: a value that is known later. */
export type StandIn =
  | { readonly principal: string }
  | { readonly field: string }
  | { readonly param: string }
  | { readonly now: true }
  | { readonly given: true }
export type Operandish = Scalar | StandIn

/** A value at the end of a path. In a URL every scalar is text, but for `true` where the key had no `=`. */
export interface Leaf {
  readonly source: Source
  /** A list where several were given: `k[]=a&k[]=b`, `k[0]=a&k[1]=b`, a JSON list. Commas are not split here, for only some operators split them. */
  readonly value: Operandish | readonly Operandish[]
  readonly from: 'url' | 'body' | 'definition'
  /** The key stood without `=`: true where a flag is possible, else the empty text. */
  readonly bare: boolean
}

/** Segments nested: `filter[user][country]=SE&filter[user]=3` is `user` with a leaf `3` and a child `country`. */
export interface Tree {
  readonly source: Source
  readonly leaves: readonly Leaf[]
  /** Lists of objects have the children `0`, `1`, … */
  readonly children: ReadonlyMap<string, Tree>
}
