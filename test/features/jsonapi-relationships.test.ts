// Links written at `/relationships/`, over HTTP: to one, to many through a join table, and to many by a foreign key of theirs.
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { defineApi, principal, resource, tables } from '../../src/index.ts'
import { type ApiUnderTest, signToken, startApi } from '../support/api-under-test.ts'
import { describeEachServer, emptyDatabase, type TestDatabase } from '../support/databases.ts'

const type = 'application/vnd.api+json'
const sql = `
  create table people (id int primary key, name text not null, hidden bool not null default false);
  create table books (id int primary key, slug text unique, title text not null, author_id int references people, hidden bool not null default false);
  create table tags (id int primary key, hidden bool not null default false);
  create table book_tags (book_id int not null references books, tag_id int not null references tags, by_user int not null default 0, primary key (book_id, tag_id));
  create table notes (id int primary key, owner_id int not null, book_id int references books, hidden bool not null default false);
  create table pages (id int primary key, book_id int not null references books);
  create table covers (id int primary key, book_id int unique references books);
`
const rows = `
  truncate people, books, tags, book_tags, notes, pages, covers;
  insert into people values (1, 'Ann', false), (2, 'Bea', false), (3, 'Ghost', true);
  insert into books values (1, 'rows', 'Rows', 1, false), (2, 'columns', 'Columns', null, false), (3, 'hidden', 'Hidden', null, true);
  insert into tags values (1, false), (2, false), (3, true), (4, false), (5, false);
  insert into book_tags values (1, 1, 1), (1, 3, 1), (1, 4, 9);
  insert into notes values (1, 1, 1, false), (2, 1, 1, true), (3, 9, 1, false), (4, 1, null, false), (5, 9, null, false), (6, 1, 3, false), (7, 1, null, true), (8, 1, 2, false);
  insert into pages values (1, 1), (2, 2);
  insert into covers values (1, 1), (2, 2), (3, null);
`

const db = tables({
  people: { key: 'id', columns: { id: 'int4', name: 'text', hidden: 'bool default' } },
  books: {
    key: 'id',
    columns: { id: 'int4', slug: 'text null', title: 'text', author_id: 'int4 null', hidden: 'bool default' },
    relationships: {
      author: { belongsTo: 'people', by: 'author_id' },
      tags: { manyToMany: 'tags', through: 'book_tags', by: ['book_id', 'tag_id'] },
      notes: { hasMany: 'notes', by: 'book_id' },
      pages: { hasMany: 'pages', by: 'book_id' },
      cover: { hasOne: 'covers', by: 'book_id' },
    },
  },
  tags: { key: 'id', columns: { id: 'int4', hidden: 'bool default' } },
  book_tags: {
    key: ['book_id', 'tag_id'],
    columns: { book_id: 'int4', tag_id: 'int4', by_user: 'int4 default' },
    relationships: { book: { belongsTo: 'books', by: 'book_id' }, tag: { belongsTo: 'tags', by: 'tag_id' } },
  },
  notes: {
    key: 'id',
    columns: { id: 'int4', owner_id: 'int4', book_id: 'int4 null', hidden: 'bool default' },
    relationships: { book: { belongsTo: 'books', by: 'book_id' } },
  },
  pages: {
    key: 'id',
    columns: { id: 'int4', book_id: 'int4' },
    relationships: { book: { belongsTo: 'books', by: 'book_id' } },
  },
  covers: {
    key: 'id',
    columns: { id: 'int4', book_id: 'int4 null' },
    relationships: { book: { belongsTo: 'books', by: 'book_id' } },
  },
} as const)

const seen = { read: { without: ['hidden'] }, where: { hidden: false } } as const
const links = { update: { only: ['book'] } } as const
const api = defineApi(
  {
    people: resource(db.people, { roles: { editor: seen, guest: seen } }),
    books: resource(db.books, {
      naturalKey: 'slug',
      roles: { editor: { ...seen, write: { update: { only: ['author', 'tags'] } } }, guest: seen },
    }),
    tags: resource(db.tags, { roles: { editor: seen, guest: seen } }),
    book_tags: resource(db.book_tags, {
      roles: {
        editor: { read: 'all', write: { create: { only: ['book', 'tag'] } }, set: { by_user: principal('id') } },
        own: { when: { by_user: principal('id') }, read: 'all', delete: true },
        guest: { read: 'all' },
      },
    }),
    notes: resource(db.notes, {
      roles: { editor: seen, own: { ...seen, when: { owner_id: principal('id') }, write: links }, guest: seen },
    }),
    pages: resource(db.pages, { roles: { editor: { read: 'all', write: links }, guest: { read: 'all' } } }),
    covers: resource(db.covers, { roles: { editor: { read: 'all', write: links }, guest: { read: 'all' } } }),
  },
  { roles: { editor: { role: 'editor' }, guest: 'anyone' } },
)

