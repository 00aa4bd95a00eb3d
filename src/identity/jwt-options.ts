// What can be said about tokens, and the keys that come of it.
import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto'

const asymmetric = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const

/** For which a public key is enough. */
export type JwksAlgorithm = (typeof asymmetric)[number]

interface Common {
  /** Without one the tokens of every issuer are taken whose signature holds. */
  readonly issuer?: string | readonly string[]
  /** Whom the token is meant for; a token that names none of these is refused. */
  readonly audience?: string | readonly string[]
  /** How far the issuer's clock may be off: 5 unless said otherwise. */
  readonly clockToleranceSeconds?: number
  /** Put before `sub` to make the principal's id, so that two issuers' users are never one. */
  readonly idPrefix?: string
}

export interface JwtByKey extends Common {
  /** Shared secrets for HS256 (each of at least 32 bytes), or public keys in PEM. Several while one takes over from another. */
  readonly key: string | KeyObject | readonly (string | KeyObject)[]
  /** Which algorithm the keys are for; no other is accepted. */
  readonly algorithm: 'HS256' | JwksAlgorithm
}

export interface JwtByJwks extends Common {
  /** The URL of a JSON Web Key Set (`https:`, on a loopback address also `http:`), or the path of a file with one. */
  readonly jwks: string
  /** RS256, ES256 and EdDSA unless said otherwise; no other is accepted. */
  readonly algorithms?: readonly JwksAlgorithm[]
  /** After how long the keys are asked for again: 600 unless said otherwise. */
  readonly maxAgeSeconds?: number
  /** How long at least between two questions because of a key that is not known: 10 unless said otherwise. */
  readonly coolDownSeconds?: number
}

export type JwtOptions = JwtByKey | JwtByJwks

/** @throws Error for a key that is none, or for another algorithm */
export function toKeys({ key, algorithm }: JwtByKey): readonly KeyObject[] {
  const given = Array.isArray(key) ? (key as readonly (string | KeyObject)[]) : [key as string | KeyObject]
  if (given.length === 0) throw new Error('A token is checked with one key at least.')
  if (algorithm !== 'HS256') checkAlgorithms([algorithm])
  return given.map(one => (algorithm === 'HS256' ? toSecret(one) : toPublicKey(one, algorithm)))
}

/** @throws Error for an algorithm that a public key must never be used with, `none` and HS256 above all */
export function checkAlgorithms(algorithms: readonly string[]): readonly string[] {
  const known: readonly string[] = asymmetric
  const wrong = algorithms.find(one => !known.includes(one))
  if (wrong !== undefined || algorithms.length === 0)
    throw new Error(`"${wrong ?? ''}" is no algorithm for a public key: ${asymmetric.join(', ')}.`)
  return algorithms
}

function toSecret(given: string | KeyObject): KeyObject {
  // The classic confusion: a public key, which everybody has, taken for a secret.
  if (typeof given === 'string' ? given.includes('-----BEGIN') : given.type !== 'secret')
    throw new Error('HS256 takes a secret, and no public key.')
  const key = typeof given === 'string' ? createSecretKey(Buffer.from(given)) : given
  if ((key.symmetricKeySize ?? 0) < 32) throw new Error('A secret for HS256 has at least 32 bytes.')
  return key
}

function toPublicKey(given: string | KeyObject, algorithm: JwksAlgorithm): KeyObject {
  const key = typeof given === 'string' ? createPublicKey(given) : given
  const wanted = { R: ['rsa'], P: ['rsa', 'rsa-pss'], E: ['ec'] }[
    algorithm.startsWith('Ed') ? '' : (algorithm[0] ?? '')
  ]
  if (key.type !== 'public' || !(wanted ?? ['ed25519']).includes(key.asymmetricKeyType ?? ''))
    throw new Error(`The key is no public key for ${algorithm}.`)
  return key
}
