// Opaque tokens, of which their issuer is asked (RFC 7662): once for many, within bounds, and never guessed while it is away.
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { connectPostgres } from '../../src/databases/postgres/connect.ts'
import { registerClient } from '../../src/identity/client-registry.ts'
import type { IdentityOptions } from '../../src/identity/identify.ts'
import type { IntrospectionOptions } from '../../src/identity/introspection.ts'
import { revokeTokens } from '../../src/identity/revoke-tokens.ts'
import { type Issuer, type Mood, startIssuer } from '../identity/issuer.ts'
import { type Letters, makeLetters, serveLetters } from '../identity/letters.ts'
import { describeEachServer, type TestDatabase } from '../support/databases.ts'

const notValid = '401 The token is not valid here.'
const soon = () => Math.floor(Date.now() / 1000) + 600

describeEachServer('opaque tokens', server => {
  let database: TestDatabase
  let issuer: Issuer
  const opened: Letters[] = []
  beforeAll(async () => {
    database = await makeLetters(server)
  })
  afterAll(() => database.drop())
  beforeEach(async () => {
    issuer = await startIssuer()
    issuer.opaque.set('good', { active: true, sub: '18', exp: soon(), jti: 'j1' })
  })
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(one => one.close()))
    await issuer.close()
  })
  const serve = async (options: Partial<IntrospectionOptions> = {}, more: IdentityOptions = {}) => {
    const introspection = { url: issuer.url, clientId: 'col:onnade', clientSecret: 's3 cret', ...options }
    const letters = await serveLetters(database, { introspection, ...more })
    opened.push(letters)
    return letters
  }

  it('are asked about as the RFC says, and the answer is the principal', async () => {
    issuer.opaque.set('team', { active: true, sub: '99', team: 'red', exp: soon() })
    issuer.opaque.set('machine', { active: true, client_id: 'billing', exp: soon() })
    issuer.opaque.set('nobody', { active: true, exp: soon() })
    const letters = await serve()
    expect(await letters.read('good')).toEqual([1])
    expect(issuer.lastQuestion?.form.get('token')).toBe('good')
    const [, basic = ''] = issuer.lastQuestion?.authorization?.split(' ') ?? []
    expect(atob(basic)).toBe('col%3Aonnade:s3+cret')
    expect(await letters.read('team')).toEqual([3])
    expect(await letters.read('machine')).toEqual([2])
    expect(await letters.read('nobody')).toMatch(/^401 The token names nobody/)
    expect(await letters.read('unknown')).toBe(notValid)
    expect(await letters.read()).toEqual([])
  })

  it('are asked about once, also by many at the same time', async () => {
    const letters = await serve()
    const answers = await Promise.all(Array.from({ length: 20 }, () => letters.read('good')))
    expect(answers).toEqual(Array.from({ length: 20 }, () => [1]))
    await Promise.all(Array.from({ length: 20 }, () => letters.read('bad')))
    expect(await letters.read('bad')).toBe(notValid)
    expect(issuer.asked).toBe(2)
  })

  it('are asked about again when the answer has become too old', async () => {
    const letters = await serve({ maxAgeSeconds: 0 })
    expect(await letters.read('good')).toEqual([1])
    issuer.opaque.set('good', { active: false })
    expect(await letters.read('good')).toBe(notValid)
  })

  it.each<Mood>(['error', 'garbage', 'huge', 'elsewhere', 'gone', 'silent'])(
    'are 503 and not 401 while the issuer answers with: %s',
    async mood => {
      const letters = await serve({ timeoutSeconds: mood === 'silent' ? 0.2 : 5 })
      issuer.mood = mood
      const response = await letters.ask({ authorization: 'Bearer good' })
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2'])
      expect(response.headers.get('www-authenticate')).toBeNull()
      expect(await response.text()).not.toContain('127.0.0.1')
      expect(await letters.read()).toEqual([])
      issuer.mood = 'fine'
      expect(await letters.read('good')).toEqual([1])
    },
  )

  it('that are known go on while the issuer is away', async () => {
    const letters = await serve()
    expect(await letters.read('good')).toEqual([1])
    issuer.mood = 'gone'
    expect(await letters.read('good')).toEqual([1])
    expect(await letters.read('other')).toMatch(/^503/)
  })

  it('are refused where they are over, not begun, of another issuer, or meant for somebody else', async () => {
    const letters = await serve({ issuer: 'https://id', audience: 'letters' })
    const of = { active: true, sub: '18', iss: 'https://id', aud: ['posts', 'letters'] }
    const tokens = {
      fine: of,
      over: { ...of, exp: soon() - 1_200 },
      early: { ...of, nbf: soon() },
      elsewhere: { ...of, aud: 'posts' },
      other: { ...of, iss: 'https://other' },
      inexact: { ...of, team: 2 ** 60 },
    }
    for (const [token, answer] of Object.entries(tokens)) issuer.opaque.set(token, answer)
    const answers = await Promise.all(Object.keys(tokens).map(token => letters.read(token)))
    expect(answers).toEqual([
      [1],
      '401 The token has expired.',
      '401 The token is not valid yet.',
      '401 The token is meant for another audience.',
      notValid,
      '401 A number in the token is too large to be exact; write it as text.',
    ])
  })

  it('do not wait without a bound', async () => {
    const letters = await serve({ timeoutSeconds: 1 })
    issuer.mood = 'silent'
    const answers = await Promise.all(Array.from({ length: 120 }, (_, n) => letters.read(`token-${n}`)))
    expect(new Set(answers)).toEqual(new Set(['503 Who issued the token cannot be asked now. Try again shortly.']))
    expect(issuer.asked).toBe(100)
  })

  it('can be revoked here as well', async () => {
    const letters = await serve()
    issuer.opaque.set('lost', { active: true, sub: '18', jti: 'lost' })
    expect(await letters.read('lost')).toEqual([1])
    const registry = connectPostgres({ config: database.config })
    await revokeTokens(registry, { jti: 'lost', days: 1 })
    await registry.close()
    expect(await letters.read('good')).toEqual([1])
    await expect.poll(() => letters.read('lost')).toBe('401 The token has been revoked.')
  })

  it('stand beside tokens that prove themselves and keys of clients, each with its challenge', async () => {
    const other = await startIssuer()
    const letters = await serve({}, { jwt: { jwks: other.url, issuer: other.url }, clients: true, realm: 'let"ters' })
    const registry = connectPostgres({ config: database.config })
    const { key } = await registerClient(registry, { name: 'billing', claims: {}, hours: null })
    await registry.close()
    expect(await letters.read(await other.sign({ sub: '20' }))).toEqual([3])
    expect(await letters.read('good')).toEqual([1])
    expect(await letters.read(key)).toEqual([2])
    // One that has the form of the others, and an issuer that we do not know: it is asked about.
    const foreign = await issuer.sign()
    issuer.opaque.set(foreign, { active: true, sub: '18' })
    expect(await letters.read(foreign)).toEqual([1])
    const asked = issuer.asked
    expect(await letters.read(`${await other.sign()}x`)).toBe(notValid)
    expect(issuer.asked).toBe(asked)
    const challenge = async (authorization: string) =>
      (await letters.ask({ authorization })).headers.get('www-authenticate')
    const [tokens, clients] = [`Bearer realm="let'ters"`, `Bearer realm="let'ters clients"`]
    const error = (detail: string) => `, error="invalid_token", error_description="${detail}"`
    expect(await challenge('Bearer bad')).toBe(`${tokens}${error('The token is not valid here.')}, ${clients}`)
    expect(await challenge('Bearer cln_x')).toBe(
      `${tokens}, ${clients}${error('The key is mistyped: its checksum does not fit.')}`,
    )
    expect(await challenge('Basic eDp5')).toBe(`${tokens}${error('Authorization takes: Bearer TOKEN.')}, ${clients}`)
    await other.close()
  })

  it('are sent over public networks by https alone', async () => {
    await expect(serve({ url: 'http://id.example.org/introspect' })).rejects.toThrow('https:')
  })
})
