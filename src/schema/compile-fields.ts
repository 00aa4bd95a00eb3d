// Makes the fields of a resource that its table has: columns as they are served, and relationships.
import { type BoundTable, listOf } from './bind-table.ts'
import { compileRelationship, type Surroundings } from './compile-relationship.ts'
import type { Column, Field } from './field.ts'
import type { ResourceDefinition } from './resource-definition.ts'
import { toFieldName } from './spell-path.ts'

/** Columns and relationships. A foreign key column is shown as its relationship. */
export function compileFields(resource: ResourceDefinition, bound: BoundTable, surroundings: Surroundings) {
  const { report } = surroundings
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
    const field = compileRelationship(name, relationship, resource, bound, key, surroundings)
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
