// What a member of a body says: a value of its column, a key, a list of links, an increment or a new record.
import type { Column, WorldTable } from '../non-interference/world.ts'
import { type LinkSet, linkSets } from './policy.ts'
import { naturalKeys } from './tables.sql.ts'

/** What the caller may say besides plain values. */
export interface Allowed {
  readonly increment: boolean
  nested(target: string): boolean
  natural(link: LinkSet): boolean
}

/** `nested` and `increment` are no problems of the value itself. */
export function valueProblem(
  value: unknown,
  name: string,
  table: WorldTable,
  may: Allowed,
): 'invalid' | 'nested' | 'increment' | null {
  const set = linkSets(table).find(one => one.name === name)
  if (set) return Array.isArray(value) && value.every(one => isLink(one, set, may)) ? null : 'invalid'
  const link = table.relationships.find(one => one.kind === 'toOne' && one.name === name)
  const column = link?.kind === 'toOne' ? (link.own[0] as string) : name
  if (value === null) return table.key.includes(column) ? 'invalid' : null
  const isObject = typeof value === 'object' && !Array.isArray(value)
  if (link) {
    if (isObject && Object.keys(value).length > 0 && !('id' in value) && may.nested(link.target)) return 'nested'
    return typeof value === 'number' || isKey(value) ? null : 'invalid'
  }
  const { type } = table.columns.find(one => one.name === name) as Column
  if (isObject && type === 'int4' && may.increment && Object.keys(value).join() === 'increment') return 'increment'
  // A check over one column is known before the database is asked.
  if (name === 'stars' && Number(value) >= 100) return 'invalid'
  return typeof value === { int4: 'number', text: 'string', bool: 'boolean' }[type as string] ? null : 'invalid'
}

const isKey = (value: unknown) =>
  typeof value === 'object' &&
  value !== null &&
  Object.keys(value).join() === 'id' &&
  'id' in value &&
  value.id !== null

function isLink(value: unknown, set: LinkSet, may: Allowed): boolean {
  if (typeof value === 'number' || isKey(value)) return true
  const natural = naturalKeys[set.target]
  if (natural === undefined || !may.natural(set)) return false
  return (
    typeof value === 'string' || (typeof value === 'object' && value !== null && Object.keys(value).join() === natural)
  )
}

/** The records that a list of links means. */
export function linksIn(value: unknown): readonly ({ readonly id: string } | { readonly natural: string })[] {
  return (value as readonly unknown[]).map(one => {
    if (typeof one === 'number') return { id: String(one) }
    if (typeof one === 'string') return { natural: one }
    const [[name, said]] = Object.entries(one as object) as [[string, unknown]]
    return name === 'id' ? { id: String(said) } : { natural: String(said) }
  })
}

/** A foreign key may stand as `{"id":3}`. */
export function toText(value: unknown): string | null {
  if (value === null || value === undefined) return null
  return typeof value === 'object' ? String((value as { id: unknown }).id) : String(value)
}
