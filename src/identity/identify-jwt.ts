// Proves JSON Web Tokens (RFC 7519): the token carries what a request needs, so nothing is looked up.
import type { KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { decodeJwt, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { ApiError } from '../errors/api-error.ts'
import type { Challenges } from './challenges.ts'
import { checkSecureUrl, fetchText } from './fetch-text.ts'
import { checkAlgorithms, type JwtOptions, toKeys } from './jwt-options.ts'
import { KeySet } from './key-set.ts'

export interface JwtProof {
  readonly claims: JWTPayload
  readonly id: unknown
  /** The issuer that proved it. */
  readonly by: object
  /** Until when the proof may be kept. */
  readonly untilMs: number
  /** Whether the keys are still those that it was proven with. */
  readonly isCurrent: () => boolean
}

export interface JwtProver {
  /** Whether one of the issuers may have made it. */
  takes(token: string): boolean
  /** @throws ApiError `invalid_token`, or `unavailable` where the keys cannot be had */
  prove(token: string): Promise<JwtProof>
}

export interface JwtSurroundings {
  readonly challenges: Challenges
  readonly now: () => number
  /** Told of an issuer whose keys have changed. */
  readonly onKeys: (by: object) => void
  readonly onError: (error: unknown) => void
}

interface Issuer {
  readonly names: readonly string[] | undefined
  readonly idPrefix: string
  readonly keys: readonly KeyObject[] | KeySet
  readonly rules: {
    readonly algorithms: string[]
    readonly clockTolerance: number
    readonly issuer?: string[]
    readonly audience?: string[]
  }
}

/** @throws Error for options that would accept no token, or any */
export function makeJwtProver(given: readonly JwtOptions[], surroundings: JwtSurroundings): JwtProver {
  const { challenges, now } = surroundings
  const issuers = given.map(options => toIssuer(options, surroundings))

  /** Those that the token says it is of; that is believed only once the signature holds. */
  function issuersOf(token: string): readonly Issuer[] {
    try {
      const { iss } = decodeJwt(token)
      return issuers.filter(({ names }) => names === undefined || (iss !== undefined && names.includes(iss)))
    } catch {
      return []
    }
  }

  return {
    takes: token => issuersOf(token).length > 0,
    async prove(token) {
      let refusal: unknown
      for (const issuer of issuersOf(token)) {
        const { keys, rules, idPrefix } = issuer
        const version = keys instanceof KeySet ? keys.version : 0
        try {
          const claims = await verify(token, keys, { ...rules, currentDate: new Date(now()) })
          const untilMs = Math.min(
            claims.exp === undefined ? Number.POSITIVE_INFINITY : claims.exp * 1_000,
            keys instanceof KeySet ? keys.untilMs : Number.POSITIVE_INFINITY,
          )
          const id = claims.sub === undefined ? undefined : `${idPrefix}${claims.sub}`
          const isCurrent = () => !(keys instanceof KeySet) || keys.version === version
          return { claims, id, by: issuer, untilMs, isCurrent }
        } catch (error) {
          if (tells(error) >= tells(refusal)) refusal = error
        }
      }
      if (refusal instanceof ApiError) throw refusal
      throw challenges.refuse('token', describe(refusal), refusal)
    },
  }
}

function toIssuer(options: JwtOptions, { now, onKeys, onError }: JwtSurroundings): Issuer {
  const names = options.issuer === undefined ? undefined : [options.issuer].flat()
  const audience = options.audience === undefined ? undefined : [options.audience].flat()
  const rules = {
    clockTolerance: options.clockToleranceSeconds ?? 5,
    ...(names && { issuer: names }),
    ...(audience && { audience }),
  }
  const common = { names, idPrefix: options.idPrefix ?? '' }
  if ('key' in options)
    return { ...common, keys: toKeys(options), rules: { ...rules, algorithms: [options.algorithm] } }
  const { jwks, algorithms = ['RS256', 'ES256', 'EdDSA'], maxAgeSeconds = 600, coolDownSeconds = 10 } = options
  const isUrl = /^[a-z]+:\/\//i.test(jwks)
  if (isUrl) checkSecureUrl(jwks, 'The URL of a key set')
  const issuer: Issuer = {
    ...common,
    rules: { ...rules, algorithms: [...checkAlgorithms(algorithms)] },
    keys: new KeySet({
      read: () => (isUrl ? fetchText(jwks, { timeoutMs: 5_000, maxBytes: 1_000_000 }) : readFile(jwks, 'utf8')),
      maxAgeMs: maxAgeSeconds * 1_000,
      coolDownMs: coolDownSeconds * 1_000,
      ...{ now, onError },
      onChange: () => onKeys(issuer),
    }),
  }
  return issuer
}

type Rules = Issuer['rules'] & { readonly currentDate: Date }

async function verify(token: string, keys: Issuer['keys'], rules: Rules): Promise<JWTPayload> {
  if (!(keys instanceof KeySet)) return await verifyWithAny(token, keys, rules)
  try {
    return (await jwtVerify(token, keys.keyFor, rules)).payload
  } catch (error) {
    // Without a kid, several keys may fit.
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
    return await verifyWithAny(token, error, rules)
  }
}

type Key = KeyObject | Exclude<Awaited<ReturnType<JWTVerifyGetKey>>, Uint8Array>

async function verifyWithAny(
  token: string,
  keys: Iterable<Key> | AsyncIterable<Key>,
  rules: Rules,
): Promise<JWTPayload> {
  let refusal: unknown
  for await (const key of keys) {
    try {
      return (await jwtVerify(token, key, rules)).payload
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error
      refusal = error
    }
  }
  throw refusal
}

/** Of several issuers' refusals the one counts that knows most: whose signature held, or who could not tell. */
function tells(error: unknown): number {
  if (error instanceof ApiError) return 3
  if (error instanceof errors.JWTExpired || error instanceof errors.JWTClaimValidationFailed) return 2
  return error === undefined ? 0 : 1
}

function describe(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'The token has expired.'
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'aud') return 'The token is meant for another audience.'
    if (error.claim === 'nbf') return 'The token is not valid yet.'
  }
  return 'The token is not valid here.'
}
