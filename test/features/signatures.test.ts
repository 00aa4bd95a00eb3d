// Signed requests over HTTP: what is accepted once, and under which code everything else is refused.
import { createHash, createHmac, randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type SignOptions, sign } from '../../src/client/sign.ts'
import { toDatabaseUrl } from '../../src/databases/embedded/database-config.ts'
import { withClient } from '../../src/databases/postgres/with-client.ts'
import type { SignatureKey } from '../../src/identity/signatures/signature-options.ts'
import { makeNotes } from '../idempotency/notes.ts'
import { algorithms, madeKeys, makeKey } from '../signatures/made-keys.ts'
import { type Answer, type Sent, type SignedNotes, startSignedNotes } from '../signatures/signed-notes.ts'
import { signToken } from '../support/api-under-test.ts'
import { describeEachServer, type TestDatabase } from '../support/databases.ts'

const strict: SignatureKey = {
  id: 'strict',
  algorithm: 'hmac-sha256',
  key: makeKey('hmac-sha256').key,
  principal: { id: '30', claims: { role: 'admin' } },
  required: true,
}
const keys = [...madeKeys(), strict]

const said = ({ status, code }: Answer) => [status, code]
const note = { ref: 'signed', text: 'x' }

/** Signs what `sign` would not sign so. */
function signRaw(sent: Sent, input: string, lines: readonly string[], secret = makeKey('hmac-sha256').key): Sent {
  const base = [...lines, `"@signature-params": ${input}`].join('\n')
  const value = createHmac('sha256', secret).update(base).digest('base64')
  return { ...sent, headers: { ...sent.headers, 'signature-input': `sig=${input}`, signature: `sig=:${value}:` } }
}

