// What the generators and the model know of the tables: columns, keys and links, taken from the pulled definition.
import type { ColumnDefinition, SchemaDefinition, TableDefinition } from '../../src/schema/schema-definition.ts'

export type Type =
  | 'int4'
  | 'int8'
  | 'text'
  | 'numeric'
  | 'float8'
  | 'timestamptz'
  | 'bool'
  | 'mood'
  | 'jsonb'
  | 'text[]'
  | 'uuid'

export interface Column {
  readonly name: string
  readonly type: Type
  readonly nullable: boolean
}

export type Relationship =
  /** `own` of this row equals `foreign` of the target's. */
  | {
      readonly kind: 'toOne'
      readonly name: string
      readonly target: string
      readonly own: readonly string[]
      readonly foreign: readonly string[]
    }
  /** `holder`: the to-one relationship of the target that holds the key. */
  | {
      readonly kind: 'toMany'
      readonly name: string
      readonly target: string
      readonly own: readonly string[]
      readonly foreign: readonly string[]
      readonly holder: string
      /** One record at most: it is shown as an object. */
      readonly single: boolean
    }
  | {
      readonly kind: 'manyToMany'
      readonly name: string
      readonly target: string
      readonly through: string
      readonly near: Extract<Relationship, { kind: 'toOne' }>
      readonly far: Extract<Relationship, { kind: 'toOne' }>
    }

export interface WorldTable {
  readonly name: string
  readonly columns: readonly Column[]
  /** Empty for a table without one. */
  readonly key: readonly string[]
  readonly uniques: readonly (readonly string[])[]
  readonly relationships: readonly Relationship[]
  /** Columns that are fields by their own name. */
  readonly plain: readonly Column[]
  /** Fields that make up the key. */
  readonly keyFields: readonly string[]
}

export interface World {
  readonly schema: SchemaDefinition
  readonly tables: ReadonlyMap<string, WorldTable>
}

/** A value as PostgreSQL reads it. */
export type Row = Readonly<Record<string, string | null>>
export type Data = Readonly<Record<string, readonly Row[]>>

const uniques: Readonly<Record<string, readonly (readonly string[])[]>> = {
  teams: [['slug']],
  people: [['handle']],
  tags: [['name']],
  profiles: [['person_id']],
}
export const naturalKeys: Readonly<Record<string, string>> = { teams: 'slug', people: 'handle', tags: 'name' }

export function makeWorld(schema: SchemaDefinition): World {
  return {
    schema,
    tables: new Map(Object.entries(schema).map(([name, table]) => [name, makeTable(name, table, schema)])),
  }
}

const list = (value: string | readonly string[] | undefined): readonly string[] =>
  value === undefined ? [] : typeof value === 'string' ? [value] : value

function makeTable(name: string, table: TableDefinition, schema: SchemaDefinition): WorldTable {
  const key = list(table.key)
  const columns = Object.entries(table.columns).map(([column, definition]) => ({
    name: column,
    ...typeOf(definition),
    ...(key.includes(column) && { nullable: false }),
  }))
  const relationships = relationshipsOf(name, schema)
  const toOnes = relationships.filter(one => one.kind === 'toOne')
  const foreign = new Set(
    toOnes.flatMap(one => (one.own.length === 1 || !one.own.every(column => key.includes(column)) ? one.own : [])),
  )
  const plain = columns.filter(column => !foreign.has(column.name))
  const keyFields = key.map(column => toOnes.find(one => one.own.length === 1 && one.own[0] === column)?.name ?? column)
  return {
    name,
    columns,
    key,
    uniques: [...(key.length > 0 ? [key] : []), ...(uniques[name] ?? [])],
    relationships,
    plain,
    keyFields,
  }
}

function typeOf(definition: ColumnDefinition): { readonly type: Type; readonly nullable: boolean } {
  if (typeof definition === 'object') return { type: 'mood', nullable: definition.null === true }
  return { type: definition.split(' ')[0] as Type, nullable: definition.includes(' null') }
}

function relationshipsOf(name: string, schema: SchemaDefinition): readonly Relationship[] {
  const keyOf = (table: string) => list(schema[table]?.key)
  const toOne = (table: string, by: string | readonly string[]): Extract<Relationship, { kind: 'toOne' }> => {
    for (const [found, one] of Object.entries(schema[table]?.relationships ?? {})) {
      if ('belongsTo' in one && list(one.by).join() === list(by).join())
        return { kind: 'toOne', name: found, target: one.belongsTo, own: list(one.by), foreign: keyOf(one.belongsTo) }
    }
    throw new Error(`${table} has no foreign key ${list(by).join()}`)
  }
  return Object.entries(schema[name]?.relationships ?? {}).map(([relationship, one]): Relationship => {
    if ('belongsTo' in one)
      return {
        kind: 'toOne',
        name: relationship,
        target: one.belongsTo,
        own: list(one.by),
        foreign: keyOf(one.belongsTo),
      }
    if ('manyToMany' in one)
      return {
        kind: 'manyToMany',
        name: relationship,
        target: one.manyToMany,
        through: one.through,
        near: toOne(one.through, one.by[0]),
        far: toOne(one.through, one.by[1]),
      }
    const target = 'hasMany' in one ? one.hasMany : one.hasOne
    return {
      kind: 'toMany',
      name: relationship,
      target,
      own: keyOf(name),
      foreign: list(one.by),
      holder: toOne(target, one.by).name,
      single: 'hasOne' in one,
    }
  })
}

export function leadsToOne(relationship: Relationship): boolean {
  return relationship.kind === 'toOne' || (relationship.kind === 'toMany' && relationship.single)
}

/** The raw rows that a relationship leads to, whoever asks. */
export function follow(relationship: Relationship, row: Row, data: Data): readonly Row[] {
  const where = (table: string, columns: readonly string[], values: readonly (string | null | undefined)[]) =>
    values.some(value => value === null || value === undefined)
      ? []
      : (data[table] ?? []).filter(one => columns.every((column, i) => one[column] === values[i]))
  if (relationship.kind !== 'manyToMany')
    return where(
      relationship.target,
      relationship.foreign,
      relationship.own.map(column => row[column]),
    )
  const joined = where(
    relationship.through,
    relationship.near.own,
    relationship.near.foreign.map(column => row[column]),
  )
  return joined.flatMap(join =>
    where(
      relationship.target,
      relationship.far.foreign,
      relationship.far.own.map(column => join[column]),
    ),
  )
}
