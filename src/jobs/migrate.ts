// Finds what the tables of all request resources lack, and adds it in one transaction.
import type { Database } from '../databases/database.ts'
import { textOf } from '../formats/rows.ts'
import { tableNameOf } from '../schema/bind-table.ts'
import { definitionsOf } from '../schema/compile-versions.ts'
import type { ApiDefinition } from '../schema/resource-definition.ts'
import type { TableDefinition } from '../schema/schema-definition.ts'
import { findDone, findTable, requestTableSql } from './request-table-sql.ts'

/**
 * The statements in their order; none where nothing is left to do.
 * @throws MigrationError for what only a person can decide
 */
export async function planMigration(definition: ApiDefinition, database: Database): Promise<readonly string[]> {
  const schema = await database.introspect()
  const statements: string[] = []
  const seen = new Set<string>()
  for (const { definition: version } of definitionsOf(definition))
    for (const { request, table, schema: entries } of Object.values(version.resources)) {
      const entry = entries[table] as TableDefinition
      const name = tableNameOf(table, entry)
      const topic = `${name.schema}.${name.name}`
      if (!request || seen.has(topic)) continue
      seen.add(topic)
      const done = await database.read(findDone(name), { isGone: () => false }, rows => {
        return new Set(Array.from({ length: rows.length }, (_, i) => textOf(rows.at(i), 0) ?? ''))
      })
      statements.push(...requestTableSql(name, findTable(schema, name), entry, done, request.report !== undefined))
    }
  // What two tables share is made once.
  return [...new Set(statements)]
}

export async function migrate(database: Database, statements: readonly string[]): Promise<void> {
  await database.transaction(async ({ run }) => {
    for (const text of statements) await run({ name: '', text, values: [] }, () => undefined)
  })
}
