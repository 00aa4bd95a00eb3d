// What is written: records, lists of them, links, operations, all that a filter finds, and actions; and the plain request that says so.
import type { World, WorldTable } from '../non-interference/world.ts'

type Members = Readonly<Record<string, unknown>>

/** One record of a request. */
export interface Entry {
  readonly kind: 'create' | 'update' | 'put' | 'delete'
  /** The key's columns as text; null for a new record, and for one that is named otherwise. */
  readonly key: readonly string[] | null
  /** The value of the natural key, in place of the key. */
  readonly natural?: string
  /** The record that an earlier operation made, in place of the key. */
  readonly made?: string
  readonly members: Members
  /** What later operations call the new record. */
  readonly lid?: string
  /** `If-None-Match: *` */
  readonly mustBeAbsent?: boolean
  /** What is done with the links that are listed; the set becomes the list where nothing is said. */
  readonly links?: Links['how']
}

/** One record, or a list. */
export interface Records {
  readonly kind: 'records'
  readonly table: string
  readonly entries: readonly Entry[]
  readonly isBulk: boolean
  /** `Prefer: handling=lenient` */
  readonly isLenient: boolean
  /** `/folks/3/books`: the record above, and the foreign key that it fills in. */
  readonly under: Under | null
}

export interface Under {
  readonly table: string
  readonly id: string
  readonly field: string
  readonly path: string
}

export interface Operations {
  readonly kind: 'operations'
  readonly steps: readonly { readonly table: string; readonly entry: Entry }[]
}

/** All records that a filter finds, at most so many. */
export interface Filtered {
  readonly kind: 'filtered'
  readonly table: string
  readonly filter: { readonly field: string; readonly value: string }
  readonly max: number
  readonly entry: Entry
}

/** Links of one record, which only a document at a path of their own says: `/books/3/relationships/folks`. */
export interface Links {
  readonly kind: 'links'
  readonly table: string
  readonly key: readonly string[]
  readonly relationship: string
  readonly how: 'replace' | 'add' | 'remove'
  /** Null for none, where it leads to one record. */
  readonly ids: readonly string[] | null
}

export interface ActionCall {
  readonly kind: 'action'
  readonly table: string
  readonly name: string
  readonly keys: readonly (readonly string[])[]
  readonly isMany: boolean
}

/** What plain JSON says. */
export type PlainWrite = Records | Operations | Filtered | ActionCall
export type Write = PlainWrite | Links

export interface WriteRequest {
  readonly method: string
  readonly path: string
  readonly body: string | null
  readonly headers: Readonly<Record<string, string>>
}

/** The tables that the path or the body names. */
export function tablesOf(write: Write): readonly string[] {
  if (write.kind === 'operations') return write.steps.map(one => one.table)
  return [write.table, ...(write.kind === 'records' && write.under ? [write.under.table] : [])]
}

export const methods = { create: 'POST', update: 'PATCH', put: 'PUT', delete: 'DELETE' } as const

/** As it is sent in plain JSON. */
export function toRequest(write: PlainWrite, world: World): WriteRequest {
  const body = (value: unknown) => (value === undefined ? null : JSON.stringify(value))
  switch (write.kind) {
    case 'operations':
      return {
        method: 'POST',
        path: '/operations',
        body: body({ operations: write.steps.map(toOperation) }),
        headers: {},
      }
    case 'filtered': {
      const { table, filter, max, entry } = write
      const path = `/${table}?filter[${filter.field}]=${encodeURIComponent(filter.value)}&max_affected=${max}`
      const given = entry.kind === 'delete' ? undefined : entry.members
      return { method: methods[entry.kind], path, body: body(given), headers: {} }
    }
    case 'action': {
      const { table, name, keys, isMany } = write
      const ids = keys.map(toId)
      return isMany
        ? { method: 'POST', path: `/actions/${name}/${table}`, body: body({ ids }), headers: {} }
        : { method: 'POST', path: `/${table}/${ids[0]}/actions/${name}`, body: null, headers: {} }
    }
    case 'records':
      return toRecords(write, world)
  }
}

function toRecords({ table, entries, isBulk, isLenient, under }: Records, world: World): WriteRequest {
  const [first] = entries as readonly [Entry]
  const method = methods[first.kind]
  if (!isBulk) {
    const id = first.natural ?? first.key?.join()
    const path = under ? `/${under.table}/${under.id}/${under.path}` : `/${table}${id === undefined ? '' : `/${id}`}`
    return {
      method,
      path,
      body: first.kind === 'delete' ? null : JSON.stringify(first.members),
      headers: first.mustBeAbsent ? { 'if-none-match': '*' } : {},
    }
  }
  const { key: names } = world.tables.get(table) as WorldTable
  const list = entries.map(({ key, members }) =>
    key === null ? members : { ...members, ...Object.fromEntries(names.map((name, i) => [name, Number(key[i])])) },
  )
  const headers = isLenient ? { prefer: 'handling=lenient' } : {}
  return { method, path: `/${table}`, body: JSON.stringify(list), headers }
}

function toOperation({ table, entry }: Operations['steps'][number]): Members {
  const { kind, key, made, members, lid } = entry
  const id = made === undefined ? toId(key ?? []) : { lid: made }
  if (kind === 'create') return { op: 'add', resource: table, data: members, ...(lid !== undefined && { lid }) }
  return kind === 'delete'
    ? { op: 'remove', resource: table, id }
    : { op: 'update', resource: table, id, data: members }
}

const toId = (key: readonly string[]): string | number => (key.length === 1 ? Number(key[0]) : key.join())