describeEachServer('a signed request', server => {
  let database: TestDatabase
  let notes: SignedNotes
  beforeAll(async () => {
    database = await makeNotes(server)
    notes = await startSignedNotes(database, { keys, components: ['Prefer'] })
  })
  afterAll(async () => {
    await notes.close()
    expect(notes.errors).toEqual([])
  })

  const ask = async (...given: Parameters<SignedNotes['make']>) => notes.send(await notes.make(...given))
  const count = async (sql: string) => (await notes.client.query(sql)).rows[0]?.n as number
  const nonces = () => count('select count(*)::int n from colonnade.used_nonces')
  const change = (sent: Sent, headers: Readonly<Record<string, string>>): Sent => ({
    ...sent,
    headers: { ...sent.headers, ...headers },
  })

  describe('is accepted', () => {
    it.each(algorithms)('with a body and without one, under %s', async algorithm => {
      const by = makeKey(algorithm).signing
      const made = await ask('/notes', { body: note, by })
      expect([made.status, made.headers.vary]).toEqual([201, 'Accept, Authorization, Signature-Input'])
      const read = await ask('/notes?fields=text&filter[ref]=signed&sort=-id', { by })
      expect([read.status, read.json.data[0]?.text]).toEqual([200, 'x'])
      const removed = await ask(`/notes/${made.json.data.id}`, { method: 'PATCH', body: { text: 'y' }, by })
      expect(removed.status, JSON.stringify(removed.json)).toBe(200)
    })

    it('at the root of a host, where an answer may be kept', async () => {
      const options = { basePath: '/', responseCache: { private: true } } as const
      const atRoot = await startSignedNotes(database, { keys }, options)
      const made = await atRoot.send(await atRoot.make('/notes', { body: note }))
      expect([made.status, made.headers.location]).toEqual([201, `/notes/${made.json.data.id}`])
      const read = () => atRoot.make(`/notes/${made.json.data.id}`).then(atRoot.send)
      const [first, again] = [await read(), await read()]
      expect([first.status, again.status, again.json]).toEqual([200, 200, first.json])
      const sent = await atRoot.make('/notes/1')
      expect((await atRoot.send({ ...sent, target: '/notes/2' })).status).toBe(401)
      expect(atRoot.errors).toEqual([])
      await atRoot.close()
    })

    it('by fetch, as it came from sign', async () => {
      const request = await sign(
        [
          `${notes.server.url}/notes`,
          { method: 'POST', body: JSON.stringify(note), headers: { 'content-type': 'application/json' } },
        ],
        makeKey('ed25519').signing,
      )
      expect((await fetch(request)).status).toBe(201)
      expect((await fetch(request.url)).status).toBe(200)
    })

    it('with the claims of its key, and of nobody without one', async () => {
      const by: SignOptions = { ...makeKey('hmac-sha256').signing, keyId: 'strict' }
      expect((await ask('/tags', { body: { word: 'by its key' }, by })).status).toBe(201)
      expect(said(await ask('/tags', { body: { word: 'by another' } }))).toEqual([403, 'forbidden'])
    })

    it('with a token of the same principal, whose claims then count', async () => {
      const own = { authorization: `Bearer ${await signToken('20', { role: 'admin' })}` }
      expect((await ask('/tags', { body: { word: 'by token' }, headers: own })).status).toBe(201)
      const other = { authorization: `Bearer ${await signToken('18')}` }
      expect(said(await ask('/notes', { headers: other }))).toEqual([401, 'signature_other_principal'])
      expect(said(await ask('/notes', { headers: { authorization: 'Bearer none' } }))).toEqual([401, 'invalid_token'])
    })

    it('with a body in chunks, and with one that waits to be welcome', async () => {
      for (const headers of [{ 'transfer-encoding': 'chunked' }, { expect: '100-continue' }]) {
        const sent = await notes.make('/notes', { body: note })
        const other = change(sent, headers)
        expect(said(await notes.send({ ...other, body: JSON.stringify({ ...note, text: 'z' }) }))).toEqual([
          401,
          'digest_mismatch',
        ])
        expect((await notes.send(other)).status).toBe(201)
      }
    })

    it('anew under one Idempotency-Key, and done once', async () => {
      const headers = { 'idempotency-key': randomUUID() }
      const answers = [1, 2].map(() => () => ask('/notes', { body: { ref: 'anew', text: 'x' }, headers }))
      for (const answer of answers) expect((await answer()).status).toBe(201)
      expect(await count("select count(*)::int n from notes where ref = 'anew'")).toBe(1)
    })

    it('beside the signature of a proxy that nobody knows here', async () => {
      const sent = await notes.make('/notes')
      const both = change(sent, {
        'signature-input': `proxy=("@method");created=1;keyid="of \\"the\\", proxy";a=urn:a;b=%"c, \\", next=();a=urn:b;b=%"d", ${sent.headers['signature-input']}`,
        signature: `proxy=:AAAA:, next=:AAAA:, ${sent.headers.signature}`,
      })
      expect((await notes.send(both)).status).toBe(200)
    })

    it('over the parts of its address as well as over the whole', async () => {
      const sent = { method: 'GET', target: '/api/notes?fields=text', headers: {}, body: '' }
      const host = `127.0.0.1:${notes.server.port}`
      const params = `;created=${Math.floor(Date.now() / 1000)};keyid="hmac-sha256";nonce="parts-${host}"`
      const lines = ['"@method": GET', `"@authority": ${host}`, '"@path": /api/notes', '"@query": ?fields=text']
      const all = signRaw(sent, `("@method" "@authority" "@path" "@query")${params}`, lines)
      expect((await notes.send(all)).status).toBe(200)
      const less = signRaw(
        sent,
        `("@method" "@authority" "@path")${params.replace('parts', 'less')}`,
        lines.slice(0, 3),
      )
      expect(said(await notes.send(less))).toEqual([401, 'signature_components_missing'])
    })
  })

  describe('is refused', () => {
    it('after a change to each component that it covers, and then it still works', async () => {
      const authorization = `Bearer ${await signToken('20')}`
      const headers = { prefer: 'return=representation', authorization, 'x-other': 'a' }
      const sent = await notes.make('/notes?fields=text', {
        body: note,
        headers,
        by: { components: ['x-other', 'prefer'] },
      })
      const before = await nonces()
      const body = '{"ref":"signed","text":"z"}'
      const digest = `sha-256=:${createHash('sha256').update(body).digest('base64')}:`
      const input = sent.headers['signature-input'] ?? ''
      const flipped = (sent.headers.signature ?? '').replace(/:(.)/, (_, one) => `:${one === 'A' ? 'B' : 'A'}`)
      const changes: readonly [what: string, changed: Sent, code: string][] = [
        ['@method', { ...sent, method: 'QUERY', target: '/api/notes' }, 'signature_invalid'],
        ['path', { ...sent, target: '/api/tags?fields=text' }, 'signature_invalid'],
        ['query', { ...sent, target: '/api/notes?fields=ref' }, 'signature_invalid'],
        ['host', change(sent, { host: `localhost:${notes.server.port}` }), 'signature_invalid'],
        ['body', { ...sent, body }, 'digest_mismatch'],
        ['body and digest', change({ ...sent, body }, { 'content-digest': digest }), 'signature_invalid'],
        ['content-type', change(sent, { 'content-type': 'application/json;charset=utf-8' }), 'signature_invalid'],
        ['authorization', change(sent, { authorization: `Bearer ${await signToken('21')}` }), 'signature_invalid'],
        ['prefer', change(sent, { prefer: 'return=minimal' }), 'signature_invalid'],
        ['x-other', change(sent, { 'x-other': 'b' }), 'signature_invalid'],
        ['signature', change(sent, { signature: flipped }), 'signature_invalid'],
        [
          'created',
          change(sent, { 'signature-input': input.replace(/created=(\d+)/, (_, at) => `created=${at - 1}`) }),
          'signature_invalid',
        ],
        ['nonce', change(sent, { 'signature-input': input.replace('nonce="', 'nonce="1') }), 'signature_invalid'],
        ['what is covered', change(sent, { 'signature-input': input.replace(' "x-other"', '') }), 'signature_invalid'],
      ]
      for (const [what, changed, code] of changes) {
        expect(changed, what).not.toEqual(sent)
        expect(said(await notes.send(changed)), what).toEqual([401, code])
      }
      const { 'x-other': _, ...without } = sent.headers
      expect(said(await notes.send({ ...sent, headers: without }))).toEqual([401, 'signature_invalid'])
      // A nonce is only used up by the request that it was made for.
      expect(await nonces()).toBe(before)
      expect((await notes.send(sent)).status).toBe(201)
    })

    it('the second time, also by another server over the same database', async () => {
      const elsewhere = await startSignedNotes(database, { keys, origin: `http://127.0.0.1:${notes.server.port}` })
      try {
        for (const sent of [await notes.make('/notes', { body: note }), await notes.make('/notes')]) {
          expect((await notes.send(sent)).status).toBeLessThan(300)
          expect(said(await notes.send(sent))).toEqual([401, 'signature_replayed'])
          expect(said(await elsewhere.send(sent))).toEqual([401, 'signature_replayed'])
        }
        const by = { nonce: 'the same of two keys' }
        expect((await ask('/notes', { by })).status).toBe(200)
        expect((await ask('/notes', { by: { ...makeKey('hmac-sha256').signing, ...by } })).status).toBe(200)
        expect(said(await ask('/notes?fields=text', { by }))).toEqual([401, 'signature_replayed'])
      } finally {
        await elsewhere.close()
        expect(elsewhere.errors).toEqual([])
      }
    })

    it('but once, when it comes fifty times at the same time to two servers', async () => {
      const elsewhere = await startSignedNotes(database, { keys, origin: `http://127.0.0.1:${notes.server.port}` })
      try {
        const sent = await notes.make('/notes', { body: { ref: 'at once', text: 'x' } })
        const answers = await Promise.all(
          Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? notes : elsewhere).send(sent)),
        )
        const accepted = answers.filter(({ status }) => status === 201)
        expect(accepted).toHaveLength(1)
        expect(answers.filter(({ code }) => code === 'signature_replayed')).toHaveLength(49)
        expect(await count("select count(*)::int n from notes where ref = 'at once'")).toBe(1)
      } finally {
        await elsewhere.close()
        expect(elsewhere.errors).toEqual([])
      }
    })

    it('out of its time', async () => {
      const now = Date.now()
      const at = (seconds: number, more: Partial<SignOptions> = {}) =>
        ask('/notes', { by: { created: new Date(now + seconds * 1_000), ...more } })
      for (const seconds of [-3600, -340, 45, 3600, 1e9, -1e9])
        expect(said(await at(seconds)), `${seconds} s`).toEqual([401, 'signature_expired'])
      for (const seconds of [-310, -290, 20]) expect((await at(seconds)).status, `${seconds} s`).toBe(200)
      expect(said(await at(-200, { expiresSeconds: 100 }))).toEqual([401, 'signature_expired'])
      expect((await at(-90, { expiresSeconds: 100 })).status).toBe(200)
      // What expires late is no longer good for that.
      expect(said(await at(-340, { expiresSeconds: 10_000 }))).toEqual([401, 'signature_expired'])
    })

    it('with a key that is unknown, is another, or is for another algorithm', async () => {
      const good = makeKey('hmac-sha256').signing
      expect(said(await ask('/notes', { by: { keyId: 'nobody' } }))).toEqual([401, 'signature_key_unknown'])
      expect(said(await ask('/notes', { by: { ...good, key: 'another secret of 32 bytes or more, or so' } }))).toEqual([
        401,
        'signature_invalid',
      ])
      // The classic: the public key taken for a shared secret.
      for (const algorithm of ['ed25519', 'ecdsa-p256-sha256', 'rsa-pss-sha512'] as const) {
        const { key } = makeKey(algorithm)
        expect(said(await ask('/notes', { by: { ...good, key, keyId: algorithm } })), algorithm).toEqual([
          401,
          'signature_invalid',
        ])
      }
      const sent = { method: 'GET', target: '/api/notes', headers: {}, body: '' }
      const lines = ['"@method": GET', `"@target-uri": ${notes.server.url}/notes`]
      const input = (alg: string) =>
        `("@method" "@target-uri");created=${Math.floor(Date.now() / 1000)};keyid="hmac-sha256";nonce="of alg ${alg}";alg="${alg}"`
      expect((await notes.send(signRaw(sent, input('hmac-sha256'), lines))).status).toBe(200)
      for (const alg of ['ed25519', 'none', 'rsa-v1_5-sha256'])
        expect(said(await notes.send(signRaw(sent, input(alg), lines))), alg).toEqual([401, 'signature_invalid'])
    })

    it('where it covers too little, with what it has to cover', async () => {
      const created = Math.floor(Date.now() / 1000)
      const lines = new Map([
        ['@method', 'POST'],
        ['@target-uri', `${notes.server.url}/notes`],
        ['content-digest', `sha-256=:${createHash('sha256').update(JSON.stringify(note)).digest('base64')}:`],
        ['authorization', `Bearer ${await signToken('20')}`],
        ['prefer', 'return=minimal'],
      ])
      const needed = [...lines.keys()]
      const headers = Object.fromEntries([...lines].filter(([name]) => !name.startsWith('@')))
      const sent: Sent = {
        method: 'POST',
        target: '/api/notes',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(note),
      }
      const post = (names: readonly string[], params: string) =>
        notes.send(
          signRaw(
            sent,
            `(${names.map(name => `"${name}"`).join(' ')})${params}`,
            names.map(name => `"${name}": ${lines.get(name)}`),
          ),
        )
      const params = `;created=${created};keyid="hmac-sha256"`
      for (const name of needed) {
        const answer = await post(
          needed.filter(one => one !== name),
          `${params};nonce="without ${name}"`,
        )
        expect(said(answer), name).toEqual([401, 'signature_components_missing'])
        expect(answer.json.errors[0].detail).toContain(name)
        expect(answer.headers['accept-signature']).toBe(`sig=(${needed.map(one => `"${one}"`).join(' ')});created`)
        expect(answer.headers['www-authenticate']).toBe('Signature')
      }
      for (const odd of [
        `;keyid="hmac-sha256";nonce="no created"`,
        params,
        `${params};nonce="short"`,
        `${params};nonce="${'n'.repeat(129)}"`,
      ])
        expect(said(await post(needed, odd)), odd).toEqual([401, 'signature_components_missing'])
      expect((await post(needed, `${params};nonce="with all of it"`)).status).toBe(201)
    })

    it('where its body has no digest that is safe', async () => {
      const body = JSON.stringify(note)
      const digest = `md5=:${createHash('md5').update(body).digest('base64')}:`
      const sent: Sent = {
        method: 'POST',
        target: '/api/notes',
        headers: { 'content-type': 'application/json', 'content-digest': digest },
        body,
      }
      const lines = ['"@method": POST', `"@target-uri": ${notes.server.url}/notes`, `"content-digest": ${digest}`]
      const input = `("@method" "@target-uri" "content-digest");created=${Math.floor(Date.now() / 1000)};keyid="hmac-sha256";nonce="of md5 digests"`
      expect(said(await notes.send(signRaw(sent, input, lines)))).toEqual([401, 'digest_mismatch'])
    })

    it('where its headers are malformed', async () => {
      const sent = await notes.make('/notes')
      const { 'signature-input': input = '', signature = '' } = sent.headers
      const odd: readonly (readonly [string, string])[] = [
        ['', signature],
        [input, ''],
        ['sig', signature],
        ['sig=1', signature],
        ['sig=("@method"', signature],
        [input, 'sig=abc'],
        [input, 'sig="text"'],
        [input, 'sig=:%%:'],
        [input, `other${signature.slice(3)}`],
        [`${input}, ${input}`, signature],
        [input, `${signature}, ${signature}`],
        [`${input}, a=();b=%"\\", a=();b=%"\\"`, `${signature}, a=:AAAA:`],
        [`${input}, b${input.slice(3)}`, signature],
        [input.replace(/created=\d+/, 'created="now"'), signature],
        [input.replace(/created=\d+/, 'created=1.5'), signature],
        [input.replace(/keyid="[^"]*"/, 'keyid=token'), signature],
        [input.replace('"@method"', 'method'), signature],
        [input.replace('"@method"', '"@method" "@method"'), signature],
        [
          [1, 2, 3, 4, 5].map(i => `s${i}${input.slice(3)}`).join(', '),
          [1, 2, 3, 4, 5].map(i => `s${i}${signature.slice(3)}`).join(', '),
        ],
        [
          `sig=(${Array.from({ length: 60 }, (_, i) => `"x-${i}"`).join(' ')})${input.slice(input.indexOf(')') + 1)}`,
          signature,
        ],
        [`${input};x="${'x'.repeat(9_000)}"`, signature],
        ['('.repeat(7_000), signature],
      ]
      for (const [oddInput, oddSignature] of odd) {
        const answer = await notes.send(change(sent, { 'signature-input': oddInput, signature: oddSignature }))
        expect(said(answer), `${oddInput} ${oddSignature}`.slice(0, 200)).toEqual([400, 'malformed_signature'])
      }
      const huge = await notes.send(change(sent, { 'signature-input': `${input};x="${'x'.repeat(40_000)}"` }))
      expect(said(huge)).toEqual([431, 'headers_too_large'])
      expect((await notes.send(sent)).status).toBe(200)
    })
  })

  it('is the only one that a principal who must sign is heard with', async () => {
    const headers = { authorization: `Bearer ${await signToken('30')}` }
    const plain = { method: 'GET', target: '/api/notes', headers, body: '' }
    const answer = await notes.send(plain)
    expect(said(answer)).toEqual([401, 'signature_required'])
    expect(answer.headers['accept-signature']).toBe('sig=("@method" "@target-uri" "authorization");created')
    const by: SignOptions = { ...makeKey('hmac-sha256').signing, keyId: 'strict' }
    expect((await ask('/notes', { headers, by })).status).toBe(200)
    expect((await notes.send({ ...plain, headers: { authorization: `Bearer ${await signToken('18')}` } })).status).toBe(
      200,
    )
  })

  it('has a body that nobody reads held to its digest too', async () => {
    const signed = await notes.make('/notes', { body: note })
    const sent = { ...signed, method: 'GET' }
    const lines = [
      '"@method": GET',
      `"@target-uri": ${notes.server.url}/notes`,
      `"content-digest": ${sent.headers['content-digest']}`,
    ]
    const input = (nonce: string, names = '"@method" "@target-uri" "content-digest"') =>
      `(${names});created=${Math.floor(Date.now() / 1000)};keyid="hmac-sha256";nonce="${nonce}"`
    expect((await notes.send(signRaw(sent, input('with a body'), lines))).status).toBe(200)
    const other = signRaw({ ...sent, body: '{}' }, input('other body'), lines)
    expect(said(await notes.send(other))).toEqual([401, 'digest_mismatch'])
    const uncovered = signRaw(sent, input('no digest', '"@method" "@target-uri"'), lines.slice(0, 2))
    expect(said(await notes.send(uncovered))).toEqual([401, 'signature_components_missing'])
  })

  it('without a signature is held to the digest that it sends', async () => {
    const body = JSON.stringify(note)
    const hash = (algorithm: string) => createHash(algorithm).update(body).digest('base64')
    const post = async (digest: string) =>
      said(
        await notes.send({
          method: 'POST',
          target: '/api/notes',
          headers: { 'content-type': 'application/json', 'content-digest': digest },
          body,
        }),
      )
    const good = [
      `sha-256=:${hash('sha256')}:`,
      `sha-512=:${hash('sha512')}:`,
      'md5=:AAAA:',
      `sha-256=:${hash('sha256')}:, crc32c=:AAAA:`,
    ]
    for (const digest of good) expect(await post(digest), digest).toEqual([201, undefined])
    const bad = [
      `sha-256=:${hash('sha512')}:`,
      'sha-512=:AAAA:',
      'sha-256=AAAA',
      '=',
      `sha-512=:${hash('sha512')}:, sha-256=:AAAA:`,
    ]
    for (const digest of bad) expect(await post(digest), digest).toEqual([400, 'invalid_content_digest'])
  })

  it('is identified once, also where an answer is kept for it', async () => {
    const keeping = await startSignedNotes(database, { keys }, { responseCache: { private: true } })
    try {
      const sent = []
      for (let i = 0; i < 3; i += 1) sent.push(await keeping.make('/notes?fields=text&sort=id'))
      for (const one of sent) expect((await keeping.send(one)).status).toBe(200)
      for (const one of sent) expect(said(await keeping.send(one))).toEqual([401, 'signature_replayed'])
    } finally {
      await keeping.close()
      expect(keeping.errors).toEqual([])
    }
  })

  it('leaves its nonce for as long as it could come again', async () => {
    const { rows } = await notes.client.query(
      `select extract(epoch from max(forget_at) - now())::int as left, max(length(digest))::int as length from colonnade.used_nonces`,
    )
    // The window, and three times the tolerance of clocks.
    expect(rows[0].left).toBeGreaterThan(300)
    expect(rows[0].left).toBeLessThanOrEqual(390)
    expect(rows[0].length).toBe(43)
    await notes.client.query(
      `insert into colonnade.used_nonces select 'old ' || i, now() - interval '1 second' from generate_series(1, 1500) i`,
    )
    const fresh = await startSignedNotes(database, { keys })
    try {
      // A process sweeps with its first request, and goes on while more is left than it takes at once.
      for (let i = 0; i < 2; i += 1) expect((await fresh.send(await fresh.make('/notes'))).status).toBe(200)
    } finally {
      await fresh.close()
    }
    expect(await count("select count(*)::int n from colonnade.used_nonces where digest like 'old %'")).toBe(0)
    expect(await nonces()).toBeGreaterThan(5)
  })
})

describeEachServer('a login that may not make a schema', server => {
  it('cannot remember nonces, and so accepts nothing that is signed', async () => {
    const database = await makeNotes(server)
    const name = `colonnade_test_${randomUUID().replaceAll('-', '')}`
    const user = { ...database.config, user: name, password: name }
    const admin = new pg.Client(database.config)
    await admin.connect()
    await admin.query(`create role ${name} login password '${name}'`)
    await admin.query(`grant select, insert, update, delete on all tables in schema public to ${name}`)
    const notes = await startSignedNotes({ ...database, config: user, url: toDatabaseUrl(user) }, { keys })
    try {
      expect(said(await notes.send(await notes.make('/notes')))).toEqual([503, 'nonces_unavailable'])
      expect((await notes.send({ method: 'GET', target: '/api/notes', headers: {}, body: '' })).status).toBe(200)
      await admin.query(`grant create on database ${database.config.database} to ${name}`)
      expect((await notes.send(await notes.make('/notes'))).status).toBe(200)
    } finally {
      await notes.close()
      await admin.end()
      await database.drop()
      await withClient(server.config, client => client.query(`drop role ${name}`))
    }
  })
})
