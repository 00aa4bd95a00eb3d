// Opens the database of an example, and fills it where it is empty.
import type { Database } from '../databases/database.ts'
import { createDatabase } from '../databases/embedded/create-database.ts'
import type { DatabaseConfig } from '../databases/embedded/database-config.ts'
import { type DatabaseClient, dropDatabase, withClient } from '../databases/postgres/with-client.ts'
import { migrate, planMigration } from '../jobs/migrate.ts'
import type { ApiDefinition } from '../schema/resource-definition.ts'
import { CliError, codeOf } from './cli-error.ts'
import type { DemoClaims, DemoTokens } from './demo-tokens.ts'
import type { Lifetime } from './lifetime.ts'
import { connect, openEmbedded } from './open-database.ts'
import { output } from './output.ts'

export const examples = ['videos', 'bare-metal'] as const
export type ExampleName = (typeof examples)[number]
export const sizes = ['small', 'large', 'tiny'] as const
export type Size = (typeof sizes)[number]

/** What `examples/NAME/demo.ts` exports. */
interface Example {
  readonly isSeeded: (client: DatabaseClient, size: Size) => Promise<boolean>
  readonly seed: (client: DatabaseClient, options: SeedOptions) => Promise<void>
  /** Without what the example has around it: for `explain` and the like. */
  readonly api: ApiDefinition
  /** Starts what the example has around it. */
  readonly start?: () => Promise<Started>
  /** The claims of the tokens, `id` among them; null for whoever presents none. */
  readonly callers: Readonly<Record<string, DemoClaims | null>>
  /** Requests to paste, for people. */
  readonly describe: (surroundings: Surroundings) => string
  /** Words for the command line that explain one of them. */
  readonly explained?: string
}
interface SeedOptions {
  readonly size: Size
  readonly onProgress: (step: string, done: number, of: number) => void
}
interface Started {
  readonly api: ApiDefinition
  /** What runs where, for people. */
  readonly notes: readonly string[]
  readonly close: () => Promise<void>
}
interface Surroundings {
  readonly url: string
  readonly tokens: DemoTokens
  readonly bold: (text: string) => string
}

export interface DemoData {
  readonly database: Database
  readonly example: Example
  /** The folder of the data, as a real path. */
  readonly folder: string
}

export interface DemoOptions {
  readonly name: ExampleName
  readonly size: Size
  readonly fresh: boolean
  readonly data: string | undefined
}

/** Each size has a database of its own, so that changing it throws nothing away. */
export async function openDemo({ name, size, fresh, data }: DemoOptions, lifetime: Lifetime): Promise<DemoData> {
  const example = await loadExample(name)
  const embedded = await openEmbedded(data ?? `.colonnade/demo-${name}`, lifetime)
  const database = `${name.replaceAll('-', '_')}_${size}`
  if (fresh) await drop(embedded.config, database)
  const config = await createDatabase(embedded.config, database, { ifMissing: true })
  await withClient(config, client => fill(example, client, size))
  const connected = await connect({ config }, embedded.dir, lifetime)
  // Tables of commands get what every such table has, as `colonnade migrate` would give it.
  const missing = await planMigration(example.api, connected)
  if (missing.length > 0) await migrate(connected, missing, example.api)
  return { database: connected, example, folder: embedded.dir }
}

async function drop(config: DatabaseConfig, database: string): Promise<void> {
  try {
    await withClient(config, client => dropDatabase(client, database))
  } catch (error) {
    // 55006: somebody is connected.
    if (codeOf(error) !== '55006') throw error
    throw new CliError('The data is in use, by another demo most likely. Stop it, then use --fresh again.', {
      cause: error,
    })
  }
}

async function fill(example: Example, client: DatabaseClient, size: Size): Promise<void> {
  if (await example.isSeeded(client, size)) return
  const progress = output.progress(`Filling the example (${size})`)
  try {
    await example.seed(client, { size, onProgress: (step, done, of) => progress.step(step, done, of) })
  } finally {
    progress.end()
  }
}

/** By a name composed at run time: the examples are compiled against the product, so it cannot be compiled against them. */
async function loadExample(name: ExampleName): Promise<Example> {
  return (await import(`#examples/${name}/demo`)) as Example
}
