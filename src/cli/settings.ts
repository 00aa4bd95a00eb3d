// Every setting of a server: its flag, its variable, and what it is in each profile.
import { type LogLevel, logLevels } from '../operation/log.ts'

export const profiles = ['development', 'staging', 'production'] as const
export type Profile = (typeof profiles)[number]

/** What a flag, a variable or a file may give. */
export type Given = string | number | boolean | null

export interface Setting<T> {
  readonly about: string
  /** As commander reads it; without one it is no flag, such as a secret, which others would see in the list of processes. */
  readonly flag?: string
  readonly variable?: string
  /** Shown masked: wholly, or a URL without its password. */
  readonly secret?: 'all' | 'password'
  /** @throws Error that says which values there are */
  readonly read: (given: Given) => T
  readonly profiles: Readonly<Record<Profile, T>>
}

/** In all profiles the same. */
const always = <T>(value: T): Readonly<Record<Profile, T>> => ({
  development: value,
  staging: value,
  production: value,
})

export const settings = {
  api: {
    about: 'the file whose default export is defineApi(…) (default: ./api.ts where it is there)',
    flag: '--api <file>',
    variable: 'COLONNADE_API',
    read: readTextOrNone,
    profiles: always<string | null>(null),
  },
  database: {
    about: 'postgres://…; without one, an embedded database',
    variable: 'COLONNADE_DATABASE_URL',
    secret: 'password',
    read: readTextOrNone,
    profiles: always<string | null>(null),
  },
  data: {
    about: 'where an embedded database lives',
    flag: '--data <folder>',
    variable: 'COLONNADE_DATA',
    read: readText,
    profiles: always('.colonnade'),
  },
  storage: {
    about: 'folder in which the content of reports is kept; several processes share it',
    flag: '--storage <folder>',
    variable: 'COLONNADE_STORAGE',
    read: readText,
    profiles: always('.colonnade/storage'),
  },
  s3Bucket: {
    about: 'bucket of S3 in which it is kept in place of a folder',
    variable: 'COLONNADE_S3_BUCKET',
    read: readTextOrNone,
    profiles: always<string | null>(null),
  },
  s3Prefix: {
    about: 'all below it is ours (default: colonnade/)',
    variable: 'COLONNADE_S3_PREFIX',
    read: readTextOrNone,
    profiles: always<string | null>(null),
  },
  s3Region: {
    about: 'region of the bucket (default: as the SDK finds it)',
    variable: 'COLONNADE_S3_REGION',
    read: readTextOrNone,
    profiles: always<string | null>(null),
  },
  s3Endpoint: {
    about: 'URL of another server that speaks S3',
    variable: 'COLONNADE_S3_ENDPOINT',
    secret: 'password',
    read: readTextOrNone,
    profiles: always<string | null>(null),
  },
  s3PathStyle: {
    about: 'the bucket stands in the path, as such servers want it',
    variable: 'COLONNADE_S3_PATH_STYLE',
    read: readFlag,
    profiles: always(false),
  },
  s3ExpireAfterDays: {
    about: 'days after which the bucket itself removes files; without one, we alone do',
    variable: 'COLONNADE_S3_EXPIRE_AFTER_DAYS',
    read: readCountOrNone,
    profiles: always<number | null>(null),
  } satisfies Setting<number | null>,
  worker: {
    about: 'perform requests here too; false where colonnade worker alone does',
    flag: '--worker <boolean>',
    variable: 'COLONNADE_WORKER',
    read: readFlag,
    profiles: always(true),
  },
  host: {
    about: 'address to listen on',
    flag: '--host <address>',
    variable: 'COLONNADE_HOST',
    read: readText,
    profiles: always('127.0.0.1'),
  },
  port: {
    about: 'port to listen on; 0 for any free one',
    flag: '--port <number>',
    variable: 'COLONNADE_PORT',
    read: readPort,
    profiles: always(8080),
  },
  open: {
    about: 'every table to anyone on this machine, without an api.ts; in development only',
    flag: '--open',
    read: readFlag,
    profiles: always(false),
  },
  requireTls: {
    about: 'refuse plain HTTP, unless a trusted proxy says that its client came over TLS',
    flag: '--require-tls',
    variable: 'COLONNADE_REQUIRE_TLS',
    read: readFlag,
    profiles: { development: false, staging: true, production: true },
  },
  hstsSeconds: {
    about: 'for how long browsers come over TLS alone, said over TLS; or off',
    flag: '--hsts <seconds>',
    variable: 'COLONNADE_HSTS',
    read: given => (given === null || given === 'off' ? null : readCount(given)),
    // A browser that heard it of localhost would keep to it for whatever is served there next.
    profiles: { development: null, staging: 31_536_000, production: 31_536_000 },
  } satisfies Setting<number | null>,
  hstsSubDomains: {
    about: 'that holds for the names below it, too',
    variable: 'COLONNADE_HSTS_SUBDOMAINS',
    read: readFlag,
    profiles: always(false),
  },
  bodyBytes: {
    about: 'the largest body of a request; without one as limits of api.ts say',
    flag: '--body-bytes <number>',
    variable: 'COLONNADE_BODY_BYTES',
    read: readCountOrNone,
    profiles: always<number | null>(null),
  } satisfies Setting<number | null>,
  maxExportRows: {
    about: 'the most records of an export; without one as limits of api.ts say',
    flag: '--max-export-rows <number>',
    variable: 'COLONNADE_MAX_EXPORT_ROWS',
    read: readCountOrNone,
    profiles: always<number | null>(null),
  } satisfies Setting<number | null>,
  maxConnections: {
    about: 'connections at the same time; one more is closed at once',
    flag: '--max-connections <number>',
    variable: 'COLONNADE_MAX_CONNECTIONS',
    read: readCount,
    profiles: always(10_000),
  },
  jwtSecretFile: {
    about: 'file with the secret of tokens (HS256), of 32 bytes or more',
    flag: '--jwt-secret-file <file>',
    variable: 'COLONNADE_JWT_SECRET_FILE',
    read: readTextOrNone,
    profiles: always<string | null>(null),
  },
  jwtSecretPreviousFile: {
    about: 'file with the secret before that one, while it holds',
    flag: '--jwt-secret-previous-file <file>',
    variable: 'COLONNADE_JWT_SECRET_PREVIOUS_FILE',
    read: readTextOrNone,
    profiles: always<string | null>(null),
  },
  jwtJwks: {
    about: 'the URL or path of a JSON Web Key Set, by which tokens are checked',
    flag: '--jwt-jwks <url>',
    variable: 'COLONNADE_JWT_JWKS',
    read: readTextOrNone,
    profiles: always<string | null>(null),
  },
  jwtIssuer: {
    about: 'the issuer that tokens must name',
    flag: '--jwt-issuer <name>',
    variable: 'COLONNADE_JWT_ISSUER',
    read: readTextOrNone,
    profiles: always<string | null>(null),
  },
  jwtAudience: {
    about: 'the audience that tokens must name',
    flag: '--jwt-audience <name>',
    variable: 'COLONNADE_JWT_AUDIENCE',
    read: readTextOrNone,
    profiles: always<string | null>(null),
  },
  log: {
    about: 'the log on standard error: pretty, json or off',
    flag: '--log <format>',
    variable: 'COLONNADE_LOG',
    read: given => readOne(given, ['pretty', 'json', 'off'] as const),
    profiles: { development: 'pretty', staging: 'json', production: 'json' },
  } satisfies Setting<'pretty' | 'json' | 'off'>,
  logLevel: {
    about: `how much is logged: ${logLevels.join(', ')}`,
    flag: '--log-level <level>',
    variable: 'LOG_LEVEL',
    read: given => readOne(given, logLevels),
    profiles: { development: 'info', staging: 'info', production: 'info' },
  } satisfies Setting<LogLevel>,
  logPrincipal: {
    about: 'the id of the caller in the line of each request',
    flag: '--log-principal',
    variable: 'COLONNADE_LOG_PRINCIPAL',
    read: readFlag,
    profiles: always(false),
  },
  errorDetail: {
    about: "a database's own words in the log, at the level debug: they may print values",
    variable: 'COLONNADE_ERROR_DETAIL',
    read: readFlag,
    profiles: { development: true, staging: false, production: false },
  },
  metricsPort: {
    about: 'port on which /metrics is read; off without one',
    flag: '--metrics-port <number>',
    variable: 'COLONNADE_METRICS_PORT',
    read: given => (given === null || given === 'off' ? null : readPort(given)),
    profiles: always<number | null>(null),
  } satisfies Setting<number | null>,
  metricsHost: {
    about: 'address of that port; any but a loopback one takes a token (COLONNADE_METRICS_TOKEN)',
    flag: '--metrics-host <address>',
    variable: 'COLONNADE_METRICS_HOST',
    read: readText,
    profiles: always('127.0.0.1'),
  },
  metricsToken: {
    about: 'asked for there as Authorization: Bearer',
    variable: 'COLONNADE_METRICS_TOKEN',
    secret: 'all',
    read: readTextOrNone,
    profiles: always<string | null>(null),
  },
  headersTimeoutMs: {
    about: 'until the headers of a request are whole',
    variable: 'COLONNADE_HEADERS_TIMEOUT',
    read: readMs,
    profiles: { development: 20_000, staging: 10_000, production: 10_000 },
  },
  requestTimeoutMs: {
    about: 'until its body is whole',
    variable: 'COLONNADE_REQUEST_TIMEOUT',
    read: readMs,
    profiles: { development: 60_000, staging: 30_000, production: 30_000 },
  },
  keepAliveMs: {
    about: 'how long a connection may idle',
    variable: 'COLONNADE_KEEP_ALIVE',
    read: readMs,
    profiles: always(65_000),
  },
  stallMs: {
    about: 'how long a client may take nothing of its answer',
    variable: 'COLONNADE_STALL_TIMEOUT',
    read: readMs,
    profiles: always(60_000),
  },
  bodyBytesPerSecond: {
    about: 'the pace of a body after its first 5 seconds; 0 for any',
    variable: 'COLONNADE_BODY_BYTES_PER_SECOND',
    read: given => (String(given) === '0' ? 0 : readCount(given)),
    profiles: always(1_000),
  },
  stopDelayMs: {
    about: 'after a signal, milliseconds not ready but still accepting, for a balancer to notice',
    flag: '--stop-delay <ms>',
    variable: 'COLONNADE_STOP_DELAY',
    read: readMs,
    profiles: { development: 0, staging: 0, production: 5_000 },
  },
  stopTimeoutMs: {
    about: 'then milliseconds to answer what runs',
    flag: '--stop-timeout <ms>',
    variable: 'COLONNADE_STOP_TIMEOUT',
    read: readMs,
    profiles: always(15_000),
  },
} as const satisfies Readonly<Record<string, Setting<Given>>>

