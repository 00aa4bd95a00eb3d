// Random writes: to records that are there, hidden or missing, with fields that may and may not be written, and wrong values.

import type { Random } from '../non-interference/random.ts'
import { pickValue } from '../non-interference/values.ts'
import type { Column, Data, World, WorldTable } from '../non-interference/world.ts'
import { fieldNames, linkSets } from './policy.ts'
import { naturalKeys, numbered } from './tables.sql.ts'
import type { ActionCall, Entry, Filtered, Operations, PlainWrite, Records, Under } from './write.ts'

/** What the records and the links of a write are chosen from. */
interface Source {
  readonly world: World
  readonly data: Data
  readonly random: Random
  /** What operations have made so far, by table. */
  readonly lids?: Map<string, string[]>
}

const slugs = ['s1', 's2', 's3', 's4', 's5', 's6']

export function makeWrite(world: World, data: Data, random: Random): PlainWrite {
  const source = { world, data, random }
  const kind = random.weigh([
    [12, 'records'],
    [3, 'operations'],
    [2, 'filtered'],
    [2, 'action'],
  ] as const)
  if (kind === 'operations') return makeOperations(source)
  if (kind === 'filtered') return makeFiltered(source)
  if (kind === 'action') return makeAction(source)
  return makeRecords(source)
}

function pickTable({ world, random }: Source): WorldTable {
  const name = random.weigh([
    [5, 'books'],
    [2, 'folks'],
    [2, 'marks'],
    [1, 'houses'],
  ] as const)
  return world.tables.get(name) as WorldTable
}

function makeRecords(source: Source): Records {
  const { world, data, random } = source
  const table = pickTable(source)
  const kind = random.pick(['create', 'update', 'update', 'put', 'delete'] as const)
  const under = kind === 'create' && table.name === 'books' && random.chance(0.25) ? makeUnder(world, random) : null
  const isBulk = under === null && kind !== 'put' && random.chance(0.2)
  const entries = Array.from({ length: isBulk ? 1 + random.int(3) : 1 }, (): Entry => {
    const entry = makeEntry(table, kind, source)
    if (isBulk) return toListed(entry, table)
    if (kind === 'create' || !(table.name in naturalKeys) || !random.chance(0.2)) return entry
    const { key: _, ...rest } = entry
    const known = (data[table.name] ?? []).flatMap(row => row.slug ?? [])
    return {
      ...rest,
      key: null,
      natural: known.length > 0 && random.chance(0.7) ? random.pick(known) : random.pick(slugs),
    }
  })
  return { kind: 'records', table: table.name, entries, isBulk, isLenient: isBulk && random.chance(0.5), under }
}

/** In a list the key says which record is meant. */
function toListed(entry: Entry, table: WorldTable): Entry {
  if (entry.key === null) return entry
  const members = Object.entries(entry.members).filter(([name]) => !table.keyFields.includes(name))
  return { ...entry, members: Object.fromEntries(members) }
}

function makeEntry(table: WorldTable, kind: Entry['kind'], source: Source): Entry {
  const { data, random } = source
  const key = kind === 'create' ? null : makeKey(table, data, random)
  const members = kind === 'delete' ? {} : makeMembers(table, kind, source)
  if (kind !== 'put') return { kind, key, members }
  const said = random.chance(0.2) ? sayKey(table, key ?? [], random) : {}
  return { kind, key, members: { ...members, ...said }, ...(random.chance(0.25) && { mustBeAbsent: true }) }
}

/** The key of the path stands in the body too, or another. */
function sayKey(table: WorldTable, key: readonly string[], random: Random): Entry['members'] {
  const other = random.chance(0.2) ? 1 : 0
  return Object.fromEntries(table.keyFields.map((name, i) => [name, Number(key[i]) + other]))
}

function makeUnder(world: World, random: Random): Under | null {
  const links = (world.tables.get('books') as WorldTable).relationships.filter(one => one.kind === 'toOne')
  const link = random.pick(links)
  const above = world.tables.get(link.target) as WorldTable
  const path = above.relationships.find(
    one => one.kind === 'toMany' && one.holder === link.name && one.target === 'books',
  )
  return path ? { table: link.target, id: String(1 + random.int(7)), field: link.name, path: path.name } : null
}

function makeOperations(source: Source): Operations {
  const { random } = source
  const lids = new Map<string, string[]>()
  const inside = { ...source, lids }
  const steps = Array.from({ length: 1 + random.int(4) }, (_, i) => {
    const table = pickTable(source)
    const kind = random.pick(['create', 'create', 'update', 'update', 'delete'] as const)
    const entry = toListed(makeEntry(table, kind, inside), table)
    if (kind === 'create') {
      if (table.name === 'marks' || random.chance(0.3)) return { table: table.name, entry }
      const lid = `new${i}`
      lids.set(table.name, [...(lids.get(table.name) ?? []), lid])
      return { table: table.name, entry: { ...entry, lid } }
    }
    const known = lids.get(random.chance(0.95) ? table.name : 'books') ?? []
    return known.length > 0 && random.chance(0.6)
      ? { table: table.name, entry: { ...entry, key: null, made: random.pick(known) } }
      : { table: table.name, entry }
  })
  return { kind: 'operations', steps }
}

