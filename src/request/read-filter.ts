// Reads conditions into a tree of names, without knowing which of them are columns and which operators.

import { orderSlots } from './list-draft.ts'
import { checkLimit, type Pair, refuse, show, showSource } from './pair.ts'
import type { Leaf, QueryLimits, Scalar, Source, Tree } from './query.ts'
import { isIndex } from './read-value.ts'

export interface FilterDraft {
  readonly source: Source
  leaf: Leaf | null
  /** The items of `[]`. */
  appended: Scalar[] | null
  children: Map<string, FilterDraft> | null
}

/** Counts the conditions of a whole query, over all its roots. */
export interface FilterBudget {
  readonly limits: QueryLimits
  nodes: number
}

export function startFilter(source: Source): FilterDraft {
  return { source, leaf: null, appended: null, children: null }
}

/** Adds the pair below `root`. */
export function addCondition(root: FilterDraft, pair: Pair, at: number, limits: QueryLimits): void {
  let node = root
  for (let index = at; index < pair.segments.length; index++) {
    const segment = pair.segments[index] ?? ''
    if (segment === '') {
      append(node, root, pair, limits)
      return
    }
    node = step(node, segment, pair)
  }
  if (node === root)
    refuse(
      'invalid_value',
      `${showSource(pair.source)} needs a condition: filter[FIELD]=value, in a body {"filter":{"FIELD":value}}.`,
      pair,
    )
  if (node.leaf !== null)
    refuse(
      'repeated_parameter',
      `${showSource(pair.source)} is given twice. For several values write ${showList(pair)}.`,
      pair,
    )
  if (Array.isArray(pair.value)) checkLimit(limits, 'listItems', pair.value.length, pair)
  node.leaf = { source: pair.source, value: pair.value, from: pair.from, bare: pair.bare }
}

/** `draft=true`: the base name is the first segment. A reserved name stays reserved in `page.size=5` and `draft,page=true`. */
export function addFlat(root: FilterDraft, pair: Pair, reserved: ReadonlySet<string>, limits: QueryLimits): void {
  if (isJoined(pair.base)) {
    for (const name of pair.base.split(',')) {
      const [first = ''] = name.trim().split('.', 1)
      if (!reserved.has(first)) continue
      refuse(
        'unknown_parameter',
        `Unknown parameter ${show(pair.base)}. Its parts stand in brackets: ${first}[…]; a column called "${first}" is filter[${first}].`,
        pair,
      )
    }
  }
  addCondition(root, { ...pair, segments: [pair.base, ...pair.segments] }, 0, limits)
}

function showList(pair: Pair): string {
  return 'parameter' in pair.source ? show(`${pair.source.parameter}[]=a&${pair.source.parameter}[]=b`) : 'a JSON list'
}

function step(node: FilterDraft, segment: string, pair: Pair): FilterDraft {
  if (isJoined(segment) && /(?:^|[.,]) *(?:and|or|not) *(?:[.,]|$)/.test(segment)) {
    // Split later it would lose which conditions stand together under one `or`.
    refuse(
      'bad_parameter_name',
      `and, or and not can't be joined by dots or commas. In ${showSource(pair.source)} give each its own brackets: filter[or][0][FIELD].`,
      pair,
    )
  }
  node.children ??= new Map()
  let child = node.children.get(segment)
  if (child === undefined) {
    child = startFilter(pair.source)
    node.children.set(segment, child)
  }
  return child
}

function isJoined(name: string): boolean {
  return name.includes('.') || name.includes(',')
}

function append(node: FilterDraft, root: FilterDraft, pair: Pair, limits: QueryLimits): void {
  if (node === root || Array.isArray(pair.value))
    refuse('bad_list', `${showSource(pair.source)} needs the name of a field before "[]".`, pair)
  node.appended ??= []
  node.appended.push(pair.bare ? '' : (pair.value as Scalar))
  checkLimit(limits, 'listItems', node.appended.length, pair)
}

const noLeaves: readonly Leaf[] = []
const noChildren: ReadonlyMap<string, Tree> = new Map()

/** The tree as it is handed on. @throws ApiError `bad_list`, `limit_exceeded`, `invalid_value` */
export function finishFilter(root: FilterDraft, budget: FilterBudget): Tree {
  return { source: root.source, leaves: noLeaves, children: finishChildren(root, budget) }
}

