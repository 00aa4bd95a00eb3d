// Spells a write as a JSON:API document where it can be said in one, and says what of its outcome is then another.
import type { Random } from '../non-interference/random.ts'
import type { Data, Relationship, World, WorldTable } from '../non-interference/world.ts'
import type { Verdict } from './judge.ts'
import { naturalKeys } from './tables.sql.ts'
import {
  type Entry,
  type Links,
  methods,
  type PlainWrite,
  type Records,
  toRequest,
  type Write,
  type WriteRequest,
} from './write.ts'

export interface Spelled {
  /** What is to be judged. */
  readonly write: Write
  readonly request: WriteRequest
  readonly isDocument: boolean
  /** From what becomes of the write in plain JSON to what becomes of it here. */
  readonly toVerdict: (verdict: Verdict, before: Data) => Verdict
}

export const documentType = 'application/vnd.api+json'

/** @param random a stream of its own, so that what is written is the same however it is spelled */
export function spell(write: PlainWrite, world: World, data: Data, random: Random): Spelled {
  const links = random.chance(0.2) ? linksInstead(write, world, data, random) : null
  if (links)
    return { write: links, request: toLinks(links, world), isDocument: true, toVerdict: one => inDocument(one) }
  const document = write.kind === 'records' && random.chance(0.5) ? toDocument(write, world, data, random) : null
  if (document) return { write, isDocument: true, ...document }
  return { write, request: toRequest(write, world), isDocument: false, toVerdict: verdict => verdict }
}

/** A change of a record gives way to one of its links. */
function linksInstead(write: PlainWrite, world: World, data: Data, random: Random): Links | null {
  const [entry] = write.kind === 'records' && !write.isBulk ? write.entries : []
  if (write.kind !== 'records' || !entry?.key || entry.kind === 'put') return null
  const { key } = entry
  const table = world.tables.get(write.table) as WorldTable
  if (key.length > 1 && random.chance(0.5)) return null
  const link = random.pick(table.relationships)
  const target = world.tables.get(link.target) as WorldTable
  const rows = data[link.target] ?? []
  const anyId = () =>
    rows.length > 0 && random.chance(0.9)
      ? idOf(random.pick(rows), target)
      : target.key.map(() => String(1 + random.int(12))).join()
  if (link.kind === 'toOne') {
    const ids = random.chance(0.2) ? null : [anyId()]
    return { kind: 'links', table: table.name, key, relationship: link.name, how: 'replace', ids }
  }
  const how = random.pick(['replace', 'add', 'remove'] as const)
  const ids = Array.from({ length: random.int(4) }, anyId)
  return { kind: 'links', table: table.name, key, relationship: link.name, how, ids }
}

const ways = { replace: 'PATCH', add: 'POST', remove: 'DELETE' } as const

function toLinks({ table, key, relationship, how, ids }: Links, world: World): WriteRequest {
  const link = world.tables.get(table)?.relationships.find(one => one.name === relationship) as Relationship
  const identifiers = (ids ?? []).map(id => ({ type: link.target, id }))
  const body = JSON.stringify({ data: link.kind === 'toOne' ? (identifiers[0] ?? null) : identifiers })
  return {
    method: ways[how],
    path: `/${table}/${key.join()}/relationships/${relationship}`,
    body,
    headers: { 'content-type': documentType },
  }
}

/** Null for what only plain JSON says: lists, `PUT`, new records in place of keys, natural keys, another key of its own. */
function toDocument(
  { table: name, entries, isBulk, under }: Records,
  world: World,
  data: Data,
  random: Random,
): Pick<Spelled, 'request' | 'toVerdict'> | null {
  const [entry] = entries as readonly [Entry]
  if (isBulk || entry.kind === 'put') return null
  const table = world.tables.get(name) as WorldTable
  const at = entry.natural ?? entry.key?.join()
  const path = under ? `/${under.table}/${under.id}/${under.path}` : `/${name}${at === undefined ? '' : `/${at}`}`
  const method = methods[entry.kind]
  if (entry.kind === 'delete') {
    // What is removed is never shown.
    const headers = { accept: documentType, ...(random.chance(0.5) && { prefer: 'return=representation' }) }
    return { request: { method, path, body: null, headers }, toVerdict: one => inDocument(one) }
  }
  const content = toContent(entry, table, random)
  if (!content) return null
  const named = (data[name] ?? []).find(row => row.slug === entry.natural)
  const own = entry.key?.join() ?? (named ? idOf(named, table) : '77')
  const isAnother = entry.kind === 'update' && entry.key !== null && random.chance(0.05)
  const id = entry.kind === 'create' ? content.id : isAnother ? `${own}1` : own
  const { attributes, relationships } = content
  const object = {
    ...{ type: name, ...(id !== undefined && { id }) },
    ...(Object.keys(attributes).length > 0 && { attributes }),
    ...(Object.keys(relationships).length > 0 && { relationships }),
  }
  const body = JSON.stringify({ data: object })
  const toVerdict = (plain: Verdict, before: Data): Verdict => {
    const verdict = content.id === undefined ? inDocument(plain, table) : withIdOf(table, inDocument(plain, table))
    return isAnother ? ofAnother(verdict, table, before) : verdict
  }
  return { request: { method, path, body, headers: { 'content-type': documentType } }, toVerdict }
}

