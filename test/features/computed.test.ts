// Computed fields of every kind, over HTTP: in SQL under the caller's access, in TypeScript once a page.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { withClient } from '../../src/databases/postgres/with-client.ts'
import type { ApiDefinition, ResourceDefinition, ResourceOptions } from '../../src/schema/resource-definition.ts'
import type { SchemaDefinition } from '../../src/schema/schema-definition.ts'
import { type ApiUnderTest, signToken, startApi } from '../support/api-under-test.ts'
import { describeEachServer, emptyDatabase } from '../support/databases.ts'

const sql = `
create table authors (id int primary key, first_name text not null, last_name text not null, secret text);
create table books (id int primary key, title text not null, author_id int not null references authors, published boolean not null, price numeric not null);
insert into authors values (1, 'Selma', 'Lagerlöf', 's1'), (2, 'Tove', 'Jansson', 's2'), (3, 'Karin', 'Boye', null);
insert into books values (1, 'A', 1, true, 10), (2, 'B', 1, false, 20), (3, 'C', 2, true, 30), (4, 'D', 2, true, 0);
`
const schema: SchemaDefinition = {
  authors: {
    key: 'id',
    columns: { id: 'int4', first_name: 'text', last_name: 'text', secret: 'text null' },
    relationships: { books: { hasMany: 'books', by: 'author_id' } },
  },
  books: {
    key: 'id',
    columns: { id: 'int4', title: 'text', author_id: 'int4', published: 'bool', price: 'numeric' },
    relationships: { author: { belongsTo: 'authors', by: 'author_id' } },
  },
}
const calls: unknown[][] = []

function definition(): ApiDefinition {
  const resource = (table: string, options: ResourceOptions): ResourceDefinition => ({
    kind: 'resource',
    table,
    schema,
    options,
  })
  const authors = resource('authors', {
    computed: {
      name: { type: 'text', sql: "{first_name} || ' ' || {last_name}" },
      hint: { type: 'text', sql: 'left({secret}, 1)' },
      books_count: { count: { books: true } },
      all_books_count: { count: { books: true }, sees: 'all' },
      has_bargain: { exists: { books: { price: { lt: 5 } } } },
      greeting: {
        type: 'text',
        from: ['first_name'],
        claims: ['id'],
        values: (rows: readonly { first_name: string }[], { claims }) => {
          calls.push(rows.map(row => row.first_name))
          return rows.map(row => `Hello ${row.first_name}, says ${claims.id ?? 'nobody'}`)
        },
      },
    },
    roles: {
      staff: { read: 'all' },
      guest: { extends: 'staff', read: { without: ['secret'] } },
    },
  })
  const books = resource('books', {
    computed: { dear: { type: 'bool', sql: '100 / {price} < 5' }, bargain: { where: { price: { lte: 10 } } } },
    roles: { staff: { read: 'all' }, guest: { extends: 'staff', where: { published: true, price: { gt: 0 } } } },
  })
  return {
    kind: 'api',
    resources: { authors, books },
    options: { roles: { staff: { role: 'staff' }, guest: 'anyone' }, timingRoles: ['staff'] },
  }
}

describeEachServer('computed fields', server => {
  let api: ApiUnderTest
  let staff: string
  beforeAll(async () => {
    const database = await emptyDatabase(server)
    await withClient(database.config, client => client.query(sql))
    api = await startApi(definition(), database)
    staff = await signToken('7', { role: 'staff' })
  })
  afterAll(() => api.close())

  it('counts and looks for related records under the access of the caller', async () => {
    const fields = '?fields=books_count,all_books_count,has_bargain'
    const { json: guest } = await api.get(`/authors${fields}`)
    expect(guest.data).toEqual([
      { id: 1, books_count: 1, all_books_count: 2, has_bargain: false },
      { id: 2, books_count: 1, all_books_count: 2, has_bargain: false },
      { id: 3, books_count: 0, all_books_count: 0, has_bargain: false },
    ])
    const { json: all } = await api.get(`/authors${fields}`, { token: staff })
    expect(all.data.map((one: { books_count: number }) => one.books_count)).toEqual([2, 2, 0])
    expect(all.data[1].has_bargain).toBe(true)
  })

  it('shows an expression only where all its columns may be read', async () => {
    expect((await api.get('/authors/1?fields=hint')).json.data).toEqual({ id: 1 })
    expect((await api.get('/authors/1?fields=hint', { token: staff })).json.data).toEqual({ id: 1, hint: 's' })
    expect((await api.get('/authors?hint=s')).status).toBe(400)
    expect((await api.get('/authors?filter[hint]=s', { token: staff })).json.data).toHaveLength(2)
  })

  it('filters, sorts, aggregates and groups by computed fields', async () => {
    const { json } = await api.get(
      '/authors?filter[books_count][gte]=1&sort=-name&fields=name&aggregate[books_count]=sum,max',
    )
    expect(json.data.map((one: { name: string }) => one.name)).toEqual(['Tove Jansson', 'Selma Lagerlöf'])
    expect(json.meta.aggregate).toEqual({ books_count: { sum: '2', max: 1 } })
    const { json: groups } = await api.get('/books?fields=title&group=bargain&aggregate[id]=count', { token: staff })
    expect(groups.meta.groups).toEqual([
      { group: { bargain: false }, aggregate: { id: { count: 2 } } },
      { group: { bargain: true }, aggregate: { id: { count: 2 } } },
    ])
  })

  it('never reaches an expression that may raise on a row that is hidden', async () => {
    // Book 4 costs 0, and a guest does not see it: 100 / 0 must not be computed for him.
    for (const query of [
      '?fields=dear',
      '?filter[dear]=true',
      '?filter[not][dear]=true',
      '?sort=dear',
      '?aggregate[dear]=count',
    ]) {
      expect((await api.get(`/books${query}`)).status, query).toBe(200)
    }
  })

  it('calls a field in TypeScript once for all rows of a page, at any depth, with the claims it names', async () => {
    calls.length = 0
    const { json } = await api.get('/books?include=author&fields=title&fields[authors]=greeting', { token: staff })
    expect(json.data[0]).toEqual({ id: 1, title: 'A', author: { id: 1, greeting: 'Hello Selma, says 7' } })
    expect(calls).toEqual([['Selma', 'Selma', 'Tove', 'Tove']])
    calls.length = 0
    const { json: list } = await api.get('/authors?fields=greeting')
    expect(list.data[2].greeting).toBe('Hello Karin, says nobody')
    expect(calls).toHaveLength(1)
    expect((await api.get('/authors?greeting=x')).status).toBe(400)
    expect((await api.get('/authors?sort=greeting')).status).toBe(400)
  })

  it('tells how long each room took, to those who may ask', async () => {
    const prefer = { prefer: 'timing' }
    expect((await api.get('/authors', { token: staff, headers: prefer })).headers.get('server-timing')).toMatch(
      /^read;dur=[\d.]+, identify.*, respond;dur=[\d.]+, execute;dur=[\d.]+$/,
    )
    expect((await api.get('/authors', { headers: prefer })).headers.get('server-timing')).toBeNull()
    expect((await api.get('/authors', { token: staff })).headers.get('server-timing')).toBeNull()
  })
})
