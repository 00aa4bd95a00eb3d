// Keys of registered clients: given, found again, rotated, revoked and expired, in two processes over one database.
import { createHash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { connectPostgres } from '../../src/databases/postgres/connect.ts'
import { withClient } from '../../src/databases/postgres/with-client.ts'
import { findClients, registerClient, revoke, rotateClient } from '../../src/identity/client-registry.ts'
import { makeIdentity } from '../../src/identity/identify.ts'
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
  /** What was looked up in the database while it ran. */
  const lookUps = async (work: () => Promise<unknown>) => {
    for (const { statements } of both) statements.length = 0
    await work()
    return both.flatMap(({ statements }) => statements).filter(text => text.startsWith('select c.name')).length
  }
  const times = (count: number, token: string) =>
    lookUps(async () => {
      for (let i = 0; i < count; i += 1) await read(token)
    })

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

    it('never reach the database where they are mistyped', async () => {
      const { key } = await add('billing')
      const mistyped = [key.slice(0, -1) + (key.at(-1) === 'a' ? 'b' : 'a'), `cln_${randomBytes(9).toString('hex')}`]
      for (const token of mistyped) {
        expect(await times(3, token)).toBe(0)
        expect(await read(token)).toEqual(twice('401 The key is mistyped: its checksum does not fit.'))
      }
    })

    it('are looked up once where they are invented, however many bring them', async () => {
      const body = 'cln_inventedx'.padEnd(55, 'y')
      const invented = body + base62(crc32(body)).padStart(6, '0')
      await add('billing')
      expect(await read(invented)).toEqual(twice(notValid))
      const many = () => lookUps(() => Promise.all(Array.from({ length: 20 }, () => read(invented))))
      // A change that is told meanwhile lets it be looked up anew.
      await expect.poll(many).toBe(0)
      await add('other')
      await expect.poll(many).toBe(0)
    })
  })

  it('are found again without a statement, and not unknown any longer once they are there', async () => {
    const { key, id } = await add('billing')
    const row = await client.query('delete from colonnade.client_keys where id = $1 returning *', [id])
    await expect.poll(() => read(key)).toEqual(twice(notValid))
    const { client: of, hash } = row.rows[0]
    await client.query('insert into colonnade.client_keys (id, client, hash) values ($1, $2, $3)', [id, of, hash])
    await expect.poll(() => read(key)).toEqual(twice([2]))
    await expect.poll(() => times(5, key)).toBe(0)
  })

  it('show when they were used last, written once a minute, which is told to nobody', async () => {
    const { key, id } = await add('billing')
    const lastUse = async () => (await findClients(registry))[0]?.keys[0]?.lastUsedAt
    expect(await lastUse()).toBeNull()
    const letters = await serveLetters(database, { clients: true })
    const heard: (string | undefined)[] = []
    client.on('notification', ({ payload }) => heard.push(payload))
    await client.query('listen colonnade')
    expect(await letters.read(key)).toEqual([2])
    await expect.poll(lastUse, { timeout: 5_000 }).not.toBeNull()
    for (let i = 0; i < 5; i += 1) await letters.read(key)
    // Closing writes what is not written yet.
    await letters.close()
    expect(letters.statements.filter(text => text.startsWith('update'))).toHaveLength(1)
    const written = await client.query('select xmin::text from colonnade.client_keys where id = $1', [id])
    // Another process has its own minute, and finds that it was written.
    const other = await serveLetters(database, { clients: true })
    expect(await other.read(key)).toEqual([2])
    await other.close()
    expect(other.statements.filter(text => text.startsWith('update'))).toHaveLength(1)
    const again = await client.query('select xmin::text from colonnade.client_keys where id = $1', [id])
    expect(again.rows).toEqual(written.rows)
    await client.query("notify colonnade, 'the last'")
    await expect.poll(() => heard).toContain('the last')
    expect(heard).toEqual(['the last'])
    await client.query('unlisten colonnade')
  })

  it('that are revoked while they are looked up are looked up again', async () => {
    const { key, id } = await add('billing')
    let revokeNow = true
    const slow: typeof registry = {
      ...registry,
      async read(statement, waiting, take) {
        const found = await registry.read(statement, waiting, take)
        if (!revokeNow || !statement.text.startsWith('select c.name')) return found
        revokeNow = false
        await revoke(registry, 'billing', id)
        identity.told('clients')
        return found
      },
    }
    const identity = makeIdentity({ clients: true }, { database: slow })
    const nobody = { body: async () => new Uint8Array(), isGone: () => false }
    const request = { method: 'GET', target: '/', headers: { authorization: `Bearer ${key}` }, ...nobody }
    await expect(identity.identify(request)).rejects.toThrow('revoked')
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

  /** Over a database of its own, whose faults the others do not see. */
  const apart = async (work: (letters: Letters, own: pg.Client, of: typeof registry) => Promise<void>) => {
    const own = await makeLetters(server)
    const letters = await serveLetters(own, { clients: true })
    const of = connectPostgres({ config: own.config, onError: () => undefined })
    await withClient(own.config, hand => work(letters, hand as pg.Client, of))
    await Promise.all([letters.close(), of.close()])
    await own.drop()
  }

  it('are heard of again after the database cut every connection', () =>
    apart(async (letters, hand, of) => {
      const { key } = await registerClient(of, { name: 'billing', claims: {}, hours: null })
      expect(await letters.read(key)).toEqual([2])
      const cut = `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and query like 'listen%'`
      expect((await hand.query(cut)).rowCount).toBe(1)
      // Nobody may hear of this one.
      await hand.query('update colonnade.client_keys set revoked_at = now()')
      await expect.poll(() => letters.read(key)).toBe(isRevoked)
    }))

  it('are nobody again when the tables are taken away', () =>
    apart(async (letters, hand, of) => {
      const give = async (name: string) => (await registerClient(of, { name, claims: {}, hours: null })).key
      const [key, other] = [await give('billing'), await give('other')]
      expect(await letters.read(key)).toEqual([2])
      await hand.query('drop schema colonnade cascade')
      expect(await letters.read(other)).toBe(notValid)
      expect(await letters.read(await give('billing'))).toEqual([2])
    }))

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