export type SettingName = keyof typeof settings
export type Settings = { readonly [N in SettingName]: ReturnType<(typeof settings)[N]['read']> }

function readText(given: Given): string {
  if (typeof given === 'string' && given !== '') return given
  throw new Error('takes a text')
}

function readTextOrNone(given: Given): string | null {
  return given === null ? null : readText(given)
}

function readPort(given: Given): number {
  const port = readWhole(given)
  if (port !== undefined && port <= 65_535) return port
  throw new Error('takes a number from 0 to 65535')
}

function readCount(given: Given): number {
  const count = readWhole(given)
  if (count !== undefined && count > 0) return count
  throw new Error('takes a whole number above 0')
}

function readCountOrNone(given: Given): number | null {
  return given === null ? null : readCount(given)
}

function readMs(given: Given): number {
  const ms = readWhole(given)
  // What setTimeout can wait for.
  if (ms !== undefined && ms < 2 ** 31) return ms
  throw new Error('takes milliseconds, as a whole number')
}

function readWhole(given: Given): number | undefined {
  const isWhole =
    typeof given === 'number' ? Number.isSafeInteger(given) && given >= 0 : /^\d{1,15}$/.test(String(given))
  return isWhole && typeof given !== 'boolean' ? Number(given) : undefined
}

function readFlag(given: Given): boolean {
  if (given === true || given === 'true' || given === '1') return true
  if (given === false || given === 'false' || given === '0') return false
  throw new Error('takes true or false')
}

export function readOne<T extends string>(given: Given, values: readonly T[]): T {
  const found = values.find(value => value === given)
  if (found !== undefined) return found
  throw new Error(`takes one of ${values.join(', ')}`)
}