function makeFiltered(source: Source): Filtered {
  const { data, random } = source
  const table = pickTable(source)
  // How a foreign key that is a key is filtered by is for the tests of reads to say.
  const field = random.pick(fieldNames(table).filter(name => name === 'id' || !table.keyFields.includes(name)))
  const link = table.relationships.find(one => one.kind === 'toOne' && one.name === field)
  const column = link?.kind === 'toOne' ? (link.own[0] as string) : field
  const stored = (data[table.name] ?? []).flatMap(row => row[column] ?? [])
  const value = stored.length > 0 ? random.pick(stored) : '1'
  const kind = random.pick(['update', 'update', 'delete'] as const)
  const entry = toListed({ ...makeEntry(table, kind, source), key: [] }, table)
  return {
    kind: 'filtered',
    table: table.name,
    filter: { field, value },
    max: random.int(5),
    entry: { ...entry, key: null },
  }
}

function makeAction(source: Source): ActionCall {
  const { world, data, random } = source
  const table = world.tables.get(random.pick(['books', 'books', 'folks', 'marks'])) as WorldTable
  const isMany = random.chance(0.6)
  const keys = Array.from({ length: isMany ? 1 + random.int(4) : 1 }, () => makeKey(table, data, random))
  return { kind: 'action', table: table.name, name: 'alter', keys, isMany }
}

function makeKey(table: WorldTable, data: Data, random: Random): readonly string[] {
  const rows = data[table.name] ?? []
  if (rows.length > 0 && random.chance(0.85)) {
    const row = random.pick(rows)
    return table.key.map(name => (random.chance(0.9) ? row : random.pick(rows))[name] as string)
  }
  return table.key.map(() => String(1 + random.int(12)))
}

function makeMembers(
  table: WorldTable,
  kind: Exclude<Entry['kind'], 'delete'>,
  source: Source,
  depth = 0,
): Entry['members'] {
  const { random } = source
  const names = fieldNames(table)
  const members: Record<string, unknown> = {}
  const needed = kind === 'create' && random.chance(0.9) && !numbered.has(table.name) ? table.keyFields : []
  const chosen = random.some(
    names.filter(
      name => !needed.includes(name) && name !== 'shout' && !(kind === 'put' && table.keyFields.includes(name)),
    ),
    kind === 'update' || depth > 0 ? 1 : 0,
    3,
  )
  // A key that is chosen, or a column that is computed by the database, only now and then.
  for (const name of [...chosen.filter(one => one !== 'id' || random.chance(0.15)), ...needed])
    members[name] = makeMember(name, table, kind, source, depth)
  for (const { name, target } of linkSets(table)) if (random.chance(0.2)) members[name] = makeLinks(target, source)
  if (random.chance(0.04)) members.shout = 'X'
  if (random.chance(0.04)) members.nosuch = 1
  return members
}

function makeMember(
  name: string,
  table: WorldTable,
  kind: Exclude<Entry['kind'], 'delete'>,
  source: Source,
  depth: number,
): unknown {
  const { world, random } = source
  if (random.chance(0.03)) return random.pick([[], {}, { nosuch: 1 }, [1]])
  const link = table.relationships.find(one => one.kind === 'toOne' && one.name === name)
  if (link) {
    if (random.chance(0.12)) return null
    if (depth < 2 && numbered.has(link.target) && random.chance(0.2)) {
      // Only what stands in the operation itself can be named by a lid.
      const { lids: _lids, ...outside } = source
      const { id: _id, ...rest } = makeMembers(
        world.tables.get(link.target) as WorldTable,
        'create',
        outside,
        depth + 1,
      )
      return rest
    }
    return makeLink(link.target, source)
  }
  const column = table.columns.find(one => one.name === name) as Column
  if (random.chance(0.1)) return null
  if (name === 'id') return 1 + random.int(12)
  if (name === 'slug') return random.pick(slugs)
  if (column.type === 'int4' && random.chance(kind === 'update' ? 0.3 : 0.03))
    return { increment: random.pick([1, 1, -2, 7, 90, 2_147_483_640]) }
  if (name === 'stars' && random.chance(0.1)) return 100 + random.int(5)
  const text = pickValue(column.type, random)
  return column.type === 'int4' ? Math.min(Number(text), 99) : column.type === 'bool' ? text === 'true' : text
}

function makeLink(target: string, { data, random, lids }: Source): unknown {
  const made = lids?.get(target) ?? []
  if (made.length > 0 && random.chance(0.4)) return { lid: random.pick(made) }
  if (lids && random.chance(0.02)) return { lid: 'unheard-of' }
  const rows = data[target] ?? []
  const id = Number(rows.length > 0 && random.chance(0.9) ? random.pick(rows).id : '77')
  return random.chance(0.5) ? id : { id }
}

function makeLinks(target: string, source: Source): unknown {
  const { random } = source
  if (random.chance(0.03)) return random.pick([null, 1, [null], [[]], [{ nosuch: 1 }]])
  return Array.from({ length: random.int(4) }, () => {
    if (!(target in naturalKeys) || !random.chance(0.2)) return makeLink(target, source)
    const slug = random.pick(slugs)
    return random.chance(0.5) ? slug : { slug }
  })
}
