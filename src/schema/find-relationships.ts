// Finds what foreign keys say about how tables are related, from both of their sides. Names nothing.
import { keyOfTable } from './bind-table.ts'
import type { ForeignKeyInfo, TableInfo } from './database-schema.ts'

/** A relationship of `from`. `key` is the foreign key, on `from` for belongsTo and on `to` for the others. */
export interface DirectRelationship {
  readonly kind: 'belongsTo' | 'hasOne' | 'hasMany'
  readonly from: TableInfo
  readonly to: TableInfo
  readonly key: ForeignKeyInfo
  /** How many foreign keys the same table has to the same target, this one counted. */
  readonly siblings: number
}

/** `near` leads from the join table to `from`, `far` to `to`. */
export interface JoinRelationship {
  readonly kind: 'manyToMany'
  readonly from: TableInfo
  readonly to: TableInfo
  readonly through: TableInfo
  readonly near: ForeignKeyInfo
  readonly far: ForeignKeyInfo
}

export type FoundRelationship = DirectRelationship | JoinRelationship

/**
 * Keys to tables that are not among these (partitions, other schemas, tables that the login may not select) are left out:
 * their columns stay plain columns. So is a second key over the same columns to the same table.
 */
export function findRelationships(tables: readonly TableInfo[]): readonly FoundRelationship[] {
  const byName = new Map(tables.map(table => [keyOfTable(table), table]))
  return tables.flatMap(table => {
    const keys = keysOf(table, byName)
    return [...keys.flatMap(one => readKey(table, one, keys)), ...readJoins(table, keys)]
  })
}

interface Key {
  readonly key: ForeignKeyInfo
  readonly to: TableInfo
}

function keysOf(table: TableInfo, byName: ReadonlyMap<string, TableInfo>): readonly Key[] {
  const seen = new Set<string>()
  return table.foreignKeys.flatMap(found => {
    const to = byName.get(keyOfTable(found.table))
    const same = [keyOfTable(found.table), ...found.columns.toSorted()].join('\u0000')
    if (!to || seen.has(same)) return []
    seen.add(same)
    return [{ key: inOrderOfKey(found, to), to }]
  })
}

/** A composite foreign key may list its columns in another order than the key that it refers to; ours follow that key. */
function inOrderOfKey(key: ForeignKeyInfo, to: TableInfo): ForeignKeyInfo {
  const target = [to.primaryKey ?? [], ...to.uniques.map(unique => unique.columns)].find(one =>
    isSameSet(one, key.references),
  )
  if (!target) return key
  return { ...key, columns: target.map(one => key.columns[key.references.indexOf(one)] as string), references: target }
}

function readKey(table: TableInfo, { key, to }: Key, keys: readonly Key[]): readonly DirectRelationship[] {
  const siblings = keys.filter(other => other.to === to).length
  const unique = [table.primaryKey ?? [], ...table.uniques.map(one => one.columns)]
    .filter(columns => columns.length > 0)
    .some(columns => columns.every(column => key.columns.includes(column)))
  return [
    { kind: 'belongsTo', from: table, to, key, siblings },
    { kind: unique ? 'hasOne' : 'hasMany', from: to, to: table, key, siblings },
  ]
}

/** A table joins two others where a key of it, without nulls, is made of exactly two foreign keys. */
function readJoins(table: TableInfo, keys: readonly Key[]): readonly JoinRelationship[] {
  const nullable = new Set(table.columns.filter(column => column.nullable).map(column => column.name))
  const wholes = [table.primaryKey ?? [], ...table.uniques.map(one => one.columns)].filter(
    columns => columns.length > 1 && !columns.some(column => nullable.has(column)),
  )
  return keys.flatMap((near, i) =>
    keys.slice(i + 1).flatMap(far => {
      const both = new Set([...near.key.columns, ...far.key.columns])
      const overlap = both.size === near.key.columns.length || both.size === far.key.columns.length
      const joins = !overlap && wholes.some(columns => isSameSet(columns, [...both]))
      if (!joins || near.to === table || far.to === table) return []
      return [joinOf(table, near, far), joinOf(table, far, near)]
    }),
  )
}

function joinOf(through: TableInfo, near: Key, far: Key): JoinRelationship {
  return { kind: 'manyToMany', from: near.to, to: far.to, through, near: near.key, far: far.key }
}

function isSameSet(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every(item => other.includes(item))
}
