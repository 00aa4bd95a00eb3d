// Kept answers spare the statement, show the change of whatever they came from, and are given to nobody with other rights.
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { withClient } from '../../src/databases/postgres/with-client.ts'
import type { ResponseCacheLimits } from '../../src/schema/model.ts'
import { documentedSql, type Library, openLibrary } from '../caching/library.ts'
import { type RequestOptions, signToken } from '../support/api-under-test.ts'
import { describeEachServer } from '../support/databases.ts'

describeEachServer('kept answers', server => {
  let library: Library
  const opened: Library[] = []
  async function open(responseCache: Partial<ResponseCacheLimits>, limits = {}): Promise<Library> {
    const one = await openLibrary(server, { responseCache, limits })
    opened.push(one)
    return one
  }
  beforeAll(async () => {
    library = await open({}, { headerBytes: 3_000 })
  })
  afterAll(async () => {
    for (const one of opened) await one.close()
  })
  /** How many statements an answer takes that was asked for before. */
  const again = async (path: string, options?: RequestOptions, of = library) => {
    await of.ask(path, options)
    return (await of.ask(path, options)).statements
  }
  /** An answer that is never a kept one. */
  const fresh = async (path: string, token: string | null = null, of = library) =>
    (await of.ask(path, { token, headers: { prefer: 'nothing' } })).text

  it('take no statement, and are the same', async () => {
    for (const path of ['/books?include=tags', '/people/1', '/people/person%201', '/people/1/books?sort=-title']) {
      const first = await library.ask(path)
      expect(first.statements).toBe(1)
      const second = await library.ask(path)
      expect([second.statements, second.text]).toEqual([0, first.text])
      for (const name of ['etag', 'content-type', 'cache-control', 'vary', 'link', 'content-location'])
        expect(second.headers.get(name), name).toBe(first.headers.get(name))
      expect(second.headers.get('request-id')).not.toBe(first.headers.get('request-id'))
      const before = library.api.statements.length
      const head = await library.api.get(path, { method: 'HEAD' })
      expect([head.status, head.text, head.headers.get('etag')]).toEqual([200, '', first.headers.get('etag')])
      const known = await library.api.get(path, { headers: { 'if-none-match': first.headers.get('etag') as string } })
      expect([known.status, known.text]).toEqual([304, ''])
      expect(library.api.statements.length).toBe(before)
    }
  })

  it('are dropped by the documented trigger where they depend on the table, and nowhere else', async () => {
    // A foreign key is shown where its record is visible, so books depend on people, and people on bans.
    const dependsOn: Readonly<Record<string, string>> = {
      '/tags': 'tags',
      '/people': 'people bans',
      '/books': 'books people bans',
      '/books?fields=title': 'books',
      '/books?fields=title&include[tags][fields]=word': 'books book_tags tags',
      '/books?fields=title&filter[person][name]=person%201': 'books people bans',
      '/books?fields=title&sort=person.name': 'books people bans',
      '/people/1/books?fields=title': 'books people bans',
      '/people?fields=name&filter[books][none][title]=x': 'people bans books',
      '/tags/1/books?fields=title&page[total]=exact': 'tags book_tags books',
    }
    const writes: readonly (readonly [string, string])[] = [
      [`update tags set word = 'green' where id = 1`, 'tags'],
      [`insert into bans values (1, 2)`, 'bans'],
      [`update books set title = 'other' where id = 3`, 'books'],
      [`insert into book_tags values (1, 1)`, 'book_tags'],
      ['truncate bans', 'bans'],
      ['delete from people where id = 6', 'people books book_tags'],
      [`copy tags from program 'printf "7\\tnew\\n"'`, 'tags'],
      ['truncate books cascade', 'books book_tags'],
    ]
    for (const path of Object.keys(dependsOn)) expect(await again(path), path).toBe(0)
    for (const [write, tables] of writes) {
      await library.write(write)
      await library.heard()
      for (const [path, from] of Object.entries(dependsOn)) {
        const concerned = from.split(' ').some(table => tables.split(' ').includes(table))
        const { text, statements } = await library.ask(path)
        expect(statements, `${write}: ${path}`).toBe(concerned ? 1 : 0)
        expect(text, `${write}: ${path}`).toBe(await fresh(path))
      }
    }
  })

  it('are told of once a transaction, and without a name where that would not say all', async () => {
    const heard: (string | undefined)[] = []
    const { config } = library.api.database
    await withClient(config, async listener => {
      listener.on('notification', ({ payload }) => heard.push(payload))
      await listener.query('listen colonnade')
      await withClient(config, async client => {
        await client.query(`create table "two words" (a int); create table parent (a int); create table child () inherits (parent);
          create table parts (a int) partition by list (a); create table part partition of parts for values in (1)`)
        for (const statement of await documentedSql()) await client.query(statement)
        for (const table of ['parent', 'child', 'parts', 'part', '"two words"'])
          await client.query(`insert into ${table} values (1)`)
        await client.query(
          `begin; update tags set word = word; update tags set word = word; delete from bans; rollback`,
        )
        await client.query(`begin; update tags set word = word; update tags set word = word; delete from bans; commit`)
        await client.query(`drop table child, parent, parts, "two words"; notify colonnade, 'the last'`)
      })
      await vi.waitFor(() => expect(heard).toContain('the last'), { timeout: 10_000 })
    })
    // The first is what the document says of a batch.
    const nameless = Array.from({ length: 6 }, () => 'changed')
    expect(heard.slice(0, -1)).toEqual([...nameless, 'changed public.tags', 'changed public.bans'])
    await library.heard()
  })

  it('are all dropped where no table is named', async () => {
    expect([await again('/tags'), await again('/books')]).toEqual([0, 0])
    await library.write(`notify colonnade, 'changed'`)
    await library.heard()
    expect([(await library.ask('/tags')).statements, (await library.ask('/books')).statements]).toEqual([1, 1])
  })

  it.each([
    '/counts',
    '/books?fields=late',
    '/books?filter[late]=true',
    '/books?fields=shout',
    '/books?sort=shout',
    '/books?fields=whisper',
  ])('are none where more than rows of tables decides: %s', async path => {
    expect(await again(path)).toBe(1)
  })

  it('are none for a query in a body, a description or what is not there', async () => {
    const headers = { 'content-type': 'application/json' }
    for (const [method, path] of [
      ['QUERY', '/books'],
      ['POST', '/books/query'],
    ] as const)
      expect(await again(path, { method, headers, body: '{}' })).toBe(1)
    const before = library.api.statements.length
    for (let i = 0; i < 2; i += 1) expect((await library.api.get('/books/999')).status).toBe(404)
    expect(library.api.statements.length - before).toBe(2)
  })

  it('of the anonymous are not given to those who have signed in, nor the other way round', async () => {
    const one = await open({})
    const token = await signToken('1')
    const path = '/people?fields=phone&include=books'
    for (let i = 0; i < 3; i += 1) {
      const [guest, person] = [await one.ask(path), await one.ask(path, { token })]
      expect([guest.text, person.text]).toEqual([await fresh(path, null, one), await fresh(path, token, one)])
      expect(person.text).not.toBe(guest.text)
      expect([guest.statements, person.statements]).toEqual([i === 0 ? 1 : 0, 1])
    }
  })

  it('of those who have signed in are for each alone, and for the claims that the statement binds', async () => {
    const one = await open({ private: true })
    const tokens = [
      null,
      await signToken('1'),
      await signToken('2'),
      await signToken('2', { team: 0 }),
      await signToken('2', { team: 1 }),
      await signToken('3', { team: 1 }),
      await signToken('2', { librarian: true }),
      await signToken('3', { librarian: true }),
    ]
    for (const path of ['/people?fields=phone&include=books', '/books?fields=secret&page[size]=3', '/people/3']) {
      const alone: string[] = []
      for (const token of tokens) alone.push(await fresh(path, token, one))
      for (let round = 0; round < 2; round += 1)
        for (const [i, token] of tokens.entries()) {
          // Twice, for where two differ by a claim alone the one drops what the other has.
          expect((await one.ask(path, { token })).text, `${path} ${i}`).toBe(alone[i])
          const second = await one.ask(path, { token })
          expect([second.statements, second.text], `${path} ${i}`).toEqual([0, alone[i]])
        }
    }
    const [first, other] = await Promise.all([signToken('1', { team: 1 }), signToken('1', { team: 0 })])
    await one.ask('/people', { token: first })
    expect((await one.ask('/people', { token: other })).statements).toBe(1)
    // Books ask for no team.
    await one.ask('/books?fields=title', { token: first })
    expect((await one.ask('/books?fields=title', { token: other })).statements).toBe(0)
  })

  it('are not used while nobody listens, nor after a reload meanwhile, until somebody listens again', async () => {
    const one = await open({})
    const { database } = one.api.database.config
    const admin = (statement: string, values: readonly unknown[] = []) =>
      withClient(server.config, client => client.query(statement, [...values]))
    expect(await again('/books', {}, one)).toBe(0)
    await admin(`alter database ${database} allow_connections false`)
    try {
      await admin(
        `with ours as materialized (select pid from pg_stat_activity where datname = $1 and query ~* '^listen') select pg_terminate_backend(pid) from ours`,
        [database],
      )
      await vi.waitFor(async () => expect(await again('/books', {}, one)).toBe(1), { timeout: 10_000 })
      await one.write(`update books set title = 'unheard' where id = 1`)
      expect((await one.ask('/books')).text).toContain('unheard')
      await one.api.server.reload()
      expect(await again('/books', {}, one)).toBe(1)
    } finally {
      await admin(`alter database ${database} allow_connections true`)
    }
    await vi.waitFor(async () => expect(await again('/books', {}, one)).toBe(0), { timeout: 20_000 })
    await one.write(`update books set title = 'heard' where id = 1`)
    await one.heard()
    expect((await one.ask('/books')).text).toContain('heard')
  })

  it('begin anew with a reload', async () => {
    expect(await again('/tags')).toBe(0)
    await library.api.server.reload()
    expect((await library.ask('/tags')).statements).toBe(1)
  })

  it('take no more memory than they may', async () => {
    const one = await open({ maxBytes: 20_000 })
    const paths = Array.from({ length: 40 }, (_, i) => `/tags?page[size]=${i + 1}`)
    for (const path of paths) await one.ask(path)
    expect((await one.ask(paths.at(-1) as string)).statements).toBe(0)
    let hits = 0
    for (const path of paths.toReversed()) hits += 1 - (await one.ask(path)).statements
    expect(hits).toBeLessThan(20)
  })

  it('leave every refusal as it is, and in its order', async () => {
    const one = await open({ private: true }, { headerBytes: 3_000 })
    const token = await signToken('1')
    for (const options of [{}, { token }]) expect(await again('/tags', options, one)).toBe(0)
    const status = async (path: string, options: RequestOptions) => (await one.api.get(path, options)).status
    expect(await status('/tags?page[size', { token: 'bad' })).toBe(400)
    expect(await status('/nothing', { token: 'bad' })).toBe(404)
    expect(await status('/tags', { token: 'bad' })).toBe(401)
    expect(await status('/tags', { token: `${token}x` })).toBe(401)
    expect(await status('/tags', { token, headers: { 'x-long': 'x'.repeat(3_000) } })).toBe(431)
    expect(await status('/tags', { headers: { accept: 'image/png' } })).toBe(406)
    expect(await status('/tags', { method: 'DELETE' })).toBe(405)
    expect(await status('/tags/', {})).toBe(308)
    const csv = await fetch(`${one.api.url}/tags`, { headers: { accept: 'text/csv' } })
    expect(csv.headers.get('content-type')).toContain('text/csv')
    await csv.text()
  })
})
