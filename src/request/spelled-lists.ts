// Keeps one list for each spelling of a key (`group`, `group_by`), and in the end one list where all of them agree.
import { addToList, finishList, type ListDraft, startList } from './list-draft.ts'
import { type Pair, refuse, show, showSource } from './pair.ts'
import type { QueryLimits, Scalar, Source } from './query.ts'

/** By the base name as spelled. */
export type SpelledLists = Map<string, ListDraft>

export interface FinishedList {
  readonly items: readonly Scalar[]
  readonly source: Source
}

/** Adds a pair whose key is that of the list, or with `[]` or an index after it. An empty list is refused. */
export function addSpelled(lists: SpelledLists, pair: Pair, at: number, limits: QueryLimits): void {
  let list = lists.get(pair.base)
  if (list === undefined) {
    list = startList(pair.source)
    lists.set(pair.base, list)
  }
  if (!addToList(list, pair, at, { limits, unite: false }))
    refuse('invalid_value', `${showSource(pair.source)} needs at least one item.`, pair)
}

/** @throws ApiError `said_twice` where two spellings differ */
export function finishSpelled(lists: SpelledLists): FinishedList | null {
  let said: FinishedList | null = null
  for (const list of lists.values()) {
    const items = finishList(list)
    if (said === null) said = { items, source: list.source }
    else checkSame(said.items, items, list)
  }
  return said
}

/** Two spellings of one thing are fine where they say the same. */
export function checkSame(a: unknown, b: unknown, at: { readonly source: Source }): void {
  if (JSON.stringify(a) === JSON.stringify(b)) return
  refuse(
    'said_twice',
    `${showSource(at.source)} says ${show(b)}, another spelling of it ${show(a)}. Keep one of them.`,
    at,
  )
}
