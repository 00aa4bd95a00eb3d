// Random rows: few enough to be read in a report, many enough for ties, full pages and links of every kind.
import type { Random } from './random.ts'
import { pickValue, uuids } from './values.ts'
import type { Column, Data, Row, World, WorldTable } from './world.ts'

const sizes: Readonly<Record<string, readonly [least: number, most: number]>> = {
  teams: [2, 4],
  people: [4, 8],
  notes: [5, 12],
  memberships: [2, 8],
  tags: [2, 5],
  note_tags: [3, 10],
  badges: [1, 5],
  badge_uses: [1, 6],
  profiles: [1, 5],
  logs: [2, 8],
}

/** Tables in an order in which most foreign keys find what they refer to. */
export const tableOrder: readonly string[] = [
  'teams',
  'people',
  'notes',
  'memberships',
  'tags',
  'note_tags',
  'badges',
  'badge_uses',
  'profiles',
  'logs',
]

export function makeData(world: World, random: Random): Data {
  const data: Record<string, readonly Row[]> = Object.fromEntries(tableOrder.map(name => [name, []]))
  for (const name of tableOrder) {
    const table = world.tables.get(name) as WorldTable
    const [least, most] = sizes[name] as readonly [number, number]
    const rows: Row[] = []
    const count = least + random.int(most - least + 1)
    for (let i = 0; i < count; i++) {
      data[name] = rows
      const row = makeRow(table, data, random)
      if (!clashes(row, rows, table)) rows.push(row)
    }
    data[name] = rows
  }
  // Cycles: leaders and bosses are known only now.
  return mend(
    mapRows(data, 'teams', row => ({
      ...row,
      lead_id: random.chance(0.7) ? someValue(data, 'people', 'id', random) : null,
    })),
    world,
  )
}

export function makeRow(table: WorldTable, data: Data, random: Random): Row {
  return Object.fromEntries(table.columns.map(column => [column.name, makeValue(column, table, data, random)]))
}

/** A value for the column: of a foreign key one that is there, mostly. */
export function makeValue(column: Column, table: WorldTable, data: Data, random: Random): string | null {
  const link = table.relationships.find(one => one.kind === 'toOne' && one.own.includes(column.name))
  if (column.nullable && random.chance(link ? 0.2 : 0.15)) return null
  if (link?.kind === 'toOne')
    return someValue(data, link.target, link.foreign[link.own.indexOf(column.name)] as string, random)
  if (table.key.includes(column.name) && column.type !== 'text')
    return column.type === 'uuid' ? random.pick(uuids) : String(1 + random.int(14))
  if (table.uniques.some(one => one.includes(column.name)))
    return `${random.pick(['a', 'b', 'ab', 'x', '7', 'é'])}${random.int(30)}`
  return pickValue(column.type, random)
}

function someValue(data: Data, table: string, column: string, random: Random): string | null {
  const rows = data[table] ?? []
  return rows.length === 0 ? null : (random.pick(rows)[column] ?? null)
}

/** A missing part of the key or a unique value that is taken. */
export function clashes(row: Row, others: readonly Row[], table: WorldTable): boolean {
  if (table.columns.some(column => !column.nullable && row[column.name] === null)) return true
  return table.uniques.some(
    columns =>
      columns.every(column => row[column] !== null) &&
      others.some(other => other !== row && columns.every(column => other[column] === row[column])),
  )
}

function mapRows(data: Data, table: string, change: (row: Row) => Row): Data {
  return { ...data, [table]: (data[table] ?? []).map(change) }
}

/** Foreign keys that lead nowhere become null, or take their row along, until all lead somewhere. */
export function mend(data: Data, world: World): Data {
  const mended: Record<string, readonly Row[]> = { ...data }
  for (let changed = true; changed; ) {
    changed = false
    for (const table of world.tables.values()) {
      for (const link of table.relationships) {
        if (link.kind !== 'toOne') continue
        const targets = mended[link.target] ?? []
        const isBroken = (row: Row) =>
          link.own.every(column => row[column] !== null) &&
          !targets.some(target => link.own.every((column, i) => target[link.foreign[i] as string] === row[column]))
        const free = link.own.filter(column => !table.key.includes(column))
        const rows = mended[table.name] ?? []
        if (!rows.some(isBroken)) continue
        changed = true
        mended[table.name] = rows.flatMap(row =>
          !isBroken(row)
            ? [row]
            : free.length === 0
              ? []
              : [{ ...row, ...Object.fromEntries(free.map(column => [column, null])) }],
        )
      }
    }
  }
  return mended
}
