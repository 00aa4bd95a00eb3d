// `colonnade serve`: the API of a database, as api.ts says or open to this machine.
import { existsSync } from 'node:fs'
import { type Command, InvalidArgumentError } from 'commander'
import type { ServerOptions } from '../create-server.ts'
import type { ApiDefinition } from '../schema/resource-definition.ts'
import { CliError } from './cli-error.ts'
import { addSettings, describeSettings, type Flags, settle } from './config.ts'
import { identityFromEnvironment } from './identity-from-environment.ts'
import { identityOfSettings } from './identity-of-settings.ts'
import { type Lifetime, withLifetime } from './lifetime.ts'
import { defaultApiFile, loadApi } from './load-api.ts'
import { openDatabase, warnOfLost } from './open-database.ts'
import { output } from './output.ts'
import type { Resolved } from './resolve-settings.ts'
import { startServer } from './run-server.ts'
import type { Profile, Settings } from './settings.ts'
import { signaturesFromEnvironment } from './signatures-from-environment.ts'
import { storageOfSettings } from './storage-of-settings.ts'
import { addTransport, type TransportOptions, toTransport } from './transport-options.ts'

interface ServeFlags extends Flags, TransportOptions {
  readonly json?: true
  readonly printConfig?: true
}

export function addServe(program: Command): void {
  const command = program
    .command('serve')
    .description('serve the API of a database; without a URL, of an embedded one')
    .argument('[url]', 'postgres://USER:PASSWORD@HOST:5432/NAME')
  addSettings(command)
    .option('--json', 'one line of JSON on stdout when ready')
    .option('--print-config', 'tell each setting and where it comes from, as `colonnade config`, and end')
  addTransport(command)
    .addHelpText(
      'after',
      `
Tokens are checked with COLONNADE_JWT_SECRET (HS256; in a file: --jwt-secret-file), or COLONNADE_JWT_JWKS (the URL or path of a JSON Web Key Set), or
COLONNADE_JWT_PUBLIC_KEY (PEM or a path) and COLONNADE_JWT_ALGORITHM (RS256, ES256, EdDSA); COLONNADE_JWT_ISSUER and
COLONNADE_JWT_AUDIENCE may be demanded. COLONNADE_INTROSPECTION_URL is asked about opaque ones. Keys of clients
(colonnade clients) are accepted unless COLONNADE_CLIENTS=off. All of it: docs/identity.md.
COLONNADE_SIGNATURES names a JSON file with the keys of callers who sign their requests (docs/signatures.md).
Settings come from flags, the environment, colonnade.config.ts and the profile, in this order: see \`colonnade config\`.
SIGHUP, or NOTIFY colonnade, 'reload' in the database, loads api.ts and the tables anew.

Examples:
  $ colonnade serve postgres://localhost/mine --open
  $ colonnade serve postgres://localhost/mine --api api.ts --port 3000`,
    )
    .action(async (url: string | undefined, flags: ServeFlags) => {
      const resolved = await settle(url, flags)
      if (flags.printConfig) output.print(describeSettings(resolved, flags.json === true))
      else await withLifetime(lifetime => serve(resolved, flags, lifetime))
    })
}

