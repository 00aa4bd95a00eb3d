// What settings and environment say of tokens, joined by the order of their sources.
import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { identityFromEnvironment } from './identity-from-environment.ts'
import { identityOfSettings } from './identity-of-settings.ts'
import { resolveSettings, type Sources } from './resolve-settings.ts'

const path = join(tmpdir(), `colonnade-secret-${process.pid}`)
const filed = 'a secret of a file, of 32 bytes or more'
const said = 'a secret of a variable, of 32 bytes'
writeFileSync(path, `${filed}\n`)
afterAll(() => rmSync(path))

const jwtOf = ({
  flags = {},
  environment = {},
  values = {},
}: Partial<Pick<Sources, 'flags' | 'environment'>> & { readonly values?: Readonly<Record<string, unknown>> }) => {
  const resolved = resolveSettings({ flags, environment, file: { name: 'colonnade.config.ts', values } })
  return identityFromEnvironment(identityOfSettings(resolved, environment)).jwt
}

it('is what the environment says where no setting is given', () => {
  expect(jwtOf({})).toBeUndefined()
  expect(jwtOf({ environment: { COLONNADE_JWT_SECRET: said } })).toEqual({ key: said, algorithm: 'HS256' })
})

it('takes a secret from a file, without the break of its line, and the claims that tokens must have', () => {
  const values = { jwtSecretFile: path, jwtIssuer: 'us' }
  expect(jwtOf({ values })).toEqual({ key: filed, algorithm: 'HS256', issuer: 'us' })
  expect(jwtOf({ values: { jwtSecretFile: path, jwtSecretPreviousFile: path } })).toMatchObject({ key: [filed, filed] })
  expect(jwtOf({ values, flags: { jwtIssuer: 'them' } })).toMatchObject({ issuer: 'them' })
})

it('lets a way of a stronger source put out that of a weaker one', () => {
  const values = { jwtSecretFile: path, jwtAudience: 'us' }
  const environment = { COLONNADE_JWT_SECRET: said }
  expect(jwtOf({ values, environment })).toEqual({ key: said, algorithm: 'HS256', audience: 'us' })
  expect(jwtOf({ flags: { jwtSecretFile: path }, environment })).toEqual({ key: filed, algorithm: 'HS256' })
  expect(jwtOf({ flags: { jwtJwks: 'https://id/keys' }, environment })).toEqual({ jwks: 'https://id/keys' })
  expect(jwtOf({ values: { jwtJwks: 'https://id/keys' }, environment })).toEqual({ key: said, algorithm: 'HS256' })
  const whole = { COLONNADE_JWT: '{"jwks":"https://id/keys"}' }
  expect(jwtOf({ values, environment: whole })).toEqual([{ jwks: 'https://id/keys' }])
})

it('refuses two of one source, and files that hold no secret', () => {
  const environment = { COLONNADE_JWT_SECRET: said, COLONNADE_JWT_SECRET_FILE: path }
  expect(() => jwtOf({ environment })).toThrow('not both')
  expect(() => jwtOf({ values: { jwtSecretFile: path, jwtJwks: 'https://id/keys' } })).toThrow('not several')
  expect(() => jwtOf({ values: { jwtSecretFile: '/none' } })).toThrow('cannot be read from /none')
  writeFileSync(`${path}.short`, 'short')
  expect(() => jwtOf({ values: { jwtSecretFile: `${path}.short` } })).toThrow('too short')
  rmSync(`${path}.short`)
})
