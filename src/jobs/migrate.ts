// Finds what the tables of all request resources lack, and adds it in one transaction.
import type { Database } from '../databases/database.ts'
import { textOf } from '../formats/rows.ts'
import { tableNameOf } from '../schema/bind-table.ts'
import { definitionsOf } from '../schema/compile-versions.ts'
import type { ApiDefinition } from '../schema/resource-definition.ts'
import type { TableDefinition } from '../schema/schema-definition.ts'
import { findDone, findTable, MigrationError, requestTableSql } from './request-table-sql.ts'

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

/** Whoever migrates a database waits for whoever does so already. */
const lock = { name: '', text: "select pg_advisory_xact_lock(hashtext('colonnade.migrate'))", values: [] } as const

/**
 * @param definition for which they were planned: several processes that start at once may all have planned, and one of them has done it
 * @throws MigrationError where there is something to do now that was not planned
 */
export async function migrate(
  database: Database,
  statements: readonly string[],
  definition?: ApiDefinition,
): Promise<void> {
  await database.transaction(async ({ run }) => {
    await run(lock, () => undefined)
    const left = definition ? await planMigration(definition, database) : statements
    if (left.some(text => !statements.includes(text)))
      throw new MigrationError('The database was changed by somebody else meanwhile. Run it again.')
    for (const text of left) await run({ name: '', text, values: [] }, () => undefined)
  })
}
