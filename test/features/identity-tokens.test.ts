// Tokens of issuers that publish their keys: rotated, away, slow, hostile; several issuers; tokens revoked before their time.
import { generateKeyPairSync } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { connectPostgres } from '../../src/databases/postgres/connect.ts'
import { withClient } from '../../src/databases/postgres/with-client.ts'
import { type IdentityOptions, makeIdentity } from '../../src/identity/identify.ts'
import type { JwtByJwks } from '../../src/identity/jwt-options.ts'
import { revokeTokens } from '../../src/identity/revoke-tokens.ts'
import { type Issuer, type Mood, startIssuer } from '../identity/issuer.ts'
import { type Letters, makeLetters, serveLetters } from '../identity/letters.ts'
import { describeEachServer, type TestDatabase } from '../support/databases.ts'

const notValid = '401 The token is not valid here.'
const hour = 3_600

describeEachServer('tokens', server => {
  let database: TestDatabase
  let issuer: Issuer
  const opened: Letters[] = []
  beforeAll(async () => {
    database = await makeLetters(server)
  })
  afterAll(() => database.drop())
  beforeEach(async () => {
    issuer = await startIssuer()
  })
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(one => one.close()))
    await issuer.close()
  })
  const serve = async (identity: IdentityOptions) => {
    const letters = await serveLetters(database, identity)
    opened.push(letters)
    return letters
  }
  const byIssuer = (options: Partial<JwtByJwks> = {}) => serve({ jwt: { jwks: issuer.url, ...options } })
  const withRegistry = async (work: (of: ReturnType<typeof connectPostgres>) => Promise<void>) => {
    const registry = connectPostgres({ config: database.config })
    await work(registry).finally(() => registry.close())
  }

  it('are checked with keys that are asked for once', async () => {
    const letters = await byIssuer()
    const tokens = await Promise.all(['18', '20', '18'].map((sub, n) => issuer.sign({ sub, n })))
    expect(await Promise.all(tokens.map(token => letters.read(token)))).toEqual([[1], [3], [1]])
    expect(await letters.read(await issuer.sign({ sub: '20' }))).toEqual([3])
    expect(issuer.asked).toBe(1)
    expect(letters.errors).toEqual([])
  })

  it('are accepted once their key is published, and no longer with one that is withdrawn', async () => {
    const letters = await byIssuer({ coolDownSeconds: 0 })
    const old = await issuer.sign()
    const other = await issuer.sign({ n: 2 })
    expect(await letters.read(old)).toEqual([1])
    issuer.rotate()
    expect(await letters.read(await issuer.sign({ sub: '20' }))).toEqual([3])
    // The first one was known; what was proven with a key that is gone does not count.
    expect([await letters.read(old), await letters.read(other)]).toEqual([notValid, notValid])
  })

  it('with a key that is not known cost one question in a cool-down, however many they are', async () => {
    const letters = await byIssuer({ coolDownSeconds: hour })
    const good = await issuer.sign()
    expect(await letters.read(good)).toEqual([1])
    const forged = await Promise.all(Array.from({ length: 30 }, (_, n) => issuer.sign({ n })))
    // The name of the key alone is another: no key is found, so no signature is tried.
    const unknown = forged.map((token, n) => {
      const head = Buffer.from(JSON.stringify({ alg: 'ES256', kid: `unknown-${n}` })).toString('base64url')
      return [head, ...token.split('.').slice(1)].join('.')
    })
    expect(new Set(await Promise.all(unknown.map(token => letters.read(token))))).toEqual(new Set([notValid]))
    expect(issuer.asked).toBe(1)
    expect(await letters.read(good)).toEqual([1])
  })

  it.each<Mood>(['error', 'garbage', 'huge', 'elsewhere', 'gone'])(
    'go on with the keys that are there while the issuer answers with: %s',
    async mood => {
      const letters = await byIssuer({ coolDownSeconds: 0, maxAgeSeconds: 0 })
      expect(await letters.read(await issuer.sign({ n: 1 }))).toEqual([1])
      issuer.mood = mood
      expect(await letters.read(await issuer.sign({ n: 2 }))).toEqual([1])
      expect(letters.errors.length).toBeGreaterThan(0)
      // Of a key that is not there, nobody can tell now whether it is good.
      issuer.rotate()
      const late = await issuer.sign({ sub: '20' })
      expect(await letters.read(late)).toMatch(/^503 The keys/)
      issuer.mood = 'fine'
      expect(await letters.read(late)).toEqual([3])
    },
  )

  it('wait a moment for an issuer that is slow, and go on with the keys that are there', async () => {
    const letters = await byIssuer({ coolDownSeconds: hour, maxAgeSeconds: 0 })
    expect(await letters.read(await issuer.sign({ n: 1 }))).toEqual([1])
    issuer.mood = 'silent'
    const answers = await Promise.all([2, 3, 4].map(async n => letters.read(await issuer.sign({ n }))))
    expect(answers).toEqual([[1], [1], [1]])
    expect(issuer.asked).toBe(2)
  })

  it('are neither accepted nor refused where no key could be had yet; guests are served', async () => {
    issuer.mood = 'error'
    const letters = await byIssuer({ coolDownSeconds: 0 })
    const response = await letters.ask({ authorization: `Bearer ${await issuer.sign()}` })
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2'])
    expect(await letters.read()).toEqual([])
    issuer.mood = 'fine'
    expect(await letters.read(await issuer.sign())).toEqual([1])
  })

  it('are refused when made by a trick: none, HS256 with the public key, a key of their own, a private one', async () => {
    const letters = await byIssuer({ coolDownSeconds: 0 })
    const [jwk] = issuer.published
    const secret = new TextEncoder().encode(JSON.stringify(jwk))
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const claims = { sub: '18', iss: issuer.url, exp: Math.floor(Date.now() / 1000) + 60 }
    const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const tricks = [
      `${encode({ alg: 'none' })}.${encode(claims)}.`,
      `${encode({ alg: 'none', kid: issuer.kid })}.${encode(claims)}.x`,
      await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: issuer.kid }).sign(secret),
      await new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256', kid: issuer.kid, jwk: own.publicKey.export({ format: 'jwk' }) as never })
        .sign(own.privateKey),
      await new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256', kid: issuer.kid, jku: `${issuer.url}/other` })
        .sign(own.privateKey),
    ]
    for (const trick of tricks) expect(await letters.read(trick), trick).toMatch(/^401 /)
    expect(letters.errors).toEqual([])
    // A secret that is published by mistake checks nothing.
    issuer.published = [jwk, { kty: 'oct', kid: 'oct', alg: 'HS256', k: encode('x'.repeat(40)) }]
    const shared = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', kid: 'oct' })
      .sign(Buffer.from(JSON.stringify('x'.repeat(40))))
    expect(await letters.read(shared)).toBe(notValid)
  })

  it('without the name of their key are tried with every key that fits', async () => {
    const first = issuer.published
    issuer.rotate()
    issuer.published = [...first, ...issuer.published].map(jwk => ({ ...(jwk as object), kid: undefined }))
    const letters = await byIssuer({ coolDownSeconds: hour })
    for (const by of ['key-1', 'key-2'])
      expect(await letters.read(await issuer.sign({}, { kid: undefined as never }, by))).toEqual([1])
    issuer.rotate()
    expect(await letters.read(await issuer.sign({}, { kid: undefined as never }))).toBe(notValid)
  })

  it('are checked with the keys of a file, also when it changes', async () => {
    const file = join(tmpdir(), `colonnade-keys-${process.pid}-${server.major}.json`)
    writeFileSync(file, JSON.stringify({ keys: issuer.published }))
    const letters = await serve({ jwt: { jwks: file, coolDownSeconds: 0 } })
    expect(await letters.read(await issuer.sign())).toEqual([1])
    issuer.rotate()
    writeFileSync(file, JSON.stringify({ keys: issuer.published }))
    expect(await letters.read(await issuer.sign({ sub: '20' }))).toEqual([3])
    rmSync(file)
    expect(issuer.asked).toBe(0)
  })

  it('of several issuers are each checked by their own, and their users can be told apart', async () => {
    const other = await startIssuer()
    const letters = await serve({
      jwt: [
        { jwks: issuer.url, issuer: issuer.url, audience: ['letters', 'posts'] },
        { jwks: other.url, issuer: other.url, idPrefix: 'other:' },
      ],
    })
    expect(await letters.read(await issuer.sign({ aud: 'letters' }))).toEqual([1])
    expect(await letters.read(await issuer.sign({ aud: 'elsewhere' }))).toBe(
      '401 The token is meant for another audience.',
    )
    // Signed in, and not user 18.
    expect(await letters.read(await other.sign())).toEqual([])
    expect(await letters.read(await other.sign({ role: 'admin' }))).toEqual([1, 2, 3])
    // Says that it is of the one, and was signed by the other.
    expect(await letters.read(await other.sign({ iss: issuer.url, aud: 'letters' }))).toBe(notValid)
    expect(await letters.read(await other.sign({ iss: 'https://nobody.example' }))).toBe(notValid)
    await other.close()
  })

  it('take keys over public networks by https alone, and no algorithm that takes a public key for a secret', async () => {
    const refused = (jwt: unknown) => expect(serve({ jwt } as IdentityOptions)).rejects
    await refused({ jwks: 'http://id.example.org/keys' }).toThrow('https:')
    await refused({ jwks: 'http://127.0.0.1.example.org/keys' }).toThrow('https:')
    await refused({ jwks: 'file:///etc/passwd' }).toThrow('https:')
    for (const algorithms of [['none'], ['HS256'], ['ES256', 'HS512'], []])
      await refused({ jwks: issuer.url, algorithms }).toThrow('no algorithm for a public key')
    const pem = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ type: 'spki', format: 'pem' })
    await refused({ key: pem, algorithm: 'HS256' }).toThrow('HS256 takes a secret')
    await refused({ key: pem, algorithm: 'ES256' }).toThrow('no public key for ES256')
    await refused({ key: [], algorithm: 'HS256' }).toThrow('one key at least')
  })

  it('of an old secret hold while the new one takes over', async () => {
    const secrets = ['the new secret of the tests, 32 bytes', 'the old secret of the tests, 32 bytes']
    const sign = (key: string) =>
      new SignJWT({ sub: '18' }).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('1h').sign(Buffer.from(key))
    const letters = await serve({ jwt: { key: secrets, algorithm: 'HS256' } })
    for (const key of secrets) expect(await letters.read(await sign(key))).toEqual([1])
    expect(await letters.read(await sign('another secret of the tests, 32 b'))).toBe(notValid)
  })

  it('say in WWW-Authenticate what is missing', async () => {
    const letters = await byIssuer({ audience: 'letters' })
    const challenge = async (token: string) =>
      (await letters.ask({ authorization: `Bearer ${token}` })).headers.get('www-authenticate')
    const past = Math.floor(Date.now() / 1000) - 100
    expect(await challenge(await issuer.sign({ aud: 'letters', exp: past, iat: past - 1 }))).toBe(
      'Bearer realm="colonnade", error="invalid_token", error_description="The token has expired."',
    )
    expect(await challenge(await issuer.sign({ aud: 'x' }))).toBe(
      'Bearer realm="colonnade", error="invalid_token", error_description="The token is meant for another audience."',
    )
    const nobody = await issuer.sign({ aud: 'letters', sub: undefined })
    expect(await challenge(nobody)).toContain('error_description="The token names nobody: it has no \'sub\'."')
  })

  it('that are revoked are refused at once, by every process, also where they were known', async () => {
    const both = [await byIssuer(), await byIssuer()]
    const [one, two] = await Promise.all(['a', 'b'].map(jti => issuer.sign({ jti })))
    const read = (token?: string) => Promise.all(both.map(letters => letters.read(token)))
    expect(await read(one)).toEqual([[1], [1]])
    await withRegistry(registry => revokeTokens(registry, { jti: 'a', days: 1 }))
    const refused = '401 The token has been revoked.'
    await expect.poll(() => read(one)).toEqual([refused, refused])
    expect(await read(two)).toEqual([[1], [1]])
    // By the time of issue: what is issued from the next second on is good.
    const now = Math.floor(Date.now() / 1000)
    const [old, later, other] = await Promise.all([
      issuer.sign({ iat: now - 60 }),
      issuer.sign({ iat: now + 60 }),
      issuer.sign({ sub: '20', iat: now - 60 }),
    ])
    expect(await read(old)).toEqual([[1], [1]])
    await withRegistry(registry => revokeTokens(registry, { subject: '18', issuer: 'https://other', days: 1 }))
    await withRegistry(registry => revokeTokens(registry, { subject: '18', issuer: issuer.url, days: 1 }))
    await expect.poll(() => read(old)).toEqual([refused, refused])
    expect(await read(later)).toEqual([[1], [1]])
    expect(await read(other)).toEqual([[3], [3]])
    // A process that comes later knows it from the table.
    expect(await (await byIssuer()).read(one)).toBe(refused)
    await withClient(database.config, client => client.query('truncate colonnade.revoked_tokens'))
    await expect.poll(() => read(one)).toEqual([[1], [1]])
  })

  it('that are revoked while nobody could hear it are refused all the same', async () => {
    const letters = await byIssuer()
    const token = await issuer.sign({ jti: 'unheard' })
    await withRegistry(registry => revokeTokens(registry, { jti: 'other', days: 1 }))
    expect(await letters.read(token)).toEqual([1])
    const cut = `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and query like 'listen%'`
    await withClient(database.config, async client => {
      expect((await client.query(cut)).rowCount).toBe(1)
      await client.query(
        "insert into colonnade.revoked_tokens (jti, forget_at) values ('unheard', now() + interval '1 day')",
      )
    })
    await expect.poll(() => letters.read(token)).toBe('401 The token has been revoked.')
    await withClient(database.config, client => client.query('truncate colonnade.revoked_tokens'))
  })

  it('that are revoked are refused after a while even where the notice is lost on the way', async () => {
    await withRegistry(async registry => {
      let nowMs = Date.now()
      const { identify } = makeIdentity(
        { jwt: { jwks: issuer.url, maxAgeSeconds: hour } },
        { database: registry, now: () => nowMs },
      )
      const token = await issuer.sign({ jti: 'lost' })
      const headers = { authorization: `Bearer ${token}` }
      const nobody = { body: async () => new Uint8Array(), isGone: () => false }
      const ask = async () => (await identify({ method: 'GET', target: '/', headers, ...nobody })).id
      expect(await ask()).toBe('18')
      await revokeTokens(registry, { jti: 'lost', days: 1 })
      expect(await ask()).toBe('18')
      nowMs += 150_000
      await expect(ask()).rejects.toThrow('revoked')
    })
    await withClient(database.config, client => client.query('truncate colonnade.revoked_tokens'))
  })

  it('are found with one look once they were proven: no statement, no question', async () => {
    const letters = await byIssuer()
    const token = await issuer.sign()
    await letters.read(token)
    letters.statements.length = 0
    for (let i = 0; i < 5; i += 1) await letters.read(token)
    expect(letters.statements.filter(text => !text.includes('letters'))).toEqual([])
    expect(letters.statements).toHaveLength(5)
    expect(issuer.asked).toBe(1)
    const found = letters.server.runtime().identify({
      ...{ method: 'GET', target: '/', headers: { authorization: `Bearer ${token}` } },
      ...{ body: async () => new Uint8Array(), isGone: () => false },
    })
    expect(found).not.toBeInstanceOf(Promise)
  })

  it('are not accepted by a login that may not read what is revoked', async () => {
    await withRegistry(registry => revokeTokens(registry, { jti: 'x', days: 1 }))
    const name = `colonnade_reader_${server.major}_${process.pid}`
    const { database: of } = database.config
    await withClient(database.config, client =>
      client.query(
        `create role ${name} login password 'x'; grant connect on database ${of} to ${name}; grant select on letters to ${name}`,
      ),
    )
    const limited = { ...database, config: { ...database.config, user: name, password: 'x' } }
    const started = serveLetters(limited, { jwt: { jwks: issuer.url } })
    await expect(started).rejects.toThrow('may not read colonnade.revoked_tokens')
    await withClient(database.config, client =>
      client.query(`drop owned by ${name}; drop role ${name}; truncate colonnade.revoked_tokens`),
    )
  })
})
