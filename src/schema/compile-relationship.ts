// Resolves a relationship of the definition to the columns that link two tables.
import { type BoundTable, keyOfTable, listOf, type Report, tableNameOf } from './bind-table.ts'
import type { TableInfo } from './database-schema.ts'
import type { Column, Link, RelationshipField } from './field.ts'
import type { Spell } from './naming.ts'
import type { ResourceDefinition } from './resource-definition.ts'
import type { RelationshipDefinition } from './schema-definition.ts'
import { hint } from './suggest.ts'

/** What a relationship is resolved among. */
export interface Surroundings {
  readonly tables: ReadonlyMap<string, BoundTable>
  /** The resource over a table of the definition. */
  readonly resourceOf: (entry: string) => string | null
  /** The columns that its resource names as `key`, if it names any. */
  readonly chosenKeyOf: (entry: string) => readonly string[]
  readonly spell: Spell
  readonly report: Report
}

/** @returns the field, or undefined where a problem was reported */
export function compileRelationship(
  name: string,
  relationship: RelationshipDefinition,
  resource: ResourceDefinition,
  bound: BoundTable,
  key: readonly Column[],
  { tables, resourceOf, chosenKeyOf, spell, report }: Surroundings,
): RelationshipField | undefined {
  const where = `${resource.table}.relationships.${name}`
  const options = resource.options.relationships?.[name]
  const names = { name: spell(name), definedAs: name }
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
    const chosen = chosenKey(chosenKeyOf(entry), link, other)
    if (chosen && link.own.some(column => key.includes(column)))
      report(
        `${where}: it is part of the key, which would show the key that ${entry} keeps to itself; name another \`key\``,
      )
    const nullable = link.own.some(column => column.nullable)
    return {
      kind: 'toOne',
      ...names,
      link,
      chosenKey: chosen,
      target,
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
      ...names,
      target,
      explicit: true,
      reads: [],
      endsOnly: options?.access === 'ends',
      through: {
        table,
        resource: resourceOf(relationship.through),
        near: flip(near),
        far,
        nearField: spell(nearField),
        farField: spell(farField),
      },
    }
  }
  const by = listOf(relationship.by)
  const link = linkByForeignKey(other, by, bound)
  const holder = holderName(other, by)
  if (!link || !holder)
    return void report(`${where}: ${by.join(', ')} of ${entry} is no foreign key to ${resource.table}`)
  if ('hasOne' in relationship && !isUnique(other, by))
    report(`${where}: ${by.join(', ')} of ${entry} is not unique, so there may be several; say hasMany`)
  return {
    kind: 'toMany',
    ...names,
    single: 'hasOne' in relationship,
    link: flip(link),
    target,
    holder: spell(holder),
    explicit: true,
    reads: [],
  }
}

/** The target's own choice of a key, unless the foreign key refers to it anyway. */
function chosenKey(names: readonly string[], link: Link, target: BoundTable): readonly Column[] | null {
  const columns = names.flatMap(name => target.columns.get(name) ?? [])
  const same = columns.length === link.foreign.length && columns.every(column => link.foreign.includes(column))
  return columns.length === 0 || same ? null : columns
}

/** Whether no two rows of the table can share these columns. */
function isUnique({ info, key }: BoundTable, columns: readonly string[]): boolean {
  const uniques = [info.primaryKey ?? key.map(column => column.name), ...info.uniques.map(one => one.columns)]
  return uniques.some(unique => unique.length > 0 && unique.every(column => columns.includes(column)))
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
