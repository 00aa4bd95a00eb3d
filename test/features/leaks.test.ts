// Ways in which a hidden value once could, or nearly could, be learnt: each stays shut.
import type pg from 'pg'
import { Client } from 'pg'
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { introspect } from '../../src/databases/postgres/introspect.ts'
import { defineTables } from '../../src/schema/define-tables.ts'
import type { ApiDefinition, ApiOptions, ResourceOptions } from '../../src/schema/resource-definition.ts'
import type { SchemaDefinition } from '../../src/schema/schema-definition.ts'
import { type ApiUnderTest, signToken, startApi } from '../support/api-under-test.ts'
import { cloneDatabase, createTemplate, describeEachServer, type TestDatabase } from '../support/databases.ts'

const tables = `
  create table shelves (id numeric primary key, name text);
  create table books (
    id int4 primary key, title text, kind text, price numeric, ratio float8, pages int4, secret int4, shelf_id numeric references shelves
  );
  create table scraps (word text, data jsonb, hidden int4);
  insert into shelves values (1.0, 'low');
  insert into books values
    (1, 'apple', 'a', 1.0, 0, 10, 5, 1.0), (2, 'ample', 'b', 1.00, -0.0, 10, 50, 1.00), (3, 'tail\\', 'a', 0.5, 1, 7, 9, null);
  insert into scraps values ('x', '{"n":1}', 1), ('x', '{"n":2}', 2), ('x', '{"n":3}', 3);
`