describeEachServer('JSON:API relationships', server => {
  let database: TestDatabase
  let client: pg.Client
  let run: ApiUnderTest
  let token: string
  beforeAll(async () => {
    database = await emptyDatabase(server)
    client = new pg.Client(database.config)
    await client.connect()
    await client.query(sql)
    run = await startApi(api, database)
    token = await signToken('1', { role: 'editor' })
  })
  beforeEach(async () => void (await client.query(rows)))
  afterAll(async () => {
    await client.end()
    await run.close()
    expect(run.errors).toEqual([])
  })

  const send = (method: string, path: string, body: unknown, as: string | null = token, more = {}) =>
    run.get(path, { method, token: as, headers: { 'content-type': type, ...more }, body: JSON.stringify(body) })
  const told = ({ status, json }: Awaited<ReturnType<typeof send>>) => [
    status,
    ...(json?.errors ?? []).flatMap((error: { code: string; source?: { pointer?: string } }) => [
      error.code,
      error.source?.pointer,
    ]),
  ]
  const withoutIds = (text: string) => text.replace(/"id":"[^"]*"/g, '')
  const list = (of: string, ...ids: (number | string)[]) => ({ data: ids.map(id => ({ type: of, id: String(id) })) })
  const column = async (text: string) => (await client.query({ text, rowMode: 'array' })).rows.flat()
  const tags = () => column('select tag_id from book_tags where book_id = 1 order by 1')
  const notes = (book = 1) => column(`select id from notes where book_id = ${book} order by 1`)

  it('points to one record, or to none', async () => {
    const author = () => column('select author_id from books where id = 1')
    const at = '/books/1/relationships/author'
    const changed = await send('PATCH', at, { data: { type: 'people', id: '2' } })
    expect([changed.status, changed.text]).toEqual([204, ''])
    expect(await author()).toEqual([2])
    expect((await send('PATCH', at, { data: null })).status).toBe(204)
    expect(await author()).toEqual([null])
    expect(
      (await send('PATCH', '/books/rows/relationships/author', { data: { type: 'people', id: '1' } })).status,
    ).toBe(204)
    expect(await author()).toEqual([1])
    expect((await send('POST', at, { data: null })).headers.get('allow')).toBe('GET, HEAD, OPTIONS, PATCH')
    expect((await send('DELETE', at, { data: null })).status).toBe(405)
  })

  it('adds links to a set, each once', async () => {
    const at = '/books/1/relationships/tags'
    expect((await send('POST', at, list('tags', 2, 1, 2))).status).toBe(204)
    expect(await tags()).toEqual([1, 2, 3, 4])
    expect((await send('POST', at, list('tags'))).status).toBe(204)
    const made = await column('select by_user from book_tags where book_id = 1 and tag_id = 2')
    expect(made).toEqual([1])
  })

  it('removes links from a set, and minds none that are not there', async () => {
    const at = '/books/1/relationships/tags'
    expect((await send('DELETE', at, list('tags', 1, 2, 999, 'x'))).status).toBe(204)
    expect(await tags()).toEqual([3, 4])
    // One that is not to be seen is not there, and stays.
    expect((await send('DELETE', at, list('tags', 3))).status).toBe(204)
    expect(await tags()).toEqual([3, 4])
    await send('POST', at, list('tags', 1))
    expect(told(await send('DELETE', at, list('tags', 'x', 1, 4)))).toEqual([403, 'forbidden', '/data/2'])
    expect(await tags()).toEqual([1, 3, 4])
  })

  it('makes a set the one that is listed, but for links that are hidden or not the caller’s', async () => {
    const at = '/books/1/relationships/tags'
    expect((await send('PATCH', at, list('tags', 2, 5))).status).toBe(204)
    expect(await tags()).toEqual([2, 3, 4, 5])
    expect((await send('PATCH', at, list('tags'))).status).toBe(204)
    expect(await tags()).toEqual([3, 4])
  })

  it('points other records here, each as a change of its own would', async () => {
    const at = '/books/1/relationships/notes'
    expect((await send('POST', at, list('notes', 4, 8, 4))).status).toBe(204)
    expect(await notes()).toEqual([1, 2, 3, 4, 8])
    // What is linked already needs no right.
    expect((await send('POST', at, list('notes', 3))).status).toBe(204)
    expect(told(await send('POST', at, list('notes', 4, 5)))).toEqual([403, 'forbidden', '/data/1'])
    const elsewhere = await send('POST', '/books/2/relationships/notes', list('notes', 4, 3))
    expect(told(elsewhere)).toEqual([403, 'forbidden', '/data/1'])
    expect(await notes()).toEqual([1, 2, 3, 4, 8])
  })

  it('frees other records, and minds none that are not linked here', async () => {
    const at = '/books/1/relationships/notes'
    expect((await send('DELETE', at, list('notes', 1, 4, 5, 8, 999, 'x'))).status).toBe(204)
    expect([await notes(), await notes(2)]).toEqual([[2, 3], [8]])
    expect((await send('DELETE', at, list('notes', 2))).status).toBe(204)
    expect(await notes()).toEqual([2, 3])
    expect(told(await send('DELETE', at, list('notes', 3)))).toEqual([403, 'forbidden', '/data/0'])
  })

  it('replaces all of them that are to be seen, or none', async () => {
    const at = '/books/1/relationships/notes'
    expect(told(await send('PATCH', at, list('notes', 4)))).toEqual([403, 'forbidden', '/data'])
    expect(await notes()).toEqual([1, 2, 3])
    expect((await send('PATCH', at, list('notes', 3, 4))).status).toBe(204)
    expect(await notes()).toEqual([2, 3, 4])
  })

  it('refuses to free what cannot be without a link, and moves it', async () => {
    const at = '/books/1/relationships/pages'
    expect(told(await send('DELETE', at, list('pages', 1)))).toEqual([403, 'forbidden', '/data/0'])
    expect(told(await send('PATCH', at, list('pages')))).toEqual([403, 'forbidden', '/data'])
    expect((await send('DELETE', at, list('pages', 2))).status).toBe(204)
    expect((await send('POST', at, list('pages', 2))).status).toBe(204)
    expect(await column('select book_id from pages order by id')).toEqual([1, 1])
  })

  it('moves the one record that holds the key', async () => {
    const at = '/books/1/relationships/cover'
    const covers = () => column('select book_id from covers order by id')
    expect((await send('PATCH', at, { data: { type: 'covers', id: '3' } })).status).toBe(204)
    expect(await covers()).toEqual([null, 2, 1])
    expect((await send('PATCH', at, { data: null })).status).toBe(204)
    expect(await covers()).toEqual([null, 2, null])
    expect((await send('PATCH', at, { data: { type: 'covers', id: '2' } })).status).toBe(204)
    expect(await covers()).toEqual([null, 1, null])
    expect((await send('POST', at, list('covers', 1))).status).toBe(405)
  })

  it('answers what is hidden as what is missing, on either side', async () => {
    const pairs: readonly (readonly [string, string, unknown, string, unknown])[] = [
      ['PATCH', '/books/3/relationships/author', { data: null }, '/books/999/relationships/author', { data: null }],
      ['POST', '/books/3/relationships/tags', list('tags', 1), '/books/999/relationships/tags', list('tags', 1)],
      ['DELETE', '/books/3/relationships/notes', list('notes', 6), '/books/999/relationships/notes', list('notes', 6)],
      ['POST', '/books/3/relationships/notes', list('notes', 4), '/books/999/relationships/notes', list('notes', 4)],
      [
        ...(['PATCH', '/books/1/relationships/author', { data: { type: 'people', id: '3' } }] as const),
        ...(['/books/1/relationships/author', { data: { type: 'people', id: '999' } }] as const),
      ],
      ['POST', '/books/1/relationships/tags', list('tags', 1, 3), '/books/1/relationships/tags', list('tags', 1, 999)],
      ['PATCH', '/books/1/relationships/tags', list('tags', 3), '/books/1/relationships/tags', list('tags', 999)],
      [
        'POST',
        '/books/1/relationships/notes',
        list('notes', 4, 7),
        '/books/1/relationships/notes',
        list('notes', 4, 999),
      ],
      [
        'PATCH',
        '/books/2/relationships/notes',
        list('notes', 8, 7),
        '/books/2/relationships/notes',
        list('notes', 8, 999),
      ],
    ]
    for (const [method, path, body, otherPath, otherBody] of pairs) {
      const [hidden, missing] = [await send(method, path, body), await send(method, otherPath, otherBody)]
      expect([hidden.status, missing.status], `${method} ${path} ${hidden.text}`).toEqual([404, 404])
      expect(withoutIds(hidden.text)).toBe(withoutIds(missing.text))
    }
    expect(await notes()).toEqual([1, 2, 3])
    expect(await tags()).toEqual([1, 3, 4])
  })

  it('points to what is wrong', async () => {
    const cases: readonly (readonly [string, string, unknown, number, string, string | undefined])[] = [
      ['PATCH', 'author', {}, 400, 'malformed_document', ''],
      ['PATCH', 'author', { data: [] }, 400, 'malformed_document', '/data'],
      ['PATCH', 'author', { data: { type: 'books', id: '1' } }, 409, 'type_mismatch', '/data/type'],
      ['PATCH', 'author', { data: { type: 'people', id: '999' } }, 404, 'not_found', '/data'],
      ['PATCH', 'author', { data: { type: 'people', id: 'x' } }, 404, 'not_found', '/data/id'],
      ['POST', 'tags', { data: null }, 400, 'malformed_document', '/data'],
      ['POST', 'tags', { data: [{ type: 'tags', id: 1 }] }, 400, 'malformed_document', '/data/0/id'],
      ['POST', 'tags', list('tags', 1, 999), 404, 'not_found', '/data/1'],
      ['POST', 'tags', list('tags', 1, 'x'), 404, 'not_found', '/data/1'],
      ['DELETE', 'tags', list('notes', 1), 409, 'type_mismatch', '/data/0/type'],
      ['POST', 'notes', list('notes', 4, 999), 404, 'not_found', '/data/1'],
      ['POST', 'notes', list('notes', 4, 'x'), 404, 'not_found', '/data/1'],
      ['POST', 'notes', list('tags', 4), 409, 'type_mismatch', '/data/0/type'],
      ['PATCH', 'cover', { data: [] }, 400, 'malformed_document', '/data'],
    ]
    for (const [method, name, body, ...expected] of cases) {
      const refused = await send(method, `/books/1/relationships/${name}`, body)
      expect(told(refused), `${method} ${name} ${JSON.stringify(body)}`).toEqual(expected)
      expect(refused.headers.get('content-type')).toBe(type)
    }
    const plain = await send('PATCH', '/books/1/relationships/author', { data: null }, token, {
      'content-type': 'application/json',
    })
    expect([plain.status, plain.headers.get('accept-patch')]).toEqual([415, type])
    expect((await send('PATCH', '/books/1/relationships/author?include=author', { data: null })).status).toBe(400)
    expect((await send('PATCH', '/books/1/relationships/nobody', { data: null })).status).toBe(404)
  })

  it('asks who may write at all before anything of the body', async () => {
    for (const name of ['author', 'notes', 'cover'])
      expect((await send('PATCH', `/books/1/relationships/${name}`, 5, null)).status).toBe(401)
    const guest = await signToken('2', {})
    expect((await send('POST', '/books/1/relationships/tags', 5, guest)).status).toBe(403)
  })

  it('holds to the tag of the links, as their GET has it', async () => {
    for (const [name, first, second] of [
      ['author', { data: { type: 'people', id: '2' } }, { data: null }],
      ['tags', list('tags', 1, 2), list('tags', 2)],
      ['notes', list('notes', 1, 3, 4), list('notes', 1, 3)],
      ['cover', { data: { type: 'covers', id: '3' } }, { data: null }],
    ] as const) {
      const at = `/books/1/relationships/${name}`
      const read = await run.get(at, { token })
      const tag = read.headers.get('etag') as string
      expect([read.status, tag === null], read.text).toEqual([200, false])
      expect(told(await send('PATCH', at, first, token, { 'if-none-match': tag }))).toEqual([
        ...[412, 'precondition_failed', undefined],
      ])
      expect((await send('PATCH', at, first, token, { 'if-match': tag })).status, name).toBe(204)
      expect(told(await send('PATCH', at, second, token, { 'if-match': tag }))).toEqual([
        ...[412, 'precondition_failed', undefined],
      ])
      const after = await run.get(at, { token })
      const sent = Array.isArray(first.data) ? first.data.map(({ id }) => id) : first.data?.id
      const shown = after.json.data
      expect(
        Array.isArray(shown)
          ? shown.map(({ id }: { id: string }) => id).filter(id => id !== '4' || name === 'notes')
          : shown.id,
      ).toEqual(sent)
      expect((await send('PATCH', at, second, token, { 'if-match': '*' })).status, name).toBe(204)
    }
    const hidden = await send('PATCH', '/books/3/relationships/author', { data: null }, token, { 'if-match': '"x"' })
    expect(hidden.status).toBe(404)
  })

  it('gives one answer for one Idempotency-Key', async () => {
    const at = '/books/1/relationships/tags'
    const once = () => send('POST', at, list('tags', 2), token, { 'idempotency-key': '"links"' })
    expect((await once()).status).toBe(204)
    await client.query('delete from book_tags where tag_id = 2')
    const again = await once()
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([204, 'true'])
    expect(await tags()).toEqual([1, 3, 4])
  })
})
