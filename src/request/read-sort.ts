// Reads `sort` in all its forms: `-published_at,title`, `[published_at]=desc`, `[property]=…&[order]=…`, and lists of these.
import { addToList, finishList, isListKey, type ListDraft, orderSlots, startList } from './list-draft.ts'
import { checkLimit, type Pair, refuse, show, showSource } from './pair.ts'
import type { QueryLimits, SortEntry, Source } from './query.ts'
import { isIndex, readText, splitPath } from './read-value.ts'

export interface SortDraft {
  list: ListDraft | null
  /** `sort[published_at]=desc`, in the order in which they stood. */
  keyed: Map<string, SortEntry> | null
  single: SlotDraft | null
  /** `sort[0][property]=id`, by position. */
  slots: Map<string, SlotDraft> | null
}

/** One object: a property and an order, or one name with its order. */
interface SlotDraft {
  readonly source: Source
  property: readonly string[] | null
  descending: boolean | null
  keyed: SortEntry | null
}

export function startSort(): SortDraft {
  return { list: null, keyed: null, single: null, slots: null }
}

export function addSort(draft: SortDraft, pair: Pair, at: number, limits: QueryLimits): void {
  const left = pair.segments.length - at
  const segment = pair.segments[at] ?? ''
  if (isListKey(pair, at)) {
    draft.list ??= startList(pair.source)
    if (!addToList(draft.list, pair, at, { limits, unite: false }))
      refuse('invalid_value', `${showSource(pair.source)} names no field. Write sort=-published_at,title.`, pair)
  } else if (left === 1 && isSlotName(segment)) {
    draft.single ??= startSlot(pair)
    addToSlot(draft.single, segment, pair)
  } else if (left === 1) {
    draft.keyed ??= new Map()
    addKeyed(draft.keyed, segment, pair)
  } else if (left === 2 && isIndex(segment)) addIndexed(draft, segment, pair.segments[at + 1] ?? '', pair)
  else
    refuse(
      'unknown_parameter',
      `${showSource(pair.source)} is no form of sort. Write sort=-published_at,title or sort[published_at]=desc; a path has dots.`,
      pair,
    )
}

function isSlotName(segment: string): boolean {
  return segment === 'property' || segment === 'order'
}

function startSlot(pair: Pair): SlotDraft {
  return { source: pair.source, property: null, descending: null, keyed: null }
}

function addToSlot(slot: SlotDraft, segment: string, pair: Pair): void {
  const known = segment === 'property' ? slot.property : slot.descending
  if (known !== null)
    refuse(
      'repeated_parameter',
      `${showSource(pair.source)} is given twice. Sort by several fields with sort=a,b.`,
      pair,
    )
  if (segment === 'property') slot.property = splitPath(readText(pair), pair)
  else slot.descending = readDirection(pair)
}

function addKeyed(keyed: Map<string, SortEntry>, segment: string, pair: Pair): void {
  if (keyed.has(segment)) refuse('repeated_parameter', `${showSource(pair.source)} is given twice.`, pair)
  keyed.set(segment, { path: splitPath(segment, pair), descending: readDirection(pair), source: pair.source })
}

function addIndexed(draft: SortDraft, index: string, segment: string, pair: Pair): void {
  draft.slots ??= new Map()
  let slot = draft.slots.get(index)
  if (slot === undefined) {
    slot = startSlot(pair)
    draft.slots.set(index, slot)
  }
  if (isSlotName(segment)) {
    addToSlot(slot, segment, pair)
    return
  }
  if (slot.keyed !== null)
    refuse('bad_list', `${showSource(pair.source)} gives one position two fields. Give each an index of its own.`, pair)
  slot.keyed = { path: splitPath(segment, pair), descending: readDirection(pair), source: pair.source }
}

/** `asc` or `desc`, in any case. */
function readDirection(pair: Pair): boolean {
  const word = typeof pair.value === 'string' ? pair.value.toLowerCase() : ''
  if (word === 'asc' || word === 'desc') return word === 'desc'
  return refuse(
    'invalid_value',
    `${showSource(pair.source)} takes asc or desc, not ${show(pair.bare ? '' : pair.value)}.`,
    pair,
  )
}

/** The fields to sort by. Several forms at once are fine where they say the same. */
export function finishSort(draft: SortDraft | null, limits: QueryLimits): readonly SortEntry[] {
  if (draft === null) return []
  if (draft.list !== null && draft.slots !== null)
    refuse('bad_list', 'The list of sort mixes two forms. Write sort=-a,b or sort[0]=-a&sort[1]=b.', draft.list)
  const said: (readonly SortEntry[])[] = []
  if (draft.list !== null) said.push(finishNames(draft.list))
  if (draft.keyed !== null) said.push([...draft.keyed.values()])
  if (draft.single !== null) said.push([finishSlot(draft.single)])
  if (draft.slots !== null) said.push(orderSlots(draft.slots, first(draft.slots)).map(finishSlot))
  const [entries = [], ...others] = said
  for (const other of others) {
    if (!equal(entries, other))
      refuse(
        'said_twice',
        'sort is said in two ways that differ. Keep one of them.',
        other[0] ?? { source: { parameter: 'sort' } },
      )
  }
  if (entries[0] !== undefined) checkLimit(limits, 'sortKeys', entries.length, entries[0])
  return entries
}

function first(slots: ReadonlyMap<string, SlotDraft>): { readonly source: Source } {
  const [slot] = slots.values()
  return slot ?? { source: { parameter: 'sort' } }
}

function finishNames(list: ListDraft): readonly SortEntry[] {
  const { source } = list
  return finishList(list).map(item => {
    const descending = typeof item === 'string' && item.startsWith('-')
    return { path: splitPath(descending ? item.slice(1) : item, list), descending, source }
  })
}

function finishSlot(slot: SlotDraft): SortEntry {
  const { property, descending, keyed, source } = slot
  if (keyed !== null && property === null && descending === null) return keyed
  if (keyed !== null)
    return refuse(
      'bad_list',
      `${showSource(source)} gives one position two fields. Write property and order, or one name.`,
      slot,
    )
  if (property === null)
    return refuse(
      'invalid_value',
      `${showSource(source)} needs sort[property] beside it. For a column called "order" write sort=-order.`,
      slot,
    )
  return { path: property, descending: descending ?? false, source }
}

function equal(a: readonly SortEntry[], b: readonly SortEntry[]): boolean {
  return (
    a.length === b.length &&
    a.every(
      (entry, index) => entry.descending === b[index]?.descending && entry.path.join('.') === b[index]?.path.join('.'),
    )
  )
}
