// Opens the database that a command works on: the one of a URL, or an embedded one of the project's own.
import type { Database } from '../databases/database.ts'
import { createDatabase } from '../databases/embedded/create-database.ts'
import { toDatabaseUrl } from '../databases/embedded/database-config.ts'
import { type EmbeddedDatabase, startEmbedded } from '../databases/embedded/start-embedded.ts'
import { type ConnectOptions, connectPostgres } from '../databases/postgres/connect.ts'
import { CliError, describeInternal, plainMessage } from './cli-error.ts'
import type { Lifetime } from './lifetime.ts'
import { output } from './output.ts'

export const defaultDataFolder = '.colonnade'

export interface DatabaseOptions {
  /** `postgres://…`; without one the database is embedded. */
  readonly url: string | undefined
  /** The folder of the embedded one. */
  readonly data: string
  readonly statementTimeoutMs?: number | undefined
  /** Told when a connection was lost; a warning in the terminal where it is left out. */
  readonly onLost?: (error: Error) => void
}

/** @throws CliError for a URL of another kind, or when nobody answers there */
export async function openDatabase(
  { url, data, statementTimeoutMs, onLost }: DatabaseOptions,
  lifetime: Lifetime,
): Promise<Database> {
  const limit = statementTimeoutMs === undefined ? {} : { statementTimeoutMs }
  if (url !== undefined)
    return connect({ config: { connectionString: checkUrl(url) }, ...limit }, whereIs(url), lifetime, onLost)
  const embedded = await openEmbedded(data, lifetime)
  const config = await createDatabase(embedded.config, 'app', { ifMissing: true })
  output.say(`PostgreSQL ${embedded.version} of its own, for psql: ${toDatabaseUrl(config)}`)
  return connect({ config, ...limit }, embedded.dir, lifetime, onLost)
}

export function isDatabaseUrl(text: string): boolean {
  return /^postgres(ql)?:\/\//.test(text)
}

export async function openEmbedded(dir: string, lifetime: Lifetime): Promise<EmbeddedDatabase> {
  const progress = output.progress('Database')
  try {
    const embedded = await startEmbedded({ dir, onProgress: message => progress.step(message) })
    lifetime.onEnd(() => embedded.stop())
    return embedded
  } finally {
    progress.end()
  }
}

/** @param where for people: never with a password */
export async function connect(
  options: ConnectOptions,
  where: string,
  lifetime: Lifetime,
  onLost: (error: Error) => void = warnOfLost,
): Promise<Database> {
  const database = closedOnce(
    connectPostgres({
      ...options,
      onError: onLost,
    }),
  )
  lifetime.onEnd(() => database.close())
  try {
    for (const warning of await database.warnings()) output.warn(warning)
  } catch (error) {
    throw new CliError(`PostgreSQL does not answer at ${where}: ${plainMessage(error)}`, { cause: error })
  }
  return database
}

export function warnOfLost(error: Error): void {
  output.warn(`a connection to the database was lost: ${describeInternal(error)}`)
}

/** Both the server and the command close it. */
function closedOnce(database: Database): Database {
  let closing: Promise<void> | undefined
  return {
    ...database,
    close() {
      closing ??= database.close()
      return closing
    },
  }
}

function checkUrl(url: string): string {
  if (isDatabaseUrl(url) && URL.canParse(url.replace('@/', '@localhost/'))) return url
  throw new CliError(
    `"${url}" is no URL of a PostgreSQL database. Write it as postgres://USER:PASSWORD@HOST:5432/NAME`,
    { exitCode: 2 },
  )
}

function whereIs(url: string): string {
  const { host, pathname } = new URL(url.replace('@/', '@localhost/'))
  return `${host || 'localhost'}${pathname}`
}
