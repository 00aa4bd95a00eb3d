// `colonnade pull`: writes what the database has as typed definitions, and says what changed.
import { existsSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import pc from 'picocolors'
import { compareDefinition } from '../schema/compare-definition.ts'
import type { DatabaseSchema } from '../schema/database-schema.ts'
import { defineTables } from '../schema/define-tables.ts'
import type { Difference } from '../schema/difference.ts'
import { mergeDefinition } from '../schema/merge-definition.ts'
import type { SchemaDefinition } from '../schema/schema-definition.ts'
import { writeSchema } from '../schema/write-schema.ts'
import { CliError } from './cli-error.ts'
import { type Lifetime, withLifetime } from './lifetime.ts'
import { loadModule } from './load-api.ts'
import { defaultDataFolder, openDatabase } from './open-database.ts'
import { output } from './output.ts'

interface PullOptions {
  readonly out: string
  readonly schema?: readonly string[]
  readonly data: string
}

export function addPull(program: Command): void {
  program
    .command('pull')
    .description('write typed definitions of the tables; names that you gave to relationships stay')
    .argument('[url]', 'postgres://USER:PASSWORD@HOST:5432/NAME; without it the embedded database')
    .option('--out <file>', 'the file to write', 'schema.ts')
    .option('--schema <names...>', 'schemas of the database (default: all)')
    .option('--data <folder>', 'where an embedded database lives', defaultDataFolder)
    .addHelpText(
      'after',
      '\nExamples:\n  $ colonnade pull postgres://localhost/mine\n  $ colonnade pull postgres://localhost/mine --schema public sales --out db/schema.ts',
    )
    .action((url: string | undefined, options: PullOptions) => withLifetime(lifetime => pull(url, options, lifetime)))
}

async function pull(url: string | undefined, { out, schema, data }: PullOptions, lifetime: Lifetime): Promise<void> {
  const existing = existsSync(out) ? await loadSchema(out) : undefined
  const database = await openDatabase({ url, data }, lifetime)
  const found = onlySchemas(await database.introspect(), schema)
  const fresh = defineTables(found)
  const text = writeSchema(existing ? mergeDefinition(existing.definition, fresh) : fresh)
  const count = `${found.tables.length} ${found.tables.length === 1 ? 'table' : 'tables'}`
  if (existing?.text === text) return output.print(`${out} is up to date: ${count}.`)
  // By rename, so that a server that reloads never reads half a file.
  await writeFile(`${out}.draft`, text)
  await rename(`${out}.draft`, out)
  if (existing)
    for (const difference of compareDefinition(existing.definition, found)) output.print(describe(difference))
  output.print(`${out} ${existing ? 'is brought up to date' : 'is written'}: ${count}.`)
}

function onlySchemas(found: DatabaseSchema, wanted: readonly string[] | undefined): DatabaseSchema {
  if (!wanted) return found
  for (const name of wanted) {
    if (!found.tables.some(table => table.schema === name))
      throw new CliError(`There is no schema "${name}" with a table that this login may read.`)
  }
  return { ...found, tables: found.tables.filter(table => wanted.includes(table.schema)) }
}

/** What stands in a file that was pulled before. Each table of its `db` knows the whole. */
async function loadSchema(file: string): Promise<{ readonly definition: SchemaDefinition; readonly text: string }> {
  const { db } = await loadModule(file)
  if (typeof db !== 'object' || db === null) {
    throw new CliError(
      `${file} is there, but was not written by pull: it exports no db. Move it away, or write elsewhere with --out.`,
    )
  }
  const [table] = Object.values(db as Readonly<Record<string, { readonly schema: SchemaDefinition }>>)
  const definition = table?.schema ?? {}
  return { definition, text: writeSchema(definition) }
}

function describe({ kind, table, name, message }: Difference): string {
  const where = name === null ? table : `${table}.${name}`
  if (kind.startsWith('new')) return pc.green(`+ ${where}`)
  return kind.startsWith('missing') ? pc.red(`- ${where}`) : pc.yellow(`~ ${message}`)
}
