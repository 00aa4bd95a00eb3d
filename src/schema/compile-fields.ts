// Makes the fields of a resource: columns as they are served, relationships, computed fields.
import { treeOfDefinition } from '../expressions/tree-of-definition.ts'
import { arrayType, columnType, enumType } from '../types/index.ts'
import type { ColumnInfo, TableInfo, TableName } from './database-schema.ts'
import type { Column, Compute, ComputedField, Field, Link, RelationshipField } from './field.ts'
import type { ComputedDefinition, ResourceDefinition } from './resource-definition.ts'
import type { RelationshipDefinition, TableDefinition } from './schema-definition.ts'
import { toFieldName } from './spell-path.ts'
import { hint } from './suggest.ts'

/** How the database spells the type that a parameter is cast to. */
export type SqlTypeOf = (column: ColumnInfo) => { readonly sqlType: string; readonly sqlListType: string | null }

/** A table of the definition, matched with the one in the database. */
export interface BoundTable {
  readonly entry: string
  readonly definition: TableDefinition
  readonly info: TableInfo
  readonly columns: ReadonlyMap<string, Column>
  readonly key: readonly Column[]
}

/** What a problem is reported to; compiling goes on, so that all are seen at once. */
export type Report = (problem: string) => void

export function bindTable(
  entry: string,
  definition: TableDefinition,
  database: ReadonlyMap<string, TableInfo>,
  sqlTypeOf: SqlTypeOf,
  report: Report,
): BoundTable | undefined {
  const name = tableNameOf(entry, definition)
  const info = database.get(keyOfTable(name))
  if (!info) {
    report(`${entry}: there is no table ${name.schema}.${name.name} that this login may read`)
    return undefined
  }
  const facts = new Map(info.columns.map(column => [column.name, column]))
  const columns = new Map<string, Column>()
  for (const column of Object.keys(definition.columns)) {
    const found = facts.get(column)
    if (found) columns.set(column, toColumn(found, sqlTypeOf))
    else report(`${entry}: there is no column "${column}".${hint(column, facts.keys())}`)
  }
  const key = listOf(definition.key).flatMap(column => columns.get(column) ?? [])
  if (key.length < listOf(definition.key).length) report(`${entry}: its key names a column that it does not have`)
  return { entry, definition, info, columns, key }
}

export function tableNameOf(entry: string, definition: TableDefinition | undefined): TableName {
  const dot = entry.indexOf('.')
  return {
    schema: definition?.table?.schema ?? (dot > 0 ? entry.slice(0, dot) : 'public'),
    name: definition?.table?.name ?? entry.slice(dot + 1),
  }
}

export const keyOfTable = (name: TableName): string => `${name.schema}\u0000${name.name}`

function toColumn(info: ColumnInfo, sqlTypeOf: SqlTypeOf): Column {
  const element = info.enum ? enumType(info.enum) : columnType(info.type)
  const type = info.isArray ? arrayType(element) : element
  return {
    name: info.name,
    type,
    ...sqlTypeOf(info),
    isArray: info.isArray,
    nullable: info.nullable,
    deterministic: info.deterministicCollation,
  }
}

const listOf = (value: string | readonly string[] | undefined): readonly string[] =>
  value === undefined ? [] : typeof value === 'string' ? [value] : value

/** Columns and relationships. A foreign key column is shown as its relationship. */
export function compileFields(
  resource: ResourceDefinition,
  bound: BoundTable,
  tables: ReadonlyMap<string, BoundTable>,
  resourceOf: (entry: string) => string | null,
  report: Report,
) {
  const fields = new Map<string, Field>()
  const aliases = new Map<string, string>()
  const relationships = Object.entries(bound.definition.relationships ?? {})
  const key = keyColumns(resource, bound)
  const single = new Set<string>()
  const composite = new Set<string>()
  for (const [, relationship] of relationships) {
    if (!('belongsTo' in relationship)) continue
    const by = listOf(relationship.by)
    for (const column of by) (by.length === 1 ? single : composite).add(column)
  }
  for (const column of bound.columns.values()) {
    const inKey = key.includes(column)
    if (single.has(column.name) || (composite.has(column.name) && !inKey)) continue
    const name = resource.options.rename?.[column.name] ?? toFieldName(column.name)
    if (fields.has(name)) report(`${resource.table}: two columns would be served as "${name}"; rename one`)
    fields.set(name, { kind: 'column', name, column, inKey, explicit: false, reads: [] })
    if (name !== column.name) aliases.set(column.name, name)
  }
  for (const [name, relationship] of relationships) {
    const field = compileRelationship(name, relationship, resource, bound, key, tables, resourceOf, report)
    if (!field) continue
    if (fields.has(name)) report(`${resource.table}: "${name}" is both a column and a relationship; rename one`)
    fields.set(name, field)
    const by = 'belongsTo' in relationship ? listOf(relationship.by) : []
    const column = by[0]
    if (by.length === 1 && column !== undefined && !fields.has(column)) aliases.set(column, name)
  }
  if (!fields.has('links')) fields.set('links', { kind: 'links', name: 'links', explicit: true, reads: [] })
  return { fields, aliases, key }
}

