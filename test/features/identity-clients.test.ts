// Keys of registered clients: given, found again, rotated, revoked and expired, in two processes over one database.
import { createHash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { connectPostgres } from '../../src/databases/postgres/connect.ts'
import { findClients, registerClient, revoke, rotateClient } from '../../src/identity/client-registry.ts'
import { type Letters, makeLetters, serveLetters } from '../identity/letters.ts'
import { describeEachServer, type TestDatabase } from '../support/databases.ts'

const notValid = '401 The key is not valid here.'
const isRevoked = '401 The key has been revoked.'

describeEachServer('keys of clients', server => {
  let database: TestDatabase
  let registry: ReturnType<typeof connectPostgres>
  let client: pg.Client
  let both: readonly [Letters, Letters]
  const read = (token?: string) => Promise.all(both.map(letters => letters.read(token)))
  const twice = <T>(one: T) => [one, one]
  const add = (name: string, claims = {}, hours: number | null = null) =>
    registerClient(registry, { name, claims, hours })
  const lookUps = () => both.flatMap(({ statements }) => statements).filter(text => text.includes('client_keys'))

  beforeAll(async () => {
    database = await makeLetters(server)
    registry = connectPostgres({ config: database.config })
    client = new pg.Client(database.config as pg.ClientConfig)
    await client.connect()
    both = [await serveLetters(database, { clients: true }), await serveLetters(database, { clients: true })]
  })
  afterAll(async () => {
    await Promise.all(both.map(letters => letters.close()))
    await registry.close()
    await client.end()
    expect(both.flatMap(({ errors }) => errors)).toEqual([])
    await database.drop()
  })
  beforeEach(() =>
    client.query(
      "do $$ begin if to_regclass('colonnade.clients') is not null then truncate colonnade.clients cascade; end if; end $$",
    ),
  )

  it('are nobody before the first is registered, and count from then on', async () => {
    await client.query('drop schema if exists colonnade cascade')
    const invented = 'cln_00000000'.padEnd(55, '0')
    const checksum = base62(crc32(invented)).padStart(6, '0')
    expect(await read(invented + checksum)).toEqual(twice(notValid))
    const { key } = await add('billing')
    expect(await read(key)).toEqual(twice([2]))
  })

  it('have a form that scanners find, and are stored as a digest alone', async () => {
    const { key, id } = await add('billing')
    expect(key).toMatch(/^cln_[0-9A-Za-z]{57}$/)
    expect(key.slice(4, 12)).toBe(id)
    const { rows } = await client.query("select k::text || encode(k.hash, 'hex') as all from colonnade.client_keys k")
    expect(rows[0].all).not.toContain(key.slice(12))
    expect(rows[0].all).toContain(createHash('sha256').update(key).digest('hex'))
  })

  it('make the client, with its claims and roles', async () => {
    const [billing, reader, admin, user] = await Promise.all([
      add('billing'),
      add('reader', { team: 'red' }),
      add('admin', { role: ['x', 'admin'] }),
      add('for-18', { sub: '18' }),
    ])
    expect(await read(billing.key)).toEqual(twice([2]))
    expect(await read(reader.key)).toEqual(twice([3]))
    expect(await read(admin.key)).toEqual(twice([1, 2, 3]))
    expect(await read(user.key)).toEqual(twice([1]))
    expect(await read()).toEqual(twice([]))
  })

  it('end at once in every process when they are revoked, or their client is', async () => {
    const first = await add('billing')
    const second = await rotateClient(registry, { name: 'billing', hours: null, graceHours: 1 })
    expect(await read(first.key)).toEqual(twice([2]))
    expect(await read(second.key)).toEqual(twice([2]))
    await revoke(registry, 'billing', first.id)
    await expect.poll(() => read(first.key)).toEqual(twice(isRevoked))
    expect(await read(second.key)).toEqual(twice([2]))
    await revoke(registry, 'billing', undefined)
    await expect.poll(() => read(second.key)).toEqual(twice(isRevoked))
    await expect(rotateClient(registry, { name: 'billing', hours: null, graceHours: 1 })).rejects.toThrow('revoked')
  })

  it('end at once when a hand in the database changes them', async () => {
    const { key } = await add('reader', { team: 'red' })
    expect(await read(key)).toEqual(twice([3]))
    await client.query(`update colonnade.clients set claims = '{"role":"admin"}'`)
    await expect.poll(() => read(key)).toEqual(twice([1, 2, 3]))
    await client.query('delete from colonnade.clients')
    await expect.poll(() => read(key)).toEqual(twice(notValid))
  })

  it('hold two at a time', async () => {
    const first = await add('billing')
    const rotate = (graceHours: number) => rotateClient(registry, { name: 'billing', hours: null, graceHours })
    const second = await rotate(1)
    expect(second.retired).toMatchObject([{ id: first.id, isRevoked: false }])
    const third = await rotate(1)
    expect(third.retired.map(({ id, isRevoked: ended }) => [id, ended]).toSorted()).toEqual(
      [[first.id, true] as const, [second.id, false] as const].toSorted(),
    )
    await expect.poll(() => read(first.key)).toEqual(twice(isRevoked))
    expect([await read(second.key), await read(third.key)]).toEqual([twice([2]), twice([2])])
    const fourth = await rotate(0)
    await expect.poll(() => read(third.key)).toEqual(twice(isRevoked))
    expect(await read(second.key)).toEqual(twice(isRevoked))
    expect(await read(fourth.key)).toEqual(twice([2]))
  })

  it('that are rotated by two at the same time leave two', async () => {
    await add('billing')
    await Promise.all([1, 2, 3].map(() => rotateClient(registry, { name: 'billing', hours: null, graceHours: 1 })))
    const [billing] = await findClients(registry)
    expect(billing?.keys.filter(key => key.revokedAt === null)).toHaveLength(2)
  })

  it('expire', async () => {
    const { key } = await add('billing', {}, 24)
    expect(await read(key)).toEqual(twice([2]))
    await client.query("update colonnade.client_keys set expires_at = now() - interval '1 second'")
    await expect.poll(() => read(key)).toEqual(twice('401 The key has expired.'))
  })

  describe('that are wrong', () => {
    it('are answered as those that are not there, even where the one that is there is revoked', async () => {
      const { key } = await add('billing')
      const { key: revoked } = await add('old')
      await revoke(registry, 'old', undefined)
      // The id of one, and another secret.
      const forge = (of: string) => {
        const body = of.slice(0, 12) + 'x'.repeat(43)
        return body + base62(crc32(body)).padStart(6, '0')
      }
      const answers = await Promise.all(
        [forge(key), forge(revoked), forge('cln_zzzzzzzz')].map(async token => {
          const response = await both[0].ask({ authorization: `Bearer ${token}`, 'request-id': 'x' })
          return [response.status, response.headers.get('www-authenticate'), await response.text()]
        }),
      )
      expect(answers[1]).toEqual(answers[0])
      expect(answers[2]).toEqual(answers[0])
      expect(answers[0]?.[1]).toBe(
        'Bearer realm="colonnade clients", error="invalid_token", error_description="The key is not valid here."',
      )
      expect(await both[0].read(key)).toEqual([2])
    })

    it('never reach the database where they are mistyped, and once where they are invented', async () => {
      const { key } = await add('billing')
      // Both have heard of it.
      expect(await read(key)).toEqual(twice([2]))
      for (const { statements } of both) statements.length = 0
      const last = key.at(-1) === 'a' ? 'b' : 'a'
      expect(await read(key.slice(0, -1) + last)).toEqual(twice('401 The key is mistyped: its checksum does not fit.'))
      expect(await read(`cln_${randomBytes(9).toString('hex')}`)).toEqual(
        twice('401 The key is mistyped: its checksum does not fit.'),
      )
      expect(lookUps()).toEqual([])
      const body = 'cln_inventedx'.padEnd(55, 'y')
      const invented = body + base62(crc32(body)).padStart(6, '0')
      for (let i = 0; i < 5; i += 1) expect(await read(invented)).toEqual(twice(notValid))
      await Promise.all(Array.from({ length: 20 }, () => read(invented)))
      expect(lookUps()).toHaveLength(2)
    })
  })

  it('are found again without a statement, and not unknown any longer once they are there', async () => {
    const { key, id } = await add('billing')
    const row = await client.query('delete from colonnade.client_keys where id = $1 returning *', [id])
    await expect.poll(() => read(key)).toEqual(twice(notValid))
    const { client: of, hash } = row.rows[0]
    await client.query('insert into colonnade.client_keys (id, client, hash) values ($1, $2, $3)', [id, of, hash])
    await expect.poll(() => read(key)).toEqual(twice([2]))
    for (const { statements } of both) statements.length = 0
    for (let i = 0; i < 5; i += 1) await read(key)
    expect(lookUps().filter(text => !text.startsWith('update'))).toEqual([])
  })

  it('show when they were used last, written once a minute', async () => {
    const { key, id } = await add('billing')
    expect((await findClients(registry))[0]?.keys[0]?.lastUsedAt).toBeNull()
    for (const { statements } of both) statements.length = 0
    for (let i = 0; i < 5; i += 1) await read(key)
    await expect
      .poll(async () => (await findClients(registry))[0]?.keys[0]?.lastUsedAt, { timeout: 5_000 })
      .not.toBeNull()
    await expect.poll(() => lookUps().filter(text => text.startsWith('update')).length, { timeout: 5_000 }).toBe(2)
    const written = await client.query('select xmin::text from colonnade.client_keys where id = $1', [id])
    for (let i = 0; i < 5; i += 1) await read(key)
    // That it was used tells nobody to look it up again.
    expect(lookUps().filter(text => text.startsWith('select c.name'))).toHaveLength(2)
    const again = await client.query('select xmin::text from colonnade.client_keys where id = $1', [id])
    expect(again.rows).toEqual(written.rows)
  })

  it('end an export that is under way, once they are revoked', async () => {
    const { key } = await add('admin', { role: 'admin' })
    await client.query("insert into letters select n, repeat('x', 1000) from generate_series(4, 60000) n")
    const [letters] = both
    const whole = async (revokes: boolean) => {
      const { body } = await letters.ask({ authorization: `Bearer ${key}`, accept: 'application/x-ndjson' }, '/letters')
      const reader = (body as ReadableStream<Uint8Array>).getReader()
      let bytes = (await reader.read()).value?.length ?? 0
      if (revokes) {
        await revoke(registry, 'admin', undefined)
        await expect.poll(() => letters.read(key)).toBe(isRevoked)
      }
      for (let next = await reader.read(); !next.done; next = await reader.read()) bytes += next.value.length
      return bytes
    }
    expect(await whole(false)).toBeGreaterThan(60_000_000)
    await expect(whole(true)).rejects.toThrow('terminated')
    await client.query('delete from letters where id > 3')
  })

  it('are heard of again after the database cut every connection', async () => {
    const { key } = await add('billing')
    expect(await read(key)).toEqual(twice([2]))
    const cut =
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and query like 'listen%'"
    expect((await client.query(cut)).rowCount).toBeGreaterThanOrEqual(2)
    // Nobody may hear of this one.
    await client.query('update colonnade.client_keys set revoked_at = now()')
    await expect.poll(() => read(key)).toEqual(twice(isRevoked))
    for (const { errors } of both) errors.length = 0
  })

  it('are nobody again when the tables are taken away', async () => {
    const { key } = await add('billing')
    const { key: other } = await add('other')
    expect(await read(key)).toEqual(twice([2]))
    await client.query('drop schema colonnade cascade')
    expect(await read(other)).toEqual(twice(notValid))
    const { key: again } = await add('billing')
    expect(await read(again)).toEqual(twice([2]))
  })

  it('are of no form that a name or a claim could bend', async () => {
    for (const name of ['', 'a b', "a'b", 'ä', 'x'.repeat(65)]) await expect(add(name)).rejects.toThrow('no name')
    await expect(add('x', { exp: 1 })).rejects.toThrow('belongs to tokens')
    await expect(add('x', { client_id: 'billing' })).rejects.toThrow('belongs to tokens')
    await expect(add('x', { team: 2 ** 60 })).rejects.toThrow('exact')
    await add('x')
    await expect(add('x')).rejects.toThrow('already')
    await expect(revoke(registry, 'y', undefined)).rejects.toThrow('no client "y"')
    await expect(revoke(registry, 'x', 'abc')).rejects.toThrow('no key "abc"')
  })
})

function base62(number: number): string {
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  return number < 62 ? (digits[number] as string) : base62(Math.floor(number / 62)) + digits[number % 62]
}
