// Turns a bearer token into a principal: the token carries what a request needs, so nothing is looked up.
import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto'
import { errors, jwtVerify } from 'jose'
import { LRUCache } from 'lru-cache'
import { anonymous, type Principal } from '../access/principal.ts'
import { ApiError } from '../errors/api-error.ts'

export interface JwtOptions {
  /** A shared secret for HS256 (at least 32 bytes), or a public key in PEM for RS256, ES256 or EdDSA. */
  readonly key: string | KeyObject
  /** Which algorithm the key is for; no other is accepted. */
  readonly algorithm: 'HS256' | 'RS256' | 'ES256' | 'EdDSA'
  readonly issuer?: string
  readonly audience?: string
  readonly clockToleranceSeconds?: number
}

export type IdentifyByToken = (authorization: string | undefined) => Principal | Promise<Principal>

interface Known {
  readonly principal: Principal
  readonly expiresAtMs: number
}

/**
 * RFC 6750 bearer tokens holding RFC 7519 claims; `sub` becomes the principal's id.
 * @returns a function that throws ApiError `invalid_token` for anything but a valid token or none
 */
export function identifyByJwt(options: JwtOptions, now: () => number = Date.now): IdentifyByToken {
  const key = typeof options.key === 'string' ? toKey(options.key, options.algorithm) : options.key
  // A token that was verified is good until it expires: the signature is not checked for every request.
  const known = new LRUCache<string, Known>({ max: 5_000 })
  const verifyOptions = {
    algorithms: [options.algorithm],
    clockTolerance: options.clockToleranceSeconds ?? 5,
    ...(options.issuer !== undefined && { issuer: options.issuer }),
    ...(options.audience !== undefined && { audience: options.audience }),
  }
  async function verify(token: string): Promise<Principal> {
    try {
      const { payload } = await jwtVerify(token, key, { ...verifyOptions, currentDate: new Date(now()) })
      const principal = toPrincipal(payload)
      known.set(token, {
        principal,
        expiresAtMs: payload.exp === undefined ? Number.POSITIVE_INFINITY : payload.exp * 1000,
      })
      return principal
    } catch (error) {
      if (error instanceof ApiError) throw error
      throw invalidToken(
        error instanceof errors.JWTExpired ? 'The token has expired.' : 'The token is not valid here.',
        error,
      )
    }
  }
  return authorization => {
    if (authorization === undefined) return anonymous
    const match = /^Bearer +([\w.~+/-]+=*)$/i.exec(authorization)
    const token = match?.[1]
    if (token === undefined) throw invalidToken('Authorization takes: Bearer TOKEN.', undefined)
    const found = known.get(token)
    if (found && now() < found.expiresAtMs) return found.principal
    return verify(token)
  }
}

function toKey(text: string, algorithm: JwtOptions['algorithm']): KeyObject {
  if (algorithm !== 'HS256') return createPublicKey(text)
  if (Buffer.byteLength(text) < 32) throw new Error('A secret for HS256 has at least 32 bytes.')
  return createSecretKey(Buffer.from(text))
}

function toPrincipal(claims: Readonly<Record<string, unknown>>): Principal {
  for (const value of Object.values(claims)) checkNumber(value)
  const id = claims.sub
  if (typeof id !== 'string' && typeof id !== 'number')
    throw invalidToken('The token names nobody: it has no "sub".', undefined)
  return { id: String(id), claims: new Map(Object.entries(claims)) }
}

/** JSON.parse reads 9007199254740993 as …992, which is somebody else. */
function checkNumber(value: unknown): void {
  if (typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER)
    throw invalidToken('A number in the token is too large to be exact; write it as text.', undefined)
  if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) checkNumber(inner)
}

function invalidToken(detail: string, cause: unknown): ApiError {
  return new ApiError('invalid_token', detail, {
    source: { header: 'Authorization' },
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
    cause,
  })
}