function finishChildren(node: FilterDraft, budget: FilterBudget): ReadonlyMap<string, Tree> {
  if (node.children === null) return noChildren
  const children = new Map<string, Tree>()
  for (const [segment, child] of node.children) children.set(segment, finishNode(child, segment, budget))
  return children
}

function finishNode(node: FilterDraft, segment: string, budget: FilterBudget): Tree {
  if (segment === 'or' || segment === 'and') return finishJunction(node, segment, budget)
  const slots = takeSlots(node)
  const forms = (node.leaf === null ? 0 : 1) + (node.appended === null ? 0 : 1) + (slots === null ? 0 : 1)
  if (forms > 1)
    refuse(
      'bad_list',
      `${showSource(node.source)} mixes two forms of a list. Write k[]=a&k[]=b or k[0]=a&k[1]=b.`,
      node,
    )
  const leaf = node.leaf ?? finishList(node, slots, budget)
  if (leaf !== null) {
    if (segment === 'not')
      refuse('invalid_value', `${showSource(leaf.source)}: not takes a condition: filter[not][FIELD]=value.`, leaf)
    budget.nodes++
    checkLimit(budget.limits, 'filterNodes', budget.nodes, leaf)
  }
  return { source: node.source, leaves: leaf === null ? noLeaves : [leaf], children: finishChildren(node, budget) }
}

/** Takes the children `0`, `1`, … out of a node: they are its list and no names. */
function takeSlots(node: FilterDraft): Map<string, FilterDraft> | null {
  if (node.children === null) return null
  let slots: Map<string, FilterDraft> | null = null
  for (const [segment, child] of node.children) {
    if (!isIndex(segment)) continue
    slots ??= new Map()
    slots.set(segment, child)
    node.children.delete(segment)
  }
  return slots
}

function finishList(
  node: FilterDraft,
  slots: ReadonlyMap<string, FilterDraft> | null,
  budget: FilterBudget,
): Leaf | null {
  const { appended, source } = node
  if (appended !== null) return { source, value: appended, from: 'url', bare: false }
  if (slots === null) return null
  checkLimit(budget.limits, 'listItems', slots.size, node)
  const items = orderSlots(slots, node)
  const value = items.map(item => readItem(item))
  return { source, value, from: items[0]?.leaf?.from ?? 'url', bare: false }
}

function readItem(item: FilterDraft): Scalar {
  if (item.leaf === null || item.appended !== null || item.children !== null || Array.isArray(item.leaf.value)) {
    return refuse(
      'bad_list',
      `${showSource(item.source)}: an index stands last, as in tags[0]=a; only under or and and do conditions follow it.`,
      item,
    )
  }
  return item.leaf.bare ? '' : (item.leaf.value as Scalar)
}

/** `or` and `and` hold conditions by position. */
function finishJunction(node: FilterDraft, word: string, budget: FilterBudget): Tree {
  const how = `${word} takes conditions by index: filter[${word}][0][FIELD]=value, in a body {"${word}":[{…},{…}]}.`
  // An empty list of alternatives matches nothing, as any empty list does; of an empty `and` nobody could tell what is meant.
  if (word === 'or' && isEmptyList(node))
    return { source: node.source, leaves: node.leaf === null ? noLeaves : [node.leaf], children: noChildren }
  const own = node.leaf ?? (node.appended === null ? null : node)
  if (own !== null || node.children === null)
    return refuse('bad_list', `${showSource((own ?? node).source)}: ${how}`, own ?? node)
  for (const [index, child] of node.children) {
    if (isIndex(index) && child.leaf === null && child.appended === null) continue
    refuse('bad_list', `${showSource(child.source)}: ${how}`, child)
  }
  const children = new Map<string, Tree>()
  orderSlots(node.children, node).forEach((child, index) => {
    children.set(String(index), { source: child.source, leaves: noLeaves, children: finishChildren(child, budget) })
  })
  return { source: node.source, leaves: noLeaves, children }
}

function isEmptyList(node: FilterDraft): boolean {
  const value = node.leaf?.value
  return Array.isArray(value) && value.length === 0 && node.appended === null && node.children === null
}