describeEachServer('a hidden value', server => {
  let template: Awaited<ReturnType<typeof createTemplate>>
  let schema: SchemaDefinition
  let database: TestDatabase
  let client: pg.Client
  let api: ApiUnderTest | undefined
  beforeAll(async () => {
    template = await createTemplate(server, 'leaks', async maker => {
      await maker.query(tables)
    })
  })
  beforeEach(async () => {
    database = await cloneDatabase(server, template)
    client = new Client(database.config)
    await client.connect()
    schema = defineTables(await introspect(client))
  })
  afterEach(async () => {
    await api?.close()
    api = undefined
    await client.end()
    await database.drop()
  })

  const define = (
    resources: Readonly<Record<string, ResourceOptions>>,
    roles: ApiOptions['roles'] = { guest: 'anyone' },
  ): ApiDefinition => ({
    kind: 'api',
    resources: Object.fromEntries(
      Object.entries(resources).map(([table, options]) => [table, { kind: 'resource', table, schema, options }]),
    ),
    options: { roles },
  })
  const open = async (definition: ApiDefinition): Promise<ApiUnderTest> => {
    api = await startApi(definition, database)
    return api
  }
  const guest = (without: readonly string[]) => ({ guest: { read: { without } } })

  it('is not what a readable condition compares with', async () => {
    const computed = { rich: { where: { pages: { lt: { field: 'secret' } } } } }
    const { get } = await open(define({ books: { roles: guest(['secret']), computed } }))
    expect((await get('/books/2?fields=rich')).json.data).toEqual({ id: 2 })
    expect((await get('/books?filter[rich]=true')).status).toBe(400)
  })

  it('is not in a condition that spells its column in another way', async () => {
    const renamed = define({
      books: { roles: guest(['sort']), rename: { kind: 'sort' }, computed: { is_a: { where: { kind: 'a' } } } },
    })
    const { get } = await open(renamed)
    expect((await get('/books/1?fields=is_a')).json.data).toEqual({ id: 1 })
  })

  it('is not behind a foreign key that a condition names by its column', async () => {
    const computed = { low: { where: { shelf_id: 1 } } }
    await expect(open(define({ books: { roles: guest(['shelf']), computed } }))).rejects.toThrow(
      'for related records use exists or count',
    )
  })

  it('cannot be reached by a declared filter or a scope that compares with it', async () => {
    const where = { pages: { lt: { field: 'secret' } } }
    const { get } = await open(
      define({
        books: {
          roles: guest(['secret']),
          filters: { opulence: { and: [where, { pages: { gte: { given: true } } }] } },
          scopes: { opulence: { where } },
        },
      }),
    )
    for (const query of ['filter[opulence]=1', 'scope=opulence']) {
      const asked = await get(`/books?${query}`)
      expect(asked.status).toBe(400)
      expect(asked.text.replaceAll('opulence', 'zzzzzzzz')).toBe(
        (
          await get(`/books?${query.replace('opulence', 'zzzzzzzz')}`, {
            headers: { 'request-id': asked.json.errors[0].id },
          })
        ).text,
      )
    }
  })

  it('is not asked for by a declared filter that has the name of its own field', async () => {
    const { get, errors } = await open(
      define({ books: { roles: guest([]), filters: { title: { title: { starts_with: { given: true } } } } } }),
    )
    expect((await get('/books?filter[title]=a&sort=id')).json.data.map((book: { id: number }) => book.id)).toEqual([
      1, 2,
    ])
    expect((await get('/books?filter[titel]=a')).status).toBe(400)
    expect(errors).toEqual([])
  })

  it('is not opened by a claim that is a pattern', async () => {
    const roles = { reader: { when: { title: { starts_with: { principal: 'prefix' } } }, read: 'all' as const } }
    const { get, errors } = await open(define({ books: { roles } }, {}))
    const seen = async (prefix: unknown) =>
      (await get('/books?sort=id', { token: await signToken('1', { prefix }) })).json.data?.map(
        (book: { id: number }) => book.id,
      )
    expect(await seen('a')).toEqual([1, 2])
    expect(await seen('%')).toEqual([])
    expect(await seen('_p')).toEqual([])
    expect(await seen('tail\\')).toEqual([3])
    expect(await seen('\\')).toEqual([])
    expect(await seen(null)).toEqual([])
    expect(errors).toEqual([])
  })

  it('does not choose among equal values that are spelled in several ways', async () => {
    const { get } = await open(define({ books: { roles: guest(['secret']) }, shelves: { roles: guest([]) } }))
    const paths = [
      '/books?aggregate[price]=min,max&aggregate[ratio]=min,max',
      '/books?aggregate[id]=count&group=price',
      '/books?aggregate[id]=count&group=shelf',
    ]
    const before = await Promise.all(paths.map(async path => (await get(path)).json.meta))
    expect(before[0].aggregate.price).toEqual({ min: '0.5', max: '1.00' })
    await client.query('update books set secret = secret + 1 where id = 1')
    expect(await Promise.all(paths.map(async path => (await get(path)).json.meta))).toEqual(before)
  })

  it('does not order the rows of a table without a key', async () => {
    const { get } = await open(define({ scraps: { roles: guest(['hidden']) } }))
    const before = (await get('/scraps')).text
    await client.query('update scraps set hidden = 9 where hidden = 1')
    expect((await get('/scraps')).text).toBe(before)
  })

  it('need not be there to order by: rows of which nothing is shown are counted all the same', async () => {
    const { get } = await open(define({ scraps: { roles: { guest: { read: { only: ['links'] } } } } }))
    expect((await get('/scraps')).json.data).toEqual([{}, {}, {}])
  })

  it('is not lent by a role whose name reads like two others', async () => {
    const roles = {
      'a,b': { read: 'all' as const },
      a: { read: { only: ['id'] } },
      b: { read: { only: ['id', 'title'] } },
    }
    const held = (role: string) => ({ role: [role] })
    const { get } = await open(define({ books: { roles } }, { 'a,b': held('both'), a: held('a'), b: held('b') }))
    const shown = async (role: unknown) =>
      Object.keys((await get('/books/1', { token: await signToken('1', { role }) })).json.data)
    expect(await shown('both')).toContain('secret')
    expect(await shown(['a', 'b'])).toEqual(['id', 'title'])
  })

  it('is not behind a link to a table that is served twice', async () => {
    const all = { guest: { read: 'all' as const } }
    const { options, resources } = define({
      books: { roles: all },
      shelves: { roles: { guest: { where: { name: 'high' }, read: 'all' } } },
    })
    const racks = { kind: 'resource' as const, table: 'shelves', schema, options: { roles: all } }
    const { get } = await open({ kind: 'api', options, resources: { ...resources, racks } })
    expect((await get('/books/1?fields=shelf')).json.data.shelf).toBeNull()
    expect((await get('/racks/1?include=books')).json.data.books).toEqual([])
    expect((await get('/racks/1/books')).json.data).toEqual([])
    expect((await get('/racks?filter[books][null]=false')).json.data).toEqual([])
  })
})
