// A read as plain data, how one is drawn, and how it is spelled: in a URL or in a body.
import type { Random } from '../non-interference/random.ts'
import { columnsOf } from './table-plan.ts'
import type { Table, World } from './world.ts'

export type Sort = readonly { readonly field: string; readonly descending: boolean }[]

export interface Selection {
  /** All that the caller may read when null. */
  readonly fields: readonly string[] | null
  readonly sort: Sort
  readonly limit: number | null
  readonly include: ReadonlyMap<string, Selection>
}

export interface Question {
  readonly table: string
  readonly selection: Selection
  readonly size: number
  readonly inBody: boolean
}

export const everything: Selection = { fields: null, sort: [], limit: null, include: new Map() }

/** Texts of 64 kB are no sort keys: a cursor holds them. */
const isHeavy = (table: string) => table === 'long'

export function drawQuestion(world: World, random: Random): Question {
  const table = random.pick([...world.tables.keys()].filter(name => !isHeavy(name)))
  return {
    table,
    selection: drawSelection(world, table, random, 0),
    size: 1 + random.int(12),
    inBody: random.chance(0.5),
  }
}

function drawSelection(world: World, name: string, random: Random, depth: number): Selection {
  const table = world.tables.get(name) as Table
  const fields = [
    ...table.columns.map(column => column.field),
    ...table.relations.filter(relation => !relation.toMany).map(relation => relation.name),
  ]
  const relations = table.relations.filter(relation => !isHeavy(relation.to))
  const included = depth > 1 ? [] : random.some(relations, 0, Math.min(2, relations.length))
  return {
    fields: random.chance(0.4) ? null : random.some(fields, 1, fields.length),
    sort: random.chance(0.5) ? drawSort(table, random) : [],
    limit: 1 + random.int(8),
    include: new Map(included.map(({ name: one, to, toMany }) => [one, drawInclude(world, to, toMany, random, depth)])),
  }
}

function drawInclude(world: World, to: string, toMany: boolean, random: Random, depth: number): Selection {
  const selection = drawSelection(world, to, random, depth + 1)
  return toMany ? selection : { ...selection, sort: [], limit: null }
}

function drawSort(table: Table, random: Random): Sort {
  const sortable = new Set(columnsOf(table.plan).flatMap(({ name, kind }) => (kind.sortable ? [name] : [])))
  const fields = table.columns.filter(column => sortable.has(column.name)).map(column => column.field)
  return random.some(fields, 1, Math.min(2, fields.length)).map(field => ({ field, descending: random.chance(0.5) }))
}

const spellSort = (sort: Sort) => sort.map(({ field, descending }) => `${descending ? '-' : ''}${field}`)

/** `sort=-a,b&fields=c&include[user][fields]=d&page[size]=5` */
export function toSearch({ selection, size }: Question, page: Readonly<Record<string, string>>): string {
  const pairs: (readonly [string, string])[] = [...Object.entries(page), ['page[size]', String(size)]]
  if (selection.fields) pairs.push(['fields', selection.fields.join(',')])
  if (selection.sort.length > 0) pairs.push(['sort', spellSort(selection.sort).join(',')])
  const add = ({ include }: Selection, path: string) => {
    for (const [name, one] of include) {
      const key = `include[${path}${name}]`
      pairs.push([key, 'true'])
      if (one.fields) pairs.push([`${key}[fields]`, one.fields.join(',')])
      if (one.sort.length > 0) pairs.push([`${key}[sort]`, spellSort(one.sort).join(',')])
      if (one.limit !== null) pairs.push([`${key}[limit]`, String(one.limit)])
      add(one, `${path}${name}.`)
    }
  }
  add(selection, '')
  return pairs.map(pair => pair.map(encodeURIComponent).join('=')).join('&')
}

export function toBody({ selection, size }: Question, page: Readonly<Record<string, string>>): string {
  const { limit: _limit, ...body } = spellSelection(selection)
  const cursor = Object.fromEntries(Object.entries(page).map(([key, value]) => [key.slice('page['.length, -1), value]))
  return JSON.stringify({ ...body, page: { size, ...cursor } })
}

function spellSelection({ fields, sort, limit, include }: Selection): Record<string, unknown> {
  return {
    ...(fields && { fields }),
    ...(sort.length > 0 && { sort: spellSort(sort) }),
    ...(limit !== null && { limit }),
    ...(include.size > 0 && {
      include: Object.fromEntries([...include].map(([name, one]) => [name, orTrue(spellSelection(one))])),
    }),
  }
}

const orTrue = (options: Record<string, unknown>) => (Object.keys(options).length > 0 ? options : true)
