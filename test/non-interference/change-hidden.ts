// Makes the second database of a pair: other hidden values, other hidden rows, and nothing else that the caller could see.
import { clashes, makeRow, makeValue, mend, tableOrder } from './make-data.ts'
import type { Random } from './random.ts'
import type { Sight } from './view.ts'
import type { Data, Row, World, WorldTable } from './world.ts'

export interface Twin {
  readonly data: Data
  /** Changes that were kept. */
  readonly changes: number
}

type Change = (data: Data) => Data

/** @param keeps whether the caller's view of these data is still the same */
export function changeHidden(
  data: Data,
  sight: Sight,
  world: World,
  random: Random,
  keeps: (data: Data) => boolean,
): Twin {
  const changes = random.shuffle(proposeChanges(data, sight, world, random))
  // All at once first, then in halves: a change that shows is left out, with as few looks as possible.
  const kept = (from: Data, list: readonly Change[]): Twin => {
    if (list.length === 0) return { data: from, changes: 0 }
    const changed = mend(
      list.reduce((before, change) => change(before), from),
      world,
    )
    if (isWhole(changed, world) && keeps(changed)) return { data: changed, changes: list.length }
    if (list.length === 1) return { data: from, changes: 0 }
    const first = kept(from, list.slice(0, list.length >> 1))
    const second = kept(first.data, list.slice(list.length >> 1))
    return { data: second.data, changes: first.changes + second.changes }
  }
  return kept(data, changes)
}

function isWhole(data: Data, world: World): boolean {
  return [...world.tables.values()].every(table =>
    (data[table.name] ?? []).every(row => !clashes(row, data[table.name] ?? [], table)),
  )
}

function proposeChanges(data: Data, sight: Sight, world: World, random: Random): readonly Change[] {
  const changes: Change[] = []
  // A row is known by its place, for a change before may have made another object of it.
  const atRow = (table: string, row: Row, change: (row: Row) => readonly Row[]): Change => {
    const isSame = sameKey(row, world.tables.get(table) as WorldTable)
    return now => ({ ...now, [table]: (now[table] ?? []).flatMap(one => (isSame(one) ? change(one) : [one])) })
  }
  for (const name of tableOrder) {
    const table = world.tables.get(name) as WorldTable
    const visible = new Map((sight.get(name) ?? []).map(one => [one.row, one.readable]))
    for (const row of data[name] ?? []) {
      const readable = visible.get(row)
      if (!readable && random.chance(0.25)) changes.push(atRow(name, row, () => []))
      for (const column of table.columns) {
        const field =
          table.relationships.find(one => one.kind === 'toOne' && one.own.includes(column.name))?.name ?? column.name
        // A foreign key that is readable may still be shown as null.
        const chance = !readable?.has(field) ? 0.6 : field !== column.name ? 0.1 : 0
        if (table.key.includes(column.name) || !random.chance(chance)) continue
        const value = makeValue(column, table, data, random)
        changes.push(atRow(name, row, one => [{ ...one, [column.name]: value }]))
      }
    }
    for (let added = random.int(4); added > 0; added--) {
      const row = makeRow(table, data, random)
      changes.push(now =>
        clashes(row, now[name] ?? [], table)
          ? now
          : { ...now, [name]: random.chance(0.5) ? [row, ...(now[name] ?? [])] : [...(now[name] ?? []), row] },
      )
    }
  }
  return changes
}

function sameKey(row: Row, table: WorldTable): (other: Row) => boolean {
  if (table.key.length > 0) return other => table.key.every(column => other[column] === row[column])
  // Without a key: the first change of a row is its only one.
  return other => other === row
}