function keyColumns(resource: ResourceDefinition, bound: BoundTable): readonly Column[] {
  const chosen = listOf(resource.options.key)
  return chosen.length === 0 ? bound.key : chosen.flatMap(column => bound.columns.get(column) ?? [])
}

function compileRelationship(
  name: string,
  relationship: RelationshipDefinition,
  resource: ResourceDefinition,
  bound: BoundTable,
  key: readonly Column[],
  tables: ReadonlyMap<string, BoundTable>,
  resourceOf: (entry: string) => string | null,
  report: Report,
): RelationshipField | undefined {
  const where = `${resource.table}.relationships.${name}`
  const options = resource.options.relationships?.[name]
  const entry =
    'belongsTo' in relationship
      ? relationship.belongsTo
      : 'hasOne' in relationship
        ? relationship.hasOne
        : 'hasMany' in relationship
          ? relationship.hasMany
          : relationship.manyToMany
  const other = tables.get(entry)
  if (!other) return void report(`${where}: there is no table "${entry}".${hint(entry, tables.keys())}`)
  const target = resourceOf(entry)
  if ('belongsTo' in relationship) {
    const link = linkByForeignKey(bound, listOf(relationship.by), other)
    if (!link) return void report(`${where}: ${listOf(relationship.by).join(', ')} is no foreign key to ${entry}`)
    const inKey = link.own.every(column => key.includes(column))
    const nullable = link.own.some(column => column.nullable)
    return {
      kind: 'toOne',
      name,
      link,
      target,
      targetTable: tableNameOf(entry, other.definition),
      keyShown: options?.key === 'shown',
      inKey,
      nullable,
      explicit: false,
      reads: [],
    }
  }
  if ('manyToMany' in relationship) {
    const through = tables.get(relationship.through)
    if (!through)
      return void report(
        `${where}: there is no table "${relationship.through}".${hint(relationship.through, tables.keys())}`,
      )
    const near = linkByForeignKey(through, listOf(relationship.by[0]), bound)
    const far = linkByForeignKey(through, listOf(relationship.by[1]), other)
    const nearField = holderName(through, listOf(relationship.by[0]))
    const farField = holderName(through, listOf(relationship.by[1]))
    if (!near || !far || !nearField || !farField)
      return void report(
        `${where}: ${relationship.through} has no foreign keys ${JSON.stringify(relationship.by)} to ${resource.table} and ${entry}`,
      )
    const table = tableNameOf(relationship.through, through.definition)
    return {
      kind: 'manyToMany',
      name,
      target,
      explicit: true,
      reads: [],
      endsOnly: options?.access === 'ends',
      through: { table, resource: resourceOf(relationship.through), near: flip(near), far, nearField, farField },
    }
  }
  const by = listOf(relationship.by)
  const link = linkByForeignKey(other, by, bound)
  const holder = holderName(other, by)
  if (!link || !holder)
    return void report(`${where}: ${by.join(', ')} of ${entry} is no foreign key to ${resource.table}`)
  return {
    kind: 'toMany',
    name,
    single: 'hasOne' in relationship,
    link: flip(link),
    target,
    holder,
    explicit: true,
    reads: [],
  }
}

const flip = (link: Link): Link => ({ own: link.foreign, foreign: link.own })

/** The columns of `from` named by the definition, with those of `to` that the database's foreign key refers to. */
function linkByForeignKey(from: BoundTable, by: readonly string[], to: BoundTable): Link | undefined {
  const own = by.flatMap(column => from.columns.get(column) ?? [])
  const isOurs = (one: TableInfo['foreignKeys'][number]) =>
    keyOfTable(one.table) === keyOfTable(to.info) &&
    one.columns.length === by.length &&
    by.every(column => one.columns.includes(column))
  const found = from.info.foreignKeys.find(isOurs)
  // A view has no foreign keys: there the other side's key is meant.
  const names = found
    ? by.map(column => found.references[found.columns.indexOf(column)] as string)
    : to.key.map(column => column.name)
  const foreign = names.flatMap(column => to.columns.get(column) ?? [])
  return own.length === by.length && own.length > 0 && foreign.length === own.length ? { own, foreign } : undefined
}

