// Reads `aggregate[views_count]=sum,avg` and `aggregate[views_count][sum]=true`, united by column.
import { isListKey } from './list-draft.ts'
import { checkLimit, type Pair, refuse, show, showSource } from './pair.ts'
import type { AggregateEntry, QueryLimits, Source } from './query.ts'
import { readFlag, splitPath } from './read-value.ts'
import { addSpelled, finishSpelled, type SpelledLists } from './spelled-lists.ts'

/** By the column as written. */
export type AggregateDraft = Map<string, ColumnDraft>

interface ColumnDraft {
  readonly source: Source
  readonly lists: SpelledLists
  readonly flags: Map<string, FlagDraft>
}

interface FlagDraft {
  readonly wanted: boolean
  readonly spellings: Set<string>
  readonly source: Source
}

export function addAggregate(draft: AggregateDraft, pair: Pair, limits: QueryLimits): void {
  const { segments } = pair
  const [column, name] = segments
  if (column === undefined || column === '' || segments.length > 2) {
    refuse(
      'unknown_parameter',
      `${showSource(pair.source)} is no form of aggregate. Write aggregate[FIELD]=sum,avg.`,
      pair,
    )
  }
  let columns = draft.get(column)
  if (columns === undefined) {
    columns = { source: pair.source, lists: new Map(), flags: new Map() }
    draft.set(column, columns)
  }
  checkLimit(limits, 'listItems', draft.size, pair)
  if (name === undefined || isListKey(pair, 1)) addSpelled(columns.lists, pair, 1, limits)
  else addFlag(columns.flags, name, pair)
}

function addFlag(flags: Map<string, FlagDraft>, name: string, pair: Pair): void {
  const wanted = readFlag(pair)
  const known = flags.get(name)
  if (known === undefined) {
    flags.set(name, { wanted, spellings: new Set([pair.base]), source: pair.source })
    return
  }
  if (known.spellings.has(pair.base)) refuse('repeated_parameter', `${showSource(pair.source)} is given twice.`, pair)
  known.spellings.add(pair.base)
  if (known.wanted !== wanted) refuseContradiction(pair)
}

function refuseContradiction(at: { readonly source: Source }): never {
  return refuse('said_twice', `${showSource(at.source)} is asked for and not asked for. Keep one of the two.`, at)
}

export function finishAggregate(draft: AggregateDraft | null): readonly AggregateEntry[] {
  if (draft === null) return []
  const entries: AggregateEntry[] = []
  for (const [column, { source, lists, flags }] of draft) {
    const functions = new Set<string>()
    const list = finishSpelled(lists)
    for (const item of list?.items ?? []) {
      if (typeof item !== 'string')
        return refuse('invalid_value', `${showSource(source)} takes names of functions, not ${show(item)}.`, { source })
      functions.add(item)
    }
    for (const [name, flag] of flags) {
      if (flag.wanted) functions.add(name)
      else if (functions.has(name)) refuseContradiction(flag)
    }
    if (functions.size > 0) entries.push({ path: splitPath(column, { source }), functions: [...functions], source })
  }
  return entries
}
