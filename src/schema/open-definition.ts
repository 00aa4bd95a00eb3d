// Makes an API of every table, open to anyone: what `--open` serves.
import type { ApiDefinition, ApiOptions, ResourceDefinition } from './resource-definition.ts'
import type { SchemaDefinition } from './schema-definition.ts'

/** One role, held by anyone, reads everything. */
export function openDefinition(schema: SchemaDefinition, options: ApiOptions = {}): ApiDefinition {
  const resource = (table: string): ResourceDefinition => ({
    kind: 'resource',
    table,
    schema,
    options: { roles: { anyone: { read: 'all' } } },
  })
  const resources = Object.fromEntries(Object.keys(schema).map(table => [table, resource(table)]))
  const roles = Object.keys(schema).length > 0 ? { anyone: 'anyone' as const } : {}
  return { kind: 'api', resources, options: { ...options, roles } }
}
