import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { SignJWT, UnsecuredJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import type { ApiError } from '../errors/api-error.ts'
import { makeIdentity } from './identify.ts'
import type { JwtByKey, JwtOptions } from './jwt-options.ts'

const secret = 'a secret of the tests, 32 bytes or more'
const secretKey = new TextEncoder().encode(secret)
const pairs = {
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: generateKeyPairSync('ed25519'),
} as const

const sign = (key: KeyObject | Uint8Array, alg: string, claims: Record<string, unknown> = {}, expires = '1h') =>
  new SignJWT({ sub: '18', ...claims }).setProtectedHeader({ alg }).setExpirationTime(expires).sign(key)

const identifyByJwt = (jwt: JwtOptions, now: () => number = Date.now) => {
  const { identify } = makeIdentity({ jwt }, { database: null, now })
  const request = { method: 'GET', target: '/', body: async () => new Uint8Array(), isGone: () => false }
  return async (authorization: string | undefined) => identify({ ...request, headers: { authorization } })
}

const hs256 = (options: Partial<JwtByKey> = {}, now?: () => number) =>
  identifyByJwt({ key: secret, algorithm: 'HS256', ...options }, now)

async function refusal(run: () => unknown): Promise<ApiError> {
  try {
    await run()
  } catch (error) {
    return error as ApiError
  }
  throw new Error('was accepted')
}

describe('a JSON Web Token', () => {
  it('takes HS256 with a shared secret', async () => {
    const principal = await hs256()(`Bearer ${await sign(secretKey, 'HS256', { role: 'admin' })}`)
    expect(principal.id).toBe('18')
    expect(principal.claims.get('role')).toBe('admin')
  })

  it.each(['RS256', 'ES256', 'EdDSA'] as const)('takes %s with a public key in PEM', async algorithm => {
    const { privateKey, publicKey } = pairs[algorithm]
    const key = publicKey.export({ type: 'spki', format: 'pem' }).toString()
    const principal = await identifyByJwt({ key, algorithm })(`Bearer ${await sign(privateKey, algorithm)}`)
    expect(principal.id).toBe('18')
  })

  it('is anonymous without a header, and refuses another scheme', async () => {
    expect((await hs256()(undefined)).id).toBeNull()
    expect((await refusal(() => hs256()('Basic eDp5'))).code).toBe('invalid_token')
  })

  it('refuses another algorithm than its own, none among them', async () => {
    const { privateKey, publicKey } = pairs.RS256
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
    // The classic: the public key taken for an HMAC secret.
    const confused = await sign(new TextEncoder().encode(pem), 'HS256')
    expect((await refusal(() => identifyByJwt({ key: pem, algorithm: 'RS256' })(`Bearer ${confused}`))).status).toBe(
      401,
    )
    expect((await refusal(() => hs256()(`Bearer ${new UnsecuredJWT({ sub: '18' }).encode()}`))).status).toBe(401)
    expect((await refusal(async () => hs256()(`Bearer ${await sign(privateKey, 'RS256')}`))).status).toBe(401)
  })

  it('refuses a changed payload, another key, and a token without a subject', async () => {
    const token = await sign(secretKey, 'HS256')
    const [head, , signature] = token.split('.')
    const payload = Buffer.from(JSON.stringify({ sub: '1', exp: 9999999999 })).toString('base64url')
    expect((await refusal(() => hs256()(`Bearer ${head}.${payload}.${signature}`))).code).toBe('invalid_token')
    expect(
      (await refusal(() => hs256({ key: 'another secret, also of 32 bytes or more' })(`Bearer ${token}`))).code,
    ).toBe('invalid_token')
    const nobody = await new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('1h').sign(secretKey)
    expect((await refusal(() => hs256()(`Bearer ${nobody}`))).message).toContain('sub')
  })

  it('checks issuer and audience where they are set', async () => {
    const token = await sign(secretKey, 'HS256', { iss: 'https://id.example.org', aud: 'videos' })
    expect((await hs256({ issuer: 'https://id.example.org', audience: 'videos' })(`Bearer ${token}`)).id).toBe('18')
    expect((await refusal(() => hs256({ issuer: 'https://other.example.org' })(`Bearer ${token}`))).status).toBe(401)
    expect((await refusal(() => hs256({ audience: 'photos' })(`Bearer ${token}`))).status).toBe(401)
  })

  it('refuses an expired token, also one that it knew while it was good', async () => {
    let now = Date.now()
    const identify = hs256({ clockToleranceSeconds: 0 }, () => now)
    const token = await sign(secretKey, 'HS256', {}, '1m')
    expect((await identify(`Bearer ${token}`)).id).toBe('18')
    expect((await identify(`Bearer ${token}`)).id).toBe('18')
    now += 61_000
    expect((await refusal(() => identify(`Bearer ${token}`))).message).toContain('expired')
  })

  it('refuses a number that JSON cannot hold exactly, at any depth', async () => {
    // 9007199254740993 is read as 9007199254740992: somebody else.
    const claims = Buffer.from('{"sub":9007199254740993,"exp":9999999999}').toString('base64url')
    const head = Buffer.from('{"alg":"HS256"}').toString('base64url')
    const { createHmac } = await import('node:crypto')
    const signature = createHmac('sha256', secret).update(`${head}.${claims}`).digest('base64url')
    expect((await refusal(() => hs256()(`Bearer ${head}.${claims}.${signature}`))).message).toContain('exact')
    expect(
      (await refusal(async () => hs256()(`Bearer ${await sign(secretKey, 'HS256', { teams: [1, { id: 2 ** 60 }] })}`)))
        .status,
    ).toBe(401)
  })

  it('wants a secret that is long enough', () => {
    expect(() => identifyByJwt({ key: 'short', algorithm: 'HS256' })).toThrow('32 bytes')
  })
})
