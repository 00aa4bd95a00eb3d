// What a write answers shows the links that its caller sees once it is done: those that a GET of the record would show then.
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { defineApi, resource, tables } from '../../src/index.ts'
import { type ApiUnderTest, startApi } from '../support/api-under-test.ts'
import { describeEachServer, emptyDatabase, type TestDatabase } from '../support/databases.ts'

const sql = `
  create table people (id int primary key, name text not null, best_id int);
  create table books (id int primary key, title text not null, pages int not null, author_id int references people);
  alter table people add foreign key (best_id) references books;
`
const rows = `
  truncate people, books;
  insert into people values (1, 'Ann', null), (2, 'Bea', null);
  insert into books values (1, 'Rows', 900, null), (2, 'Columns', 100, 1), (3, 'Trees', 100, 2);
  update people set best_id = 3 where id = 2;
`
const db = tables({
  people: {
    key: 'id',
    columns: { id: 'int4', name: 'text', best_id: 'int4 null' },
    relationships: { books: { hasMany: 'books', by: 'author_id' }, best: { belongsTo: 'books', by: 'best_id' } },
  },
  books: {
    key: 'id',
    columns: { id: 'int4', title: 'text', pages: 'int4', author_id: 'int4 null' },
    relationships: { author: { belongsTo: 'people', by: 'author_id' } },
  },
} as const)
/** Who has written a thick book is seen by nobody, nor is whose best book is called so. */
const where = {
  and: [
    { books: { none: { pages: { gt: 500 } } } },
    { or: [{ best: { null: true } }, { best: { title: { ne: 'Hide me' } } }] },
  ],
}
const api = defineApi(
  {
    people: resource(db.people, { roles: { guest: { read: 'all', where } } }),
    books: resource(db.books, { roles: { guest: { read: 'all', write: 'all' } } }),
  },
  { roles: { guest: 'anyone' } },
)
const types = { plain: 'application/json', document: 'application/vnd.api+json' }

describeEachServer('links in what a write answers', server => {
  let database: TestDatabase
  let client: pg.Client
  let run: ApiUnderTest
  beforeAll(async () => {
    database = await emptyDatabase(server)
    client = new pg.Client(database.config as pg.ClientConfig)
    await client.connect()
    await client.query(sql)
    run = await startApi(api, database)
  })
  beforeEach(() => client.query(rows))
  afterAll(async () => {
    await client?.end()
    await run?.close()
    await database?.drop()
  })

  /** The answer of a change, and what is read afterwards. */
  async function change(id: number, body: unknown, type = types.plain) {
    const headers = { 'content-type': type, accept: type }
    const changed = await run.get(`/books/${id}`, { method: 'PATCH', headers, body: JSON.stringify(body) })
    const read = await run.get(`/books/${id}`, { headers: { accept: type } })
    expect(changed.status, changed.text).toBe(200)
    return { changed, read }
  }

  it('are null where the write itself has hidden what they lead to', async () => {
    const { changed, read } = await change(1, { author: 1 })
    expect(changed.json.data).toMatchObject({ id: 1, author: null })
    expect(changed.text).toBe(read.text)
    expect(changed.headers.get('etag')).toBe(read.headers.get('etag'))
    expect((await client.query('select author_id from books where id = 1')).rows).toEqual([{ author_id: 1 }])
  })

  it('are null in a document then too', async () => {
    const data = { type: 'books', id: '1', relationships: { author: { data: { type: 'people', id: '1' } } } }
    const { changed, read } = await change(1, { data }, types.document)
    expect(changed.json.data.relationships.author.data).toBeNull()
    expect(changed.json.data).toEqual(read.json.data)
  })

  it('are null where the link was there before, and the record that it leads to looks back at this one', async () => {
    const { changed, read } = await change(3, { title: 'Hide me' })
    expect(changed.json.data).toMatchObject({ id: 3, author: null })
    expect(changed.text).toBe(read.text)
  })

  it('are shown where they lead to what is still seen, or is seen from now on', async () => {
    expect((await change(2, { author: 2 })).changed.json.data.author).toEqual({ id: 2 })
    await client.query('update books set author_id = 1 where id = 1')
    const { changed, read } = await change(1, { pages: 5 })
    expect(changed.json.data.author).toEqual({ id: 1 })
    expect(changed.text).toBe(read.text)
  })
})