interface Content {
  /** Of a new record. */
  readonly id?: string
  readonly attributes: Readonly<Record<string, unknown>>
  readonly relationships: Readonly<Record<string, { readonly data: unknown }>>
}

function toContent({ kind, members }: Entry, table: WorldTable, random: Random): Content | null {
  const attributes: Record<string, unknown> = {}
  const relationships: Record<string, { readonly data: unknown }> = {}
  const key = kind === 'create' ? table.keyFields.map(name => plainId(members[name])) : []
  // A key of foreign keys is said by them, or as an id.
  const isId = key.length > 0 && !key.includes(null) && (table.key.length === 1 || random.chance(0.3))
  for (const [name, value] of Object.entries(members)) {
    if (isId && table.keyFields.includes(name)) continue
    if (name === 'id') return null
    const link = table.relationships.find(one => one.name === name)
    if (!link) {
      attributes[name] = value
      continue
    }
    const linkage = toLinkage(value, link)
    if (linkage === undefined) return null
    relationships[name] = { data: linkage }
  }
  return { attributes, relationships, ...(isId && { id: key.join() }) }
}

/** Undefined for what is none. */
function toLinkage(value: unknown, { kind, target }: Relationship): unknown {
  const identify = (one: unknown) => {
    const id = plainId(one)
    return id === null ? undefined : { type: target, id }
  }
  if (kind === 'toOne') return value === null ? null : identify(value)
  const listed = Array.isArray(value) ? value.map(identify) : [undefined]
  return listed.includes(undefined) ? undefined : listed
}

/** The key that `3` and `{"id":3}` say. */
function plainId(value: unknown): string | null {
  if (typeof value === 'number') return String(value)
  const isObject = typeof value === 'object' && value !== null && Object.keys(value).join() === 'id'
  return isObject && 'id' in value && typeof value.id === 'number' ? String(value.id) : null
}

const idOf = (row: Readonly<Record<string, string | null>>, { key }: WorldTable) =>
  key.map(name => row[name] as string).join()

/** A record has an id; a link to what is not there, or not for the caller, is a 404. */
function inDocument(plain: Verdict, table?: WorldTable): Verdict {
  const record = table && plain.said?.record
  const id = table?.keyFields.map(name => record?.get(name)).join() ?? null
  const verdict = record ? { ...plain, said: { record: new Map([...record, ['id', id]]) } } : plain
  const isLink = /(^|: )(link|links: missing|links: link)$/.test(verdict.reason)
  if (isLink && verdict.status === 422) return { ...verdict, status: 404 }
  // What a role fills in may lead nowhere too.
  return /(^|: )nowhere$/.test(verdict.reason) ? { ...verdict, also: [...(verdict.also ?? []), 404] } : verdict
}

/** What is wrong with a part of the key is wrong with the id. */
function withIdOf({ keyFields }: WorldTable, { pointers, ...verdict }: Verdict): Verdict {
  if (!pointers) return verdict
  return { ...verdict, pointers: pointers.map(name => (keyFields.includes(name) ? 'id' : name)) }
}

/** Told before the record is looked for, and after what no role gives; where the path may be a natural key, once it is found. */
function ofAnother(verdict: Verdict, table: WorldTable, before: Data): Verdict {
  const isRefused = ['no roles', 'no role', 'never'].includes(verdict.reason)
  if (isRefused || (table.name in naturalKeys && verdict.status >= 300)) return verdict
  const { pointers: _, said: __, also: ___, ...rest } = verdict
  return { ...rest, status: 409, reason: 'another id', data: before }
}
