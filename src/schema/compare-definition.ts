// Tells where a definition and the database have gone apart: what `colonnade check` prints.
import { compareColumn, readColumn } from './compare-column.ts'
import type { DatabaseSchema } from './database-schema.ts'
import { defineTables } from './define-tables.ts'
import type { Difference } from './difference.ts'
import { identityOf, mergeDefinition } from './merge-definition.ts'
import type { RelationshipDefinition, SchemaDefinition, TableDefinition } from './schema-definition.ts'

/**
 * Everything that `colonnade pull` would change in the definition, table by table; nothing where there is nothing to pull.
 *
 * @param database of the same schemas as the definition was pulled from, else the tables of the others count as new
 */
export function compareDefinition(definition: SchemaDefinition, database: DatabaseSchema): readonly Difference[] {
  const current = mergeDefinition(definition, defineTables(database))
  const entries = [...new Set([...Object.keys(definition), ...Object.keys(current)])].toSorted()
  return entries.flatMap(entry => compareTable(entry, own(definition, entry), own(current, entry)))
}

function compareTable(
  table: string,
  defined: TableDefinition | undefined,
  actual: TableDefinition | undefined,
): readonly Difference[] {
  if (!actual) {
    const message = `${table} is not in the database any more, or this login may not select from it.`
    return [{ kind: 'missingTable', table, name: null, breaking: true, message }]
  }
  if (!defined) {
    return [
      {
        kind: 'newTable',
        table,
        name: null,
        breaking: false,
        message: `${table} is new, and belongs to nobody until it is pulled.`,
      },
    ]
  }
  const columns = [...new Set([...Object.keys(defined.columns), ...Object.keys(actual.columns)])]
  return [
    ...compareKey(table, defined.key, actual.key),
    ...columns.flatMap(name => compareColumns(table, name, defined, actual)),
    ...compareRelationships(table, defined.relationships ?? {}, actual.relationships ?? {}),
  ]
}

function compareKey(
  table: string,
  defined: TableDefinition['key'],
  actual: TableDefinition['key'],
): readonly Difference[] {
  const was = [defined ?? []].flat().join(', ')
  const is = [actual ?? []].flat().join(', ')
  if (was === is) return []
  const message = `${table} has ${is === '' ? 'no key' : `the key ${is}`} in the database and ${was === '' ? 'none' : was} in the definition.`
  return [{ kind: 'keyChanged', table, name: null, breaking: was !== '', message }]
}

function compareColumns(
  table: string,
  name: string,
  defined: TableDefinition,
  actual: TableDefinition,
): readonly Difference[] {
  const was = own(defined.columns, name)
  const is = own(actual.columns, name)
  if (was !== undefined && is !== undefined) return compareColumn(table, name, was, is)
  if (is === undefined) {
    return [
      {
        kind: 'missingColumn',
        table,
        name,
        breaking: true,
        message: `${table}.${name} is not in the database any more.`,
      },
    ]
  }
  const facts = readColumn(is)
  const mustBeGiven = !facts.null && !facts.default && !facts.generated
  const message = `${table}.${name} is new, and belongs to nobody until it is pulled${mustBeGiven ? '; no row can be created without it' : ''}.`
  return [{ kind: 'newColumn', table, name, breaking: mustBeGiven, message }]
}

type Relationships = Readonly<Record<string, RelationshipDefinition>>

/** By name and meaning: what was renamed by hand keeps its name in `actual` already. */
function compareRelationships(table: string, defined: Relationships, actual: Relationships): readonly Difference[] {
  const spell = ([name, one]: readonly [string, RelationshipDefinition]) => `${name} ${identityOf(one)}`
  const was = new Set(Object.entries(defined).map(spell))
  const is = new Set(Object.entries(actual).map(spell))
  const missing = Object.entries(defined).filter(pair => !is.has(spell(pair)))
  const added = Object.entries(actual).filter(pair => !was.has(spell(pair)))
  return [
    ...missing.map(([name]): Difference => {
      const message = `${table}.${name} is a relationship without a foreign key in the database.`
      return { kind: 'missingRelationship', table, name, breaking: true, message }
    }),
    ...added.map(([name]): Difference => {
      const message = `${table}.${name} is a new relationship, and belongs to nobody until it is pulled.`
      return { kind: 'newRelationship', table, name, breaking: false, message }
    }),
  ]
}

const own = <T>(record: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined
