// Registered clients that are accepted with a signature only: by key or token, told to every process, over older tables too.
import type pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { sign } from '../../src/client/sign.ts'
import { connectPostgres } from '../../src/databases/postgres/connect.ts'
import { withClient } from '../../src/databases/postgres/with-client.ts'
import { demandSignatures, findClients, registerClient } from '../../src/identity/client-registry.ts'
import type { IdentityOptions } from '../../src/identity/identify.ts'
import { type Letters, makeLetters, serveLetters } from '../identity/letters.ts'
import { makeKey } from '../signatures/made-keys.ts'
import { signToken } from '../support/api-under-test.ts'
import { runCli } from '../support/cli.ts'
import { describeEachServer, type TestDatabase } from '../support/databases.ts'

const { key: publicKey, signing } = makeKey('ed25519', 'billing')
const jwt = { key: 'a secret of the tests, 32 bytes or more', algorithm: 'HS256' } as const
const signatures = {
  keys: [
    { id: 'billing', algorithm: 'ed25519', key: publicKey, principal: { id: 'client:billing' } },
    { id: '18', algorithm: 'ed25519', key: publicKey, principal: { id: '18' } },
  ],
} as const satisfies IdentityOptions['signatures']

describeEachServer('clients that must sign', server => {
  let database: TestDatabase
  let registry: ReturnType<typeof connectPostgres>
  let signed: Letters
  let other: Letters
  let deaf: Letters
  let key: string

  beforeAll(async () => {
    database = await makeLetters(server)
    registry = connectPostgres({ config: database.config })
    signed = await serveLetters(database, { clients: true, jwt, signatures })
    other = await serveLetters(database, { clients: true, jwt, signatures })
    // Takes no signatures.
    deaf = await serveLetters(database, { clients: true, jwt })
    key = (await registerClient(registry, { name: 'billing', claims: {}, hours: null, signedOnly: true })).key
  })
  afterAll(async () => {
    for (const one of [signed, other, deaf]) await one.close()
    await registry.close()
    expect([signed, other, deaf].flatMap(({ errors }) => errors)).toEqual([])
    await database.drop()
  })

  const ask = async (letters: Letters, token: string, keyId?: string) => {
    const url = `${letters.url}/letters?sort=id`
    const request = new Request(url, { headers: { authorization: `Bearer ${token}` } })
    const response = await fetch(keyId === undefined ? request : await sign(request, { ...signing, keyId }))
    // biome-ignore lint/suspicious/noExplicitAny: an answer of either kind
    const body = (await response.json()) as any
    const said =
      body.errors?.[0].code ?? body.data.filter((one: object) => 'owner' in one).map(({ id }: { id: number }) => id)
    return { said: [response.status, said], headers: response.headers }
  }
  const required = [401, 'signature_required']

  it('are refused with their key alone, and told what to sign', async () => {
    const { said, headers } = await ask(signed, key)
    expect(said).toEqual(required)
    expect(headers.get('accept-signature')).toBe('sig=("@method" "@target-uri" "authorization");created')
    expect((await ask(signed, key, 'billing')).said).toEqual([200, [2]])
    // What was proven once is remembered; that a signature is missing, never.
    expect((await ask(signed, key)).said).toEqual(required)
    expect((await ask(signed, key, 'unknown')).said).toEqual([401, 'signature_key_unknown'])
    expect((await ask(signed, key, '18')).said).toEqual([401, 'signature_other_principal'])
  })

  it('are refused with a token that names them, as client_id or azp, but not with that of another', async () => {
    for (const claim of ['client_id', 'azp']) {
      const named = await signToken('18', { [claim]: 'billing' })
      expect((await ask(signed, named)).said, claim).toEqual(required)
      expect((await ask(signed, named, '18')).said, claim).toEqual([200, [1]])
      expect((await ask(signed, await signToken('18', { [claim]: 'shop' }))).said, claim).toEqual([200, [1]])
    }
    // RFC 9068: client_id says it; azp is that of OpenID Connect.
    expect((await ask(signed, await signToken('18', { client_id: 'shop', azp: 'billing' }))).said).toEqual([200, [1]])
    expect((await ask(signed, await signToken('18'))).said).toEqual([200, [1]])
  })

  it('are refused by a server that takes no signatures, whatever they send', async () => {
    for (const keyId of [undefined, 'billing']) {
      const { said, headers } = await ask(deaf, key, keyId)
      expect(said).toEqual(required)
      expect(headers.get('accept-signature')).toBeNull()
    }
    expect((await ask(deaf, await signToken('18', { client_id: 'billing' }))).said).toEqual(required)
  })

  it('are those that the registry names now, in every process', async () => {
    const all = [signed, other, deaf]
    const saidBy = () => Promise.all(all.map(async letters => (await ask(letters, key)).said))
    await demandSignatures(registry, 'billing', false)
    await expect.poll(saidBy).toEqual(all.map(() => [200, [2]]))
    expect((await findClients(registry)).map(one => one.signedOnly)).toEqual([false])
    await demandSignatures(registry, 'billing', true)
    await expect.poll(saidBy).toEqual(all.map(() => required))
    // A hand in the database is heard as well.
    await withClient(database.config as pg.ClientConfig, hand =>
      hand.query('update colonnade.clients set signed_only = false'),
    )
    await expect.poll(saidBy).toEqual(all.map(() => [200, [2]]))
    await demandSignatures(registry, 'billing', true)
    await expect(demandSignatures(registry, 'nobody', true)).rejects.toThrow('no client "nobody"')
  })

  it('are none in tables of an older release, until one is named, which brings them up to date', async () => {
    const older = await makeLetters(server)
    const of = connectPostgres({ config: older.config })
    const { key: old } = await registerClient(of, { name: 'billing', claims: {}, hours: null })
    await withClient(older.config as pg.ClientConfig, async hand => {
      // As it was made: without the column, and a trigger that does not know of it.
      await hand.query('drop trigger tell on colonnade.clients')
      await hand.query('alter table colonnade.clients drop column signed_only')
      await hand.query(`create trigger tell after insert or delete or truncate or update of name, claims, revoked_at
        on colonnade.clients for each statement execute function colonnade.tell('clients')`)
    })
    const letters = await serveLetters(older, { clients: true, signatures })
    expect((await ask(letters, old)).said).toEqual([200, [2]])
    expect((await findClients(of)).map(one => one.signedOnly)).toEqual([false])
    await demandSignatures(of, 'billing', true)
    await expect.poll(async () => (await ask(letters, old)).said).toEqual(required)
    expect((await findClients(of)).map(one => one.signedOnly)).toEqual([true])
    await demandSignatures(of, 'billing', false)
    await expect.poll(async () => (await ask(letters, old)).said).toEqual([200, [2]])
    await letters.close()
    await of.close()
    await older.drop()
  })

  it('are registered, listed and changed on the command line', { timeout: 60_000 }, async () => {
    const run = (...args: readonly string[]) =>
      runCli(['clients', ...args, '--database', database.url], { cwd: import.meta.dirname })
    const { code, stdout, stderr } = await run('add', 'shop', '--signed-only', '--json')
    expect(code, stderr).toBe(0)
    const shop = JSON.parse(stdout).key
    await expect.poll(async () => (await ask(signed, shop)).said).toEqual(required)
    expect((await run('list')).stdout).toContain('shop  signed only  {}')
    expect((await run('change', 'shop', '--no-signed-only')).stdout).toBe('"shop" is accepted with its key alone.\n')
    await expect.poll(async () => (await ask(signed, shop)).said).toEqual([200, []])
    expect((await run('change', 'shop', '--signed-only', '--json')).stdout).toBe(
      '{"client":"shop","signedOnly":true}\n',
    )
    expect(JSON.parse((await run('list', '--json')).stdout)).toContainEqual(
      expect.objectContaining({ name: 'shop', signedOnly: true }),
    )
    expect((await run('change', 'shop')).stderr).toContain('--signed-only or --no-signed-only')
    expect((await run('change', 'nobody', '--signed-only')).stderr).toContain('There is no client "nobody".')
  })
})
