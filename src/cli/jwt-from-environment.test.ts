// Tokens are checked as the environment says, or the command refuses to start.
import { generateKeyPairSync } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { jwtFromEnvironment } from './jwt-from-environment.ts'

const secret = 'a secret of the tests, 32 bytes or more'
const pem = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString()

it('leaves everybody anonymous where nothing is said', () => {
  expect(jwtFromEnvironment({})).toBeUndefined()
})

it('takes a secret, with issuer and audience', () => {
  const environment = { COLONNADE_JWT_SECRET: secret, COLONNADE_JWT_ISSUER: 'us', COLONNADE_JWT_AUDIENCE: 'them' }
  expect(jwtFromEnvironment(environment)).toEqual({ key: secret, algorithm: 'HS256', issuer: 'us', audience: 'them' })
})

it('takes a public key as text or as a path', () => {
  const file = join(tmpdir(), `colonnade-key-${process.pid}.pem`)
  writeFileSync(file, pem)
  for (const key of [pem, file]) {
    const found = jwtFromEnvironment({ COLONNADE_JWT_PUBLIC_KEY: key, COLONNADE_JWT_ALGORITHM: 'EdDSA' })
    expect(found).toMatchObject({ algorithm: 'EdDSA', key: { asymmetricKeyType: 'ed25519' } })
  }
  rmSync(file)
})

it('takes the secret before while it holds, and a key set', () => {
  const environment = { COLONNADE_JWT_SECRET: secret, COLONNADE_JWT_SECRET_PREVIOUS: `the old ${secret}` }
  expect(jwtFromEnvironment(environment)).toEqual({ key: [secret, `the old ${secret}`], algorithm: 'HS256' })
  const jwks = { COLONNADE_JWT_JWKS: 'https://id/keys', COLONNADE_JWT_ALGORITHMS: 'ES256, PS256' }
  expect(jwtFromEnvironment({ ...jwks, COLONNADE_JWT_CLOCK_TOLERANCE: '0' })).toEqual({
    jwks: 'https://id/keys',
    algorithms: ['ES256', 'PS256'],
    clockToleranceSeconds: 0,
  })
})

it('refuses what would accept no token or too many', () => {
  const refused = (environment: Record<string, string>, why: string) =>
    expect(() => jwtFromEnvironment(environment)).toThrow(why)
  refused({ COLONNADE_JWT_SECRET: 'short' }, '32 bytes')
  refused({ COLONNADE_JWT_SECRET: secret, COLONNADE_JWT_PUBLIC_KEY: pem }, 'not several')
  refused({ COLONNADE_JWT_SECRET: secret, COLONNADE_JWT_JWKS: 'https://id' }, 'not several')
  refused({ COLONNADE_JWT_SECRET: secret, COLONNADE_JWT_SECRET_PREVIOUS: 'short' }, '32 bytes')
  refused({ COLONNADE_JWT_JWKS: 'https://id', COLONNADE_JWT_ALGORITHMS: 'ES256,HS256' }, '"HS256" is no algorithm')
  refused({ COLONNADE_JWT_JWKS: 'https://id', COLONNADE_JWT_CLOCK_TOLERANCE: 'x' }, 'seconds')
  refused({ COLONNADE_JWT_PUBLIC_KEY: pem }, 'COLONNADE_JWT_ALGORITHM')
  refused({ COLONNADE_JWT_PUBLIC_KEY: pem, COLONNADE_JWT_ALGORITHM: 'HS256' }, 'RS256, ES256, EdDSA')
  refused({ COLONNADE_JWT_PUBLIC_KEY: '/nowhere.pem', COLONNADE_JWT_ALGORITHM: 'RS256' }, 'neither')
})
