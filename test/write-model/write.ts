// Random writes: to records that are there, hidden or missing, with fields that may and may not be written, and wrong values.

import type { Random } from '../non-interference/random.ts'
import { pickValue } from '../non-interference/values.ts'
import type { Column, Data, Row, World, WorldTable } from '../non-interference/world.ts'
import { fieldNames } from './policy.ts'

/** One record of a request. */
export interface Entry {
  readonly kind: 'create' | 'update' | 'delete'
  /** The key's columns as text; null for a new record. */
  readonly key: readonly string[] | null
  readonly members: Readonly<Record<string, unknown>>
}

export interface Write {
  readonly table: string
  readonly entries: readonly Entry[]
  readonly isBulk: boolean
  /** `/folks/3/books`: the record above, and the foreign key that it fills in. */
  readonly under: { readonly table: string; readonly id: string; readonly field: string; readonly path: string } | null
}

export function makeWrite(world: World, data: Data, random: Random): Write {
  const table = world.tables.get(
    random.weigh([
      [5, 'books'],
      [2, 'folks'],
      [2, 'marks'],
      [1, 'houses'],
    ] as const),
  ) as WorldTable
  const kind = random.pick(['create', 'update', 'update', 'delete'] as const)
  const under = kind === 'create' && table.name === 'books' && random.chance(0.25) ? makeUnder(world, random) : null
  const isBulk = under === null && random.chance(0.15)
  const entries = Array.from({ length: isBulk ? 1 + random.int(3) : 1 }, (): Entry => {
    const key = kind === 'create' ? null : makeKey(table, data, random)
    const members = kind === 'delete' ? {} : makeMembers(table, data, kind, random)
    // In a list the key says which record is meant.
    const inList = Object.fromEntries(Object.entries(members).filter(([name]) => !table.keyFields.includes(name)))
    return { kind, key, members: isBulk && key ? inList : members }
  })
  return { table: table.name, entries, isBulk, under }
}

function makeUnder(world: World, random: Random): Write['under'] {
  const links = (world.tables.get('books') as WorldTable).relationships.filter(one => one.kind === 'toOne')
  const link = random.pick(links)
  const above = world.tables.get(link.target) as WorldTable
  const path = above.relationships.find(
    one => one.kind === 'toMany' && one.holder === link.name && one.target === 'books',
  )
  return path ? { table: link.target, id: String(1 + random.int(7)), field: link.name, path: path.name } : null
}

function makeKey(table: WorldTable, data: Data, random: Random): readonly string[] {
  const rows = data[table.name] ?? []
  if (rows.length > 0 && random.chance(0.85))
    return table.key.map(name => random.pick([random.pick(rows)])[name] as string)
  return table.key.map(() => String(1 + random.int(12)))
}

function makeMembers(table: WorldTable, data: Data, kind: 'create' | 'update', random: Random): Entry['members'] {
  const names = fieldNames(table)
  const members: Record<string, unknown> = {}
  const needed = kind === 'create' && random.chance(0.9) ? (table.keyFields as readonly string[]) : []
  const chosen = random.some(
    names.filter(name => !needed.includes(name) && name !== 'shout'),
    kind === 'update' ? 1 : 0,
    3,
  )
  // A key that is chosen, or a column that is computed by the database, only now and then.
  for (const name of [
    ...chosen.filter(one => one !== 'id' || random.chance(0.15)),
    ...(table.name === 'books' ? [] : needed),
  ])
    members[name] = makeMember(name, table, data, random)
  if (random.chance(0.04)) members.shout = 'X'
  if (random.chance(0.04)) members.nosuch = 1
  return members
}

function makeMember(name: string, table: WorldTable, data: Data, random: Random): unknown {
  if (random.chance(0.03)) return random.pick([[], {}, { nosuch: 1 }, [1]])
  const link = table.relationships.find(one => one.kind === 'toOne' && one.name === name)
  if (link) {
    if (random.chance(0.12)) return null
    const rows = data[link.target] ?? []
    const id = rows.length > 0 && random.chance(0.9) ? (random.pick(rows) as Row).id : '77'
    return random.chance(0.5) ? Number(id) : { id: Number(id) }
  }
  const column = table.columns.find(one => one.name === name) as Column
  if (random.chance(0.1)) return null
  if (name === 'id') return 1 + random.int(12)
  if (name === 'slug') return random.pick(['s1', 's2', 's3', 's4', 's5', 's6'])
  if (name === 'stars' && random.chance(0.1)) return 100 + random.int(5)
  const text = pickValue(column.type, random)
  return column.type === 'int4' ? Math.min(Number(text), 99) : column.type === 'bool' ? text === 'true' : text
}

/** As it is sent. */
export function toRequest({ table, entries, isBulk, under }: Write, world: World) {
  const [first] = entries as readonly [Entry]
  const method = first.kind === 'create' ? 'POST' : first.kind === 'update' ? 'PATCH' : 'DELETE'
  const keyNames = (world.tables.get(table) as WorldTable).key
  if (!isBulk) {
    const path = under
      ? `/${under.table}/${under.id}/${under.path}`
      : `/${table}${first.key ? `/${first.key.join(',')}` : ''}`
    return { method, path, body: first.kind === 'delete' ? null : JSON.stringify(first.members) }
  }
  const list = entries.map(({ key, members }) =>
    key === null ? members : { ...members, ...Object.fromEntries(keyNames.map((name, i) => [name, Number(key[i])])) },
  )
  return { method, path: `/${table}`, body: JSON.stringify(list) }
}
