// Reads from the environment how tokens are checked.
import { createPublicKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { JwtOptions } from '../identity/identify-jwt.ts'
import { CliError, plainMessage } from './cli-error.ts'

type Environment = Readonly<Record<string, string | undefined>>

const asymmetric = ['RS256', 'ES256', 'EdDSA'] as const

/**
 * `COLONNADE_JWT_SECRET` (HS256), or `COLONNADE_JWT_PUBLIC_KEY` (PEM, or the path of a PEM file) with
 * `COLONNADE_JWT_ALGORITHM`; `COLONNADE_JWT_ISSUER` and `COLONNADE_JWT_AUDIENCE` where tokens must name them.
 * @returns undefined where neither is set: then everybody is anonymous
 */
export function jwtFromEnvironment(environment: Environment = process.env): JwtOptions | undefined {
  const secret = environment.COLONNADE_JWT_SECRET
  const publicKey = environment.COLONNADE_JWT_PUBLIC_KEY
  if (secret && publicKey) {
    throw new CliError('Set COLONNADE_JWT_SECRET or COLONNADE_JWT_PUBLIC_KEY, not both: one algorithm is accepted.')
  }
  const common = {
    ...(environment.COLONNADE_JWT_ISSUER && { issuer: environment.COLONNADE_JWT_ISSUER }),
    ...(environment.COLONNADE_JWT_AUDIENCE && { audience: environment.COLONNADE_JWT_AUDIENCE }),
  }
  if (secret) {
    if (Buffer.byteLength(secret) < 32)
      throw new CliError('COLONNADE_JWT_SECRET is too short: HS256 needs 32 bytes or more.')
    return { key: secret, algorithm: 'HS256', ...common }
  }
  if (!publicKey) return undefined
  const algorithm = asymmetric.find(one => one === environment.COLONNADE_JWT_ALGORITHM)
  if (!algorithm)
    throw new CliError(`COLONNADE_JWT_PUBLIC_KEY needs COLONNADE_JWT_ALGORITHM: ${asymmetric.join(', ')}.`)
  return { key: toPublicKey(publicKey), algorithm, ...common }
}

function toPublicKey(given: string): KeyObject {
  try {
    return createPublicKey(given.includes('-----BEGIN') ? given : readFileSync(given))
  } catch (error) {
    const what = 'COLONNADE_JWT_PUBLIC_KEY is neither a public key in PEM nor the path of a file with one'
    throw new CliError(`${what}: ${plainMessage(error)}`, { cause: error })
  }
}
