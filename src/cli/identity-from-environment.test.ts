// By which ways callers show who they are is as the environment says, or the command refuses to start.
import { expect, it } from 'vitest'
import { identityFromEnvironment } from './identity-from-environment.ts'

const secret = 'a secret of the tests, 32 bytes or more'

it('accepts keys of clients unless they are switched off', () => {
  expect(identityFromEnvironment({})).toEqual({ clients: true })
  expect(identityFromEnvironment({ COLONNADE_CLIENTS: 'off' })).toEqual({ clients: false })
  expect(() => identityFromEnvironment({ COLONNADE_CLIENTS: 'false' })).toThrow('on or off')
})

it('takes one issuer by its variables, or several as JSON', () => {
  expect(identityFromEnvironment({ COLONNADE_JWT_SECRET: secret }).jwt).toEqual({ key: secret, algorithm: 'HS256' })
  const several = [
    { jwks: 'https://one/keys', issuer: 'https://one', audience: ['a'] },
    { key: secret, algorithm: 'HS256' },
  ]
  expect(identityFromEnvironment({ COLONNADE_JWT: JSON.stringify(several) }).jwt).toEqual(several)
  expect(identityFromEnvironment({ COLONNADE_JWT: JSON.stringify(several[0]) }).jwt).toEqual([several[0]])
})

it('takes an issuer that is asked about tokens', () => {
  const environment = {
    COLONNADE_INTROSPECTION_URL: 'https://id/introspect',
    COLONNADE_INTROSPECTION_CLIENT_ID: 'us',
    COLONNADE_INTROSPECTION_CLIENT_SECRET: 'secret',
  }
  const introspection = { url: 'https://id/introspect', clientId: 'us', clientSecret: 'secret' }
  expect(identityFromEnvironment(environment).introspection).toEqual(introspection)
  expect(identityFromEnvironment({ ...environment, COLONNADE_INTROSPECTION_AUDIENCE: 'videos' }).introspection).toEqual(
    { ...introspection, audience: 'videos' },
  )
  expect(() => identityFromEnvironment({ COLONNADE_INTROSPECTION_URL: 'https://id' })).toThrow('CLIENT_SECRET')
})

it('refuses a list of issuers that would leave out a check', () => {
  const refused = (jwt: string, why: string) =>
    expect(() => identityFromEnvironment({ COLONNADE_JWT: jwt })).toThrow(why)
  refused('{', 'no JSON')
  refused('[]', 'no issuer')
  refused('["https://id"]', 'list of objects')
  refused('[{"key":"x"}]', 'list of objects')
  refused('[{"jwks":"https://id","audiance":"x"}]', '"audiance"')
  expect(() => identityFromEnvironment({ COLONNADE_JWT: '[]', COLONNADE_JWT_ISSUER: 'x' })).toThrow('Leave')
})
