// Makes the fields of a resource that its table has: columns as they are served, and relationships.
import { type BoundTable, listOf } from './bind-table.ts'
import { compileRelationship, type Surroundings } from './compile-relationship.ts'
import type { Column, Field } from './field.ts'
import { sayClash } from './naming.ts'
import type { ResourceDefinition } from './resource-definition.ts'
import { toFieldName } from './spell-path.ts'

/** Columns and relationships. A foreign key column is shown as its relationship. */
export function compileFields(resource: ResourceDefinition, bound: BoundTable, surroundings: Surroundings) {
  const { report, spell } = surroundings
  const fields = new Map<string, Field>()
  const aliases = new Map<string, string>()
  const defined = new Map<string, string>()
  const columnNames = new Map<string, string>()
  const add = (field: Field, ifTaken: string) => {
    const { name, definedAs } = field
    const other = fields.get(name)?.definedAs
    if (other !== undefined)
      report(`${resource.table}: ${other === definedAs ? ifTaken : sayClash(other, definedAs, name)}`)
    fields.set(name, field)
    defined.set(definedAs, name)
  }
  /** A column is another spelling of the field that holds it, for requests in the version's own spelling. */
  const addAlias = (column: string, name: string) => {
    const alias = spell(column)
    if (alias !== name && !fields.has(alias)) aliases.set(alias, name)
    if (!defined.has(column)) defined.set(column, name)
  }
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
    const definedAs = resource.options.rename?.[column.name] ?? toFieldName(column.name)
    columnNames.set(column.name, spell(column.name))
    if (single.has(column.name) || (composite.has(column.name) && !inKey)) continue
    const name = spell(definedAs)
    columnNames.set(column.name, name)
    add(
      { kind: 'column', name, definedAs, column, inKey, explicit: false, reads: [] },
      `two columns would be served as "${name}"; rename one`,
    )
    if (definedAs !== column.name) addAlias(column.name, name)
  }
  for (const [definedAs, relationship] of relationships) {
    const field = compileRelationship(definedAs, relationship, resource, bound, key, surroundings)
    if (!field) continue
    add(field, `"${definedAs}" is both a column and a relationship; rename one`)
    const by = 'belongsTo' in relationship ? listOf(relationship.by) : []
    if (by.length === 1 && by[0] !== undefined) addAlias(by[0], field.name)
  }
  if (!fields.has('links')) {
    fields.set('links', { kind: 'links', name: 'links', definedAs: 'links', explicit: true, reads: [] })
    defined.set('links', 'links')
  }
  return { fields, aliases, defined, columnNames, key }
}

function keyColumns(resource: ResourceDefinition, bound: BoundTable): readonly Column[] {
  const chosen = listOf(resource.options.key)
  return chosen.length === 0 ? bound.key : chosen.flatMap(column => bound.columns.get(column) ?? [])
}
