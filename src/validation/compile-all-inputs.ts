// Compiles how the records of every resource of an API are read from a body.
import { keyOfTable } from '../schema/bind-table.ts'
import type { DatabaseSchema } from '../schema/database-schema.ts'
import { DefinitionError } from '../schema/definition-error.ts'
import type { Api } from '../schema/model.ts'
import type { ApiDefinition } from '../schema/resource-definition.ts'
import { compileInputs, type RecordInputs } from './record-inputs.ts'

/** @throws DefinitionError with every problem in declared keywords and rules */
export function compileAllInputs(
  definition: ApiDefinition,
  api: Api,
  database: DatabaseSchema,
): ReadonlyMap<string, RecordInputs> {
  const tables = new Map(database.tables.map(table => [keyOfTable(table), table]))
  const problems: string[] = []
  const compiled = new Map<string, RecordInputs>()
  for (const [name, resource] of api.resources) {
    const options = definition.resources[resource.definedAs]?.options
    const table = tables.get(keyOfTable(resource.table))
    if (!options || !table) continue
    const { schema, rules } = options
    compiled.set(
      name,
      compileInputs(
        { resource, resources: api.resources, table, schema, rules },
        problem => void problems.push(problem),
      ),
    )
  }
  if (problems.length > 0) throw new DefinitionError(problems)
  return compiled
}
