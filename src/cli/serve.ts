// `colonnade serve`: the API of a database, as api.ts says or open to this machine.
import { existsSync } from 'node:fs'
import { type Command, InvalidArgumentError } from 'commander'
import type { ServerOptions } from '../create-server.ts'
import { CliError } from './cli-error.ts'
import { jwtFromEnvironment } from './jwt-from-environment.ts'
import { type Lifetime, withLifetime } from './lifetime.ts'
import { defaultApiFile, loadApi } from './load-api.ts'
import { defaultDataFolder, openDatabase } from './open-database.ts'
import { output } from './output.ts'
import { startServer } from './run-server.ts'
import { addTransport, type TransportOptions, toTransport } from './transport-options.ts'

interface ServeOptions extends TransportOptions {
  readonly api?: string
  readonly port: number
  readonly host: string
  readonly open?: true
  readonly data: string
  readonly json?: true
}

export function addServe(program: Command): void {
  const command = program
    .command('serve')
    .description('serve the API of a database; without a URL, of an embedded one')
    .argument('[url]', 'postgres://USER:PASSWORD@HOST:5432/NAME')
    .option('--api <file>', 'the file whose default export is defineApi(…) (default: ./api.ts where it is there)')
    .option('--port <number>', 'port to listen on; 0 for any free one', toPort, 8080)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--open', 'every table to anyone on this machine, without an api.ts')
    .option('--data <folder>', 'where an embedded database lives', defaultDataFolder)
    .option('--json', 'one line of JSON on stdout when ready')
  addTransport(command)
    .addHelpText(
      'after',
      `
Tokens are checked with COLONNADE_JWT_SECRET (HS256), or COLONNADE_JWT_PUBLIC_KEY (PEM or a path) and
COLONNADE_JWT_ALGORITHM (RS256, ES256, EdDSA); COLONNADE_JWT_ISSUER and COLONNADE_JWT_AUDIENCE may be demanded.
SIGHUP, or NOTIFY colonnade, 'reload' in the database, loads api.ts and the tables anew.

Examples:
  $ colonnade serve postgres://localhost/mine --open
  $ colonnade serve postgres://localhost/mine --api api.ts --port 3000`,
    )
    .action((url: string | undefined, options: ServeOptions) => withLifetime(lifetime => serve(url, options, lifetime)))
}

async function serve(url: string | undefined, options: ServeOptions, lifetime: Lifetime): Promise<void> {
  const file = options.open ? undefined : apiFile(options.api)
  if (options.open) checkOpen(options)
  const transport = toTransport(options)
  const jwt = jwtFromEnvironment()
  const definition = file === undefined ? undefined : await loadApi(file)
  const database = await openDatabase(
    { url, data: options.data, statementTimeoutMs: definition?.options.statementTimeoutMs },
    lifetime,
  )
  const api: ServerOptions['api'] = file === undefined ? 'open' : () => loadApi(file)
  const server = await startServer(
    { database, api, host: options.host, port: options.port, ...(jwt && { jwt }), ...transport },
    lifetime,
  )
  if (file !== undefined && !jwt)
    output.say('No token is accepted, as neither COLONNADE_JWT_SECRET nor COLONNADE_JWT_PUBLIC_KEY is set.')
  // Policies walk tables that no resource serves; those have no path.
  const count = new Set(server.runtime().api.paths.values()).size
  if (options.json) output.print(JSON.stringify({ url: server.url }))
  else output.print(`${count} ${count === 1 ? 'resource' : 'resources'} at ${server.url}`)
  await lifetime.stopped
}

/** The file that was asked for, or the usual one where it is there. */
export function apiFile(given: string | undefined): string {
  if (given !== undefined) return given
  if (existsSync(defaultApiFile)) return defaultApiFile
  throw new CliError(
    `There is no ${defaultApiFile} here. Name the file with --api, or serve every table to anyone on this machine with --open.`,
    { exitCode: 2 },
  )
}

function checkOpen({ api, host }: ServeOptions): void {
  if (api !== undefined)
    throw new CliError('--open serves every table, so it takes no --api. Leave one of them out.', { exitCode: 2 })
  if (process.env.NODE_ENV === 'production') {
    throw new CliError(
      '--open is refused in production (NODE_ENV=production). Write an api.ts that says who may see what.',
    )
  }
  if (!['localhost', '::1'].includes(host) && !/^127\.\d+\.\d+\.\d+$/.test(host)) {
    throw new CliError(`--open listens on this machine alone, so --host ${host} is refused. Leave it out.`, {
      exitCode: 2,
    })
  }
  output.warn('--open: EVERY TABLE is readable by anyone on this machine, without a token.')
}

export function toPort(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65_535) return port
  throw new InvalidArgumentError('A port is a number from 0 to 65535.')
}
