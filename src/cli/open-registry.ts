// Opens the database in which clients and revoked tokens stand: the one that the server serves.
import { type Command, Option } from 'commander'
import type { Database } from '../databases/database.ts'
import { ClientError } from '../identity/client-registry.ts'
import { BadClaimsError } from '../identity/to-principal.ts'
import { CliError } from './cli-error.ts'
import { openDemo, type Size, sizes } from './demo-data.ts'
import { type Lifetime, withLifetime } from './lifetime.ts'
import { defaultDataFolder, openDatabase } from './open-database.ts'

export interface RegistryOptions {
  readonly database?: string
  readonly demo?: true
  readonly size: Size
  readonly data?: string
}

export function addRegistryOptions(command: Command): Command {
  return command
    .option(
      '--database <url>',
      'postgres://USER:PASSWORD@HOST:5432/NAME (default: DATABASE_URL, else the embedded one)',
    )
    .option('--demo', 'the database of the example that `colonnade demo` serves')
    .addOption(new Option('--size <size>', 'of the example').choices(sizes).default('small'))
    .option('--data <folder>', 'where an embedded database lives')
}

/** @throws CliError for what cannot be done, in a line */
export async function withRegistry(
  options: RegistryOptions,
  work: (database: Database) => Promise<void>,
): Promise<void> {
  await withLifetime(async lifetime => {
    const database = await open(options, lifetime)
    try {
      await work(database)
    } catch (error) {
      if (error instanceof ClientError || error instanceof BadClaimsError)
        throw new CliError(error.message, { cause: error })
      throw error
    }
  })
}

async function open({ database: url, demo, size, data }: RegistryOptions, lifetime: Lifetime): Promise<Database> {
  if (!demo)
    return await openDatabase({ url: url ?? process.env.DATABASE_URL, data: data ?? defaultDataFolder }, lifetime)
  if (url !== undefined) throw new CliError('--demo takes no --database. Leave one of them out.', { exitCode: 2 })
  return (await openDemo({ name: 'videos', size, fresh: false, data }, lifetime)).database
}
