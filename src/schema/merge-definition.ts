// Brings a definition up to date with a fresh one, and keeps what somebody wrote into it by hand.
import { keyOfTable, tableNameOf } from './bind-table.ts'
import { sayTable } from './define-tables.ts'
import { numberName } from './name-relationships.ts'
import type { RelationshipDefinition, SchemaDefinition, TableDefinition } from './schema-definition.ts'
import { toFieldName } from './spell-path.ts'

/**
 * The fresh tables, columns and relationships, with what is kept of the existing definition:
 * - the name of an entry, for the same table of the database;
 * - the name of a relationship, for the same kind, columns and target;
 * - of a table without a key in the database (a view): a key, and relationships whose foreign key would stand on such a table.
 *
 * A name that a new column has taken is not kept.
 *
 * @param fresh as `defineTables` makes it
 */
export function mergeDefinition(existing: SchemaDefinition, fresh: SchemaDefinition): SchemaDefinition {
  const renamed = keepEntries(existing, fresh)
  const keyless = new Set(Object.keys(renamed).filter(entry => renamed[entry]?.key === undefined))
  const merged = Object.entries(renamed).map(([entry, table]) => {
    const before = Object.hasOwn(existing, entry) ? existing[entry] : undefined
    return [entry, before ? mergeTable(before, table, renamed, keyless) : table] as const
  })
  return Object.fromEntries(merged)
}

/** Fresh tables under the names that they have already, with all references to them. */
function keepEntries(existing: SchemaDefinition, fresh: SchemaDefinition): SchemaDefinition {
  const known = new Map(
    Object.entries(existing).map(([entry, table]) => [keyOfTable(tableNameOf(entry, table)), entry]),
  )
  const kept = new Set<string>()
  const names = new Map<string, string>()
  for (const [entry, table] of Object.entries(fresh)) {
    const name = known.get(keyOfTable(tableNameOf(entry, table)))
    if (name === undefined) continue
    names.set(entry, name)
    kept.add(name)
  }
  for (const entry of Object.keys(fresh)) {
    if (names.has(entry)) continue
    const name = numberName(entry, kept)
    names.set(entry, name)
    kept.add(name)
  }
  const nameOf = (entry: string) => names.get(entry) ?? entry
  return Object.fromEntries(
    Object.entries(fresh).map(([entry, table]) => [nameOf(entry), renameTable(entry, table, nameOf)]),
  )
}

function renameTable(
  entry: string,
  { table, ...rest }: TableDefinition,
  nameOf: (entry: string) => string,
): TableDefinition {
  const relationships = Object.entries(rest.relationships ?? {}).map(
    ([name, one]) => [name, retarget(one, nameOf)] as const,
  )
  return {
    ...sayTable(nameOf(entry), tableNameOf(entry, table && { table, columns: {} })),
    ...rest,
    ...(relationships.length > 0 && { relationships: Object.fromEntries(relationships) }),
  }
}

function retarget(one: RelationshipDefinition, nameOf: (entry: string) => string): RelationshipDefinition {
  if ('belongsTo' in one) return { ...one, belongsTo: nameOf(one.belongsTo) }
  if ('hasOne' in one) return { ...one, hasOne: nameOf(one.hasOne) }
  if ('hasMany' in one) return { ...one, hasMany: nameOf(one.hasMany) }
  return { ...one, manyToMany: nameOf(one.manyToMany), through: nameOf(one.through) }
}

function mergeTable(
  before: TableDefinition,
  now: TableDefinition,
  all: SchemaDefinition,
  keyless: ReadonlySet<string>,
): TableDefinition {
  const key = now.key ?? (has(now, before.key) ? before.key : undefined)
  const relationships = mergeRelationships(before, now, all, keyless)
  const { columns, table } = now
  return {
    ...(table && { table }),
    ...(key !== undefined && { key }),
    columns,
    ...(relationships.length > 0 && { relationships: Object.fromEntries(relationships) }),
  }
}

function mergeRelationships(
  before: TableDefinition,
  now: TableDefinition,
  all: SchemaDefinition,
  keyless: ReadonlySet<string>,
) {
  const columns = new Set(Object.keys(now.columns).flatMap(column => [column, toFieldName(column)]))
  const old = Object.entries(before.relationships ?? {}).filter(([name]) => !columns.has(name))
  const oldNames = new Map(old.map(([name, one]) => [identityOf(one), name]))
  const fresh = Object.entries(now.relationships ?? {})
  const kept = fresh.flatMap(([, one]) => oldNames.get(identityOf(one)) ?? [])
  const taken = new Set([...columns, ...kept])
  const merged = fresh.map(([freshName, one]) => {
    const name = oldNames.get(identityOf(one)) ?? numberName(freshName, taken)
    taken.add(name)
    return [name, one] as const
  })
  const byHand = old.filter(([name, one]) => !taken.has(name) && standsByHand(one, now, all, keyless))
  return [...merged, ...byHand]
}

/** A view has no foreign keys, so nothing in the database speaks against a relationship over columns that it has. */
function standsByHand(
  one: RelationshipDefinition,
  owner: TableDefinition,
  all: SchemaDefinition,
  keyless: ReadonlySet<string>,
): boolean {
  if ('manyToMany' in one) {
    return (
      keyless.has(one.through) &&
      Object.hasOwn(all, one.manyToMany) &&
      has(all[one.through], one.by[0]) &&
      has(all[one.through], one.by[1])
    )
  }
  const target = targetOf(one)
  if (!Object.hasOwn(all, target)) return false
  if ('belongsTo' in one) return owner.key === undefined && has(owner, one.by)
  return keyless.has(target) && has(all[target], one.by)
}

function has(table: TableDefinition | undefined, columns: string | readonly string[] | undefined): boolean {
  return (
    table !== undefined &&
    columns !== undefined &&
    [columns].flat().every(column => Object.hasOwn(table.columns, column))
  )
}

function targetOf(one: RelationshipDefinition): string {
  if ('belongsTo' in one) return one.belongsTo
  if ('hasOne' in one) return one.hasOne
  return 'hasMany' in one ? one.hasMany : one.manyToMany
}

/** The same for two relationships that differ in nothing but the name; `'id'` and `['id']` are the same columns. */
export function identityOf(one: RelationshipDefinition): string {
  const by = 'manyToMany' in one ? [one.through, ...one.by.map(part => [part].flat())] : [one.by].flat()
  return JSON.stringify([Object.keys(one).find(kind => kind !== 'by' && kind !== 'through'), targetOf(one), by])
}