/** The field of the table that holds the foreign key: its belongsTo over the same columns. */
function holderName(table: BoundTable, by: readonly string[]): string | undefined {
  for (const [name, relationship] of Object.entries(table.definition.relationships ?? {})) {
    if ('belongsTo' in relationship && listOf(relationship.by).join('\u0000') === by.join('\u0000')) return name
  }
  return undefined
}

/** Computed fields; they may speak of any field that is there already. */
export function compileComputed(
  name: string,
  definition: ComputedDefinition,
  resource: string,
  fields: ReadonlyMap<string, Field>,
  aliases: ReadonlyMap<string, string>,
  report: Report,
): Field | undefined {
  const where = `${resource}.computed.${name}`
  const base = { kind: 'computed' as const, name, explicit: false }
  const bad = (problem: string) => void report(`${where}: ${problem}`)
  // A definition may speak of a column that is served under another name.
  const nameOf = (column: string) => (fields.has(column) ? column : (aliases.get(column) ?? column))
  const made = (type: string, compute: Compute, reads: readonly string[], nullable: boolean): ComputedField => ({
    ...base,
    type: columnType(type),
    sqlType: type,
    nullable,
    compute,
    reads,
  })
  if (fields.has(name)) return bad(`there is a column or relationship of that name`)
  if ('exists' in definition || 'count' in definition) {
    const by = 'exists' in definition ? 'exists' : 'count'
    const entries = Object.entries('exists' in definition ? definition.exists : definition.count)
    const [path, filter] = entries[0] ?? []
    const relationship = path === undefined ? undefined : fields.get(path)
    if (entries.length !== 1 || !relationship || !('link' in relationship || relationship.kind === 'manyToMany'))
      return bad(`"${by}" takes one relationship`)
    const tree =
      filter === true || filter === undefined
        ? { source: { pointer: where }, leaves: [], children: new Map() }
        : treeOfDefinition(filter, where)
    // A count is a number in JSON; PostgreSQL counts in int8.
    const count = { sqlType: by === 'exists' ? 'bool' : 'int8' }
    return {
      ...made(
        by === 'exists' ? 'bool' : 'int4',
        { by, relationship, filter: tree, seesAll: definition.sees === 'all' },
        definition.sees === 'all' ? [] : [relationship.name],
        false,
      ),
      ...count,
    }
  }
  if ('field' in definition) {
    const field = fields.get(nameOf(definition.field))
    if (field?.kind !== 'column') return bad(`"${definition.field}" is no column`)
    return { ...field, name, inKey: false, reads: [field.name] }
  }
  if ('where' in definition) {
    const tree = treeOfDefinition(definition.where, where)
    const through = namesIn(tree, fields).filter(one => fields.get(one)?.kind !== 'column')
    if (through.length > 0)
      return bad(`"${through.join('", "')}" is no column of its own; for related records use exists or count`)
    return made('bool', { by: 'where', filter: tree }, namesIn(tree, fields), false)
  }
  if ('sql' in definition) {
    const parts = definition.sql.split(/\{([^{}]+)\}/)
    const columns = parts.filter((_, i) => i % 2 === 1).map(nameOf)
    const missing = columns.filter(one => fields.get(one)?.kind !== 'column')
    if (missing.length > 0)
      return bad(
        `{${missing.join('}, {')}} is no column of its own (a foreign key is shown only as the record it leads to)`,
      )
    return made(definition.type, { by: 'sql', pieces: parts.filter((_, i) => i % 2 === 0), columns }, columns, true)
  }
  const from = definition.from.map(nameOf)
  const missing = from.filter(one => fields.get(one)?.kind !== 'column')
  if (missing.length > 0) return bad(`"${missing.join('", "')}" is no column`)
  return made(definition.type, { by: 'code', claims: definition.claims ?? [], values: definition.values }, from, true)
}

/** The fields of the record itself that a filter looks at. */
function namesIn(
  tree: { readonly children: ReadonlyMap<string, unknown> },
  fields: ReadonlyMap<string, Field>,
): readonly string[] {
  const names: string[] = []
  for (const [name, child] of tree.children as ReadonlyMap<string, typeof tree>) {
    if (name === 'and' || name === 'or' || name === 'not' || /^\d+$/.test(name)) names.push(...namesIn(child, fields))
    else if (fields.has(name)) names.push(name)
  }
  return [...new Set(names)]
}
