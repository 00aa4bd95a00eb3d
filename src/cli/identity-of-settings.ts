// Joins what the settings say of tokens with the environment; a secret comes from a file or a variable, never from a flag or the file of settings.
import { readFileSync } from 'node:fs'
import { CliError, plainMessage } from './cli-error.ts'
import type { Environment } from './jwt-from-environment.ts'
import type { Resolved } from './resolve-settings.ts'

/** Ways to check tokens, of which a server has one. */
const kinds = ['COLONNADE_JWT', 'COLONNADE_JWT_SECRET', 'COLONNADE_JWT_PUBLIC_KEY', 'COLONNADE_JWT_JWKS'] as const

/**
 * The environment as `identityFromEnvironment` reads it, with the settings in their places. A way that a stronger source names (flags,
 * then the environment, then the file) puts out that of a weaker one; two of one source are left for it to refuse.
 * @throws CliError for a file that cannot be read, or holds too little for a secret
 */
export function identityOfSettings(resolved: Resolved, environment: Environment = process.env): Environment {
  const { settings, origins } = resolved
  const strengths = new Map<string, number>()
  for (const name of kinds) if (environment[name]) strengths.set(name, 2)
  if (settings.jwtJwks !== null) strengths.set('COLONNADE_JWT_JWKS', strengthOf(origins.jwtJwks))
  const byFile = settings.jwtSecretFile === null ? 0 : strengthOf(origins.jwtSecretFile)
  const byText = strengths.get('COLONNADE_JWT_SECRET') ?? 0
  if (byFile === 2 && byText === 2)
    throw new CliError('Set one of COLONNADE_JWT_SECRET and COLONNADE_JWT_SECRET_FILE, not both.', { exitCode: 2 })
  if (byFile + byText > 0) strengths.set('COLONNADE_JWT_SECRET', Math.max(byFile, byText))
  const strongest = Math.max(0, ...strengths.values())
  const isOf = (name: string) => strengths.get(name) === strongest
  const secrets = isOf('COLONNADE_JWT_SECRET') && byFile > byText ? readSecrets(resolved) : {}
  // All of it in one variable: what a weaker source adds to tokens is not meant for it.
  const isWhole = isOf('COLONNADE_JWT') && strongest === 2
  const claims = isWhole
    ? {}
    : { COLONNADE_JWT_ISSUER: settings.jwtIssuer ?? '', COLONNADE_JWT_AUDIENCE: settings.jwtAudience ?? '' }
  return {
    ...environment,
    ...claims,
    COLONNADE_JWT_JWKS: settings.jwtJwks ?? '',
    ...Object.fromEntries(kinds.filter(name => !isOf(name)).map(name => [name, ''])),
    ...secrets,
  }
}

/** Flags 3, the environment 2, the file 1. */
function strengthOf(origin: string): number {
  return origin.startsWith('--') ? 3 : /^[A-Z_]+$/.test(origin) ? 2 : 1
}

function readSecrets({ settings: { jwtSecretFile, jwtSecretPreviousFile } }: Resolved): Environment {
  return {
    COLONNADE_JWT_SECRET: readSecret(jwtSecretFile),
    COLONNADE_JWT_SECRET_PREVIOUS: readSecret(jwtSecretPreviousFile),
  }
}

function readSecret(file: string | null): string {
  if (file === null) return ''
  let secret: string
  try {
    // An editor ends the last line.
    secret = readFileSync(file, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    throw new CliError(`The secret of tokens cannot be read from ${file}: ${plainMessage(error)}`, { cause: error })
  }
  if (Buffer.byteLength(secret) >= 32) return secret
  throw new CliError(`The secret of tokens in ${file} is too short: HS256 needs 32 bytes or more.`)
}