async function serve(resolved: Resolved, flags: ServeFlags, lifetime: Lifetime): Promise<void> {
  const { profile, settings } = resolved
  const asJson = flags.json === true
  const file = settings.open ? undefined : apiFile(settings.api ?? undefined)
  if (settings.open) checkOpen(settings, profile)
  const identity = identityFromEnvironment(identityOfSettings(resolved))
  const signatures = signaturesFromEnvironment()
  const transport = toTransport(flags)
  const definition = file === undefined ? undefined : await loadApi(file)
  // Once there is a log, what is lost is said there, as everything is.
  const lost = { say: warnOfLost }
  const database = await openDatabase(
    {
      url: settings.database ?? undefined,
      data: settings.data,
      statementTimeoutMs: definition?.options.statementTimeoutMs,
      onLost: error => lost.say(error),
    },
    lifetime,
  )
  const api: ServerOptions['api'] = file === undefined ? 'open' : async () => limit(await loadApi(file), settings)
  const { host, port } = settings
  const server = await startServer(
    {
      ...{ database, api, host, port },
      ...toOperation(settings),
      storage: storageOfSettings(settings),
      worker: settings.worker,
      ...identity,
      ...(signatures && { signatures }),
      ...transport,
      requireTls: settings.requireTls,
      hsts: toHsts(settings),
      connections: { max: settings.maxConnections },
    },
    lifetime,
  )
  if (settings.log !== 'off') lost.say = server.failed
  if (file !== undefined && !identity.jwt && !identity.introspection && !signatures)
    output.say(
      `No token is accepted, as none of COLONNADE_JWT_SECRET, COLONNADE_JWT_JWKS and COLONNADE_JWT_PUBLIC_KEY is set${identity.clients ? '; keys of clients are (colonnade clients)' : ''}.`,
    )
  if (settings.requireTls && !transport.tls && !transport.trustedProxies)
    output.warn(
      'requireTls: without --tls-cert and --tls-key, or a --trusted-proxy that speaks TLS, every request is refused.',
    )
  // Policies walk tables that no resource serves; those have no path.
  const count = new Set(server.runtime().api.paths.values()).size
  const { url, metricsUrl } = server
  if (asJson) output.print(JSON.stringify({ url, ...(metricsUrl && { metrics: `${metricsUrl}/metrics` }) }))
  else output.print(`${count} ${count === 1 ? 'resource' : 'resources'} at ${url}`)
  if (!asJson && metricsUrl) output.print(`Metrics at ${metricsUrl}/metrics`)
  await lifetime.stopped
}

function toOperation(settings: Settings): Pick<ServerOptions, 'log' | 'metrics' | 'stop' | 'timeouts'> {
  const { log, metricsPort, metricsToken } = settings
  return {
    stop: { delayMs: settings.stopDelayMs, timeoutMs: settings.stopTimeoutMs },
    timeouts: {
      headersMs: settings.headersTimeoutMs,
      requestMs: settings.requestTimeoutMs,
      keepAliveMs: settings.keepAliveMs,
      stallMs: settings.stallMs,
      bodyBytesPerSecond: settings.bodyBytesPerSecond,
    },
    ...(log !== 'off' && {
      log: {
        format: log,
        level: settings.logLevel,
        principal: settings.logPrincipal,
        databaseWords: settings.errorDetail,
      },
    }),
    ...(metricsPort !== null && {
      metrics: { port: metricsPort, host: settings.metricsHost, ...(metricsToken !== null && { token: metricsToken }) },
    }),
  }
}

function toHsts({ hstsSeconds, hstsSubDomains }: Settings): NonNullable<ServerOptions['hsts']> | false {
  return hstsSeconds !== null && { maxAgeSeconds: hstsSeconds, includeSubDomains: hstsSubDomains }
}

/** What a setting says counts in place of what api.ts says, in every version. */
function limit(api: ApiDefinition, { bodyBytes, maxExportRows }: Settings): ApiDefinition {
  const given = { ...(bodyBytes !== null && { bodyBytes }), ...(maxExportRows !== null && { maxExportRows }) }
  const { limits, versions } = api.options
  // A version without limits of its own has those of the API.
  const older = Object.entries(versions ?? {}).map(([name, version]) => [
    name,
    version.limits ? { ...version, limits: { ...version.limits, ...given } } : version,
  ])
  return {
    ...api,
    options: {
      ...api.options,
      limits: { ...limits, ...given },
      ...(versions && { versions: Object.fromEntries(older) as typeof versions }),
    },
  }
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

function checkOpen({ api, host }: Settings, profile: Profile): void {
  if (api !== null)
    throw new CliError('--open serves every table, so it takes no --api. Leave one of them out.', { exitCode: 2 })
  if (profile !== 'development' || process.env.NODE_ENV === 'production')
    throw new CliError(`--open is refused in ${profile}. Write an api.ts that says who may see what.`)
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
