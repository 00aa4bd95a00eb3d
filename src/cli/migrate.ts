// `colonnade migrate`: adds to the tables of request resources what they lack, once somebody has seen the SQL and agrees.
import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import { migrate, planMigration } from '../jobs/migrate.ts'
import { MigrationError } from '../jobs/request-table-sql.ts'
import { CliError } from './cli-error.ts'
import { type Lifetime, withLifetime } from './lifetime.ts'
import { loadApi } from './load-api.ts'
import { defaultDataFolder, openDatabase } from './open-database.ts'
import { output } from './output.ts'
import { apiFile } from './serve.ts'

interface MigrateOptions {
  readonly api?: string
  readonly data: string
  readonly yes?: true
  readonly printOnly?: true
}

export function addMigrate(program: Command): void {
  program
    .command('migrate')
    .description('add what the tables of request resources lack; the SQL is shown first')
    .argument('[url]', 'postgres://USER:PASSWORD@HOST:5432/NAME; without it the embedded database')
    .option('--api <file>', 'the file whose default export is defineApi(…) (default: ./api.ts)')
    .option('--data <folder>', 'where an embedded database lives', defaultDataFolder)
    .option('--yes', 'run it without being asked')
    .option('--print-only', 'show it and end')
    .addHelpText(
      'after',
      `
It adds columns, a check, indexes and a trigger, or makes the table, in one transaction; run again, it finds nothing to do.
Then: colonnade pull.

Examples:
  $ colonnade migrate postgres://localhost/mine
  $ colonnade migrate postgres://localhost/mine --print-only > requests.sql`,
    )
    .action((url: string | undefined, options: MigrateOptions) => withLifetime(lifetime => run(url, options, lifetime)))
}

async function run(url: string | undefined, options: MigrateOptions, lifetime: Lifetime): Promise<void> {
  const definition = await loadApi(apiFile(options.api))
  const database = await openDatabase({ url, data: options.data }, lifetime)
  try {
    const statements = await planMigration(definition, database)
    if (statements.length === 0)
      return output.say('Nothing to do: the tables of all request resources are as they should be.')
    output.print(statements.map(statement => `${statement};`).join('\n\n'))
    if (options.printOnly || !(options.yes || (await isAgreed()))) return
    await migrate(database, statements, definition)
  } catch (error) {
    throw error instanceof MigrationError ? new CliError(error.message, { cause: error }) : error
  }
  output.say('Done. Now: colonnade pull')
}

/** @throws CliError where there is nobody to ask */
async function isAgreed(): Promise<boolean> {
  if (!process.stdin.isTTY) throw new CliError('Nothing was run, as there is nobody to ask. Agree with --yes.')
  const asking = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await asking.question('\nRun this in one transaction? [y/N] ')
  asking.close()
  return /^y(es)?$/i.test(answer.trim())
}
