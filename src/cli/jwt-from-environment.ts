// Reads from the environment how tokens of one issuer are checked.
import { createPublicKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { checkAlgorithms, type JwksAlgorithm, type JwtOptions } from '../identity/jwt-options.ts'
import { CliError, plainMessage } from './cli-error.ts'

export type Environment = Readonly<Record<string, string | undefined>>

const asymmetric = ['RS256', 'ES256', 'EdDSA'] as const

/**
 * `COLONNADE_JWT_SECRET` (HS256; the one before it in `COLONNADE_JWT_SECRET_PREVIOUS`), or `COLONNADE_JWT_PUBLIC_KEY` (PEM, or the
 * path of a PEM file) with `COLONNADE_JWT_ALGORITHM`, or `COLONNADE_JWT_JWKS` (a URL or the path of a file) with `COLONNADE_JWT_ALGORITHMS`;
 * `COLONNADE_JWT_ISSUER` and `COLONNADE_JWT_AUDIENCE` where tokens must name them.
 * @returns undefined where none is set: then no token is accepted
 */
export function jwtFromEnvironment(environment: Environment = process.env): JwtOptions | undefined {
  const secret = environment.COLONNADE_JWT_SECRET
  const publicKey = environment.COLONNADE_JWT_PUBLIC_KEY
  const jwks = environment.COLONNADE_JWT_JWKS
  if ([secret, publicKey, jwks].filter(Boolean).length > 1) {
    throw new CliError(
      'Set one of COLONNADE_JWT_SECRET, COLONNADE_JWT_PUBLIC_KEY and COLONNADE_JWT_JWKS, not several: COLONNADE_JWT takes a list of issuers.',
    )
  }
  const tolerance = environment.COLONNADE_JWT_CLOCK_TOLERANCE
  if (tolerance && !/^\d{1,4}$/.test(tolerance))
    throw new CliError('COLONNADE_JWT_CLOCK_TOLERANCE is a number of seconds.')
  const common = {
    ...(environment.COLONNADE_JWT_ISSUER && { issuer: environment.COLONNADE_JWT_ISSUER }),
    ...(environment.COLONNADE_JWT_AUDIENCE && { audience: environment.COLONNADE_JWT_AUDIENCE }),
    ...(tolerance && { clockToleranceSeconds: Number(tolerance) }),
  }
  if (secret) {
    const previous = environment.COLONNADE_JWT_SECRET_PREVIOUS
    const secrets = previous ? [secret, previous] : [secret]
    if (secrets.some(one => Buffer.byteLength(one) < 32))
      throw new CliError('COLONNADE_JWT_SECRET is too short: HS256 needs 32 bytes or more.')
    return { key: previous ? secrets : secret, algorithm: 'HS256', ...common }
  }
  if (jwks) return { jwks, ...algorithmsOf(environment), ...common }
  if (!publicKey) return undefined
  const algorithm = asymmetric.find(one => one === environment.COLONNADE_JWT_ALGORITHM)
  if (!algorithm)
    throw new CliError(`COLONNADE_JWT_PUBLIC_KEY needs COLONNADE_JWT_ALGORITHM: ${asymmetric.join(', ')}.`)
  return { key: toPublicKey(publicKey), algorithm, ...common }
}

function algorithmsOf(environment: Environment): { readonly algorithms?: readonly JwksAlgorithm[] } {
  const given = environment.COLONNADE_JWT_ALGORITHMS || environment.COLONNADE_JWT_ALGORITHM
  if (!given) return {}
  try {
    return { algorithms: checkAlgorithms(given.split(',').map(one => one.trim())) as readonly JwksAlgorithm[] }
  } catch (error) {
    throw new CliError(`COLONNADE_JWT_ALGORITHMS: ${plainMessage(error)}`, { cause: error })
  }
}

function toPublicKey(given: string): KeyObject {
  try {
    return createPublicKey(given.includes('-----BEGIN') ? given : readFileSync(given))
  } catch (error) {
    const what = 'COLONNADE_JWT_PUBLIC_KEY is neither a public key in PEM nor the path of a file with one'
    throw new CliError(`${what}: ${plainMessage(error)}`, { cause: error })
  }
}
