// Documents of odd databases, over HTTP: ids of many types, keys that are null, links that are said twice, one record on several ways.
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { defineApi, resource, tables } from '../../src/index.ts'
import { type ApiUnderTest, type RequestOptions, startApi } from '../support/api-under-test.ts'
import { describeEachServer, emptyDatabase, type TestDatabase } from '../support/databases.ts'

const type = 'application/vnd.api+json'
const sql = `
  create table people (id int primary key, name text);
  create table parts (id int primary key, name text, whole_id int references parts, owner_id int references people);
  create table fans (part_id int references parts, person_id int references people);
  create view all_parts as select id, name, whole_id from parts union all select null, 'none', 1;
  create table moments (at timestamptz primary key, name text);
  create table brands (id int primary key, code text not null unique);
  create table goods (id int primary key, brand_code text references brands (code), made_at timestamptz not null);
  insert into brands values (1, 'A');
  insert into goods values (1, 'A', '2020-01-01');
  create table papers (body jsonb primary key, name text);
  insert into people values (1, 'Ann'), (2, 'Bea');
  insert into parts values (1, 'a', null, 1), (2, 'b', 1, 1), (3, 'c', 1, 2), (4, 'd', 2, 2);
  insert into fans values (1, 1), (1, 1), (1, 2), (2, 1);
  insert into moments values ('2020-01-01 00:00:00.5+00', 'half'), ('2020-01-02 00:00:00+00', 'whole'), ('infinity', 'never');
  insert into papers values ('{"a": "\\"/"}', 'odd');
`

const db = tables({
  people: {
    key: 'id',
    columns: { id: 'int4', name: 'text null' },
    relationships: { parts: { hasMany: 'parts', by: 'owner_id' } },
  },
  parts: {
    key: 'id',
    columns: { id: 'int4', name: 'text null', whole_id: 'int4 null', owner_id: 'int4 null' },
    relationships: {
      whole: { belongsTo: 'parts', by: 'whole_id' },
      owner: { belongsTo: 'people', by: 'owner_id' },
      parts: { hasMany: 'parts', by: 'whole_id' },
      fans: { manyToMany: 'people', through: 'fans', by: ['part_id', 'person_id'] },
      views: { hasMany: 'all_parts', by: 'whole_id' },
    },
  },
  fans: {
    columns: { part_id: 'int4 null', person_id: 'int4 null' },
    relationships: { part: { belongsTo: 'parts', by: 'part_id' }, person: { belongsTo: 'people', by: 'person_id' } },
  },
  all_parts: {
    key: 'id',
    columns: { id: 'int4', name: 'text null', whole_id: 'int4 null' },
    relationships: { whole: { belongsTo: 'parts', by: 'whole_id' } },
  },
  moments: { key: 'at', columns: { at: 'timestamptz', name: 'text null' } },
  brands: { key: 'id', columns: { id: 'int4', code: 'text' } },
  goods: {
    key: 'id',
    columns: { id: 'int4', brand_code: 'text null', made_at: 'timestamptz' },
    relationships: { brand: { belongsTo: 'brands', by: 'brand_code' } },
  },
  papers: { key: 'body', columns: { body: 'jsonb', name: 'text null' } },
} as const)

const guest = { read: 'all' } as const
const api = defineApi(
  {
    people: resource(db.people, { roles: { guest } }),
    // What leads to one record is shown only where it is walked.
    parts: resource(db.parts, { roles: { guest: { ...guest, defaults: { list: { only: ['name'] } } } } }),
    fans: resource(db.fans, { roles: { guest } }),
    all_parts: resource(db.all_parts, { roles: { guest } }),
    moments: resource(db.moments, { roles: { guest } }),
    papers: resource(db.papers, { roles: { guest } }),
  },
  { roles: { guest: 'anyone' }, responseCache: {} },
)

/** Validators of columns, and nothing kept. */
const shop = defineApi(
  {
    brands: resource(db.brands, { roles: { guest } }),
    goods: resource(db.goods, {
      roles: { guest },
      caching: { lastModified: 'made_at', list: 'made_at' },
      relationships: { brand: { key: 'shown' } },
    }),
  },
  { roles: { guest: 'anyone' } },
)

interface Linked {
  readonly type: string
  readonly id: string
  readonly relationships?: Readonly<Record<string, { readonly data?: Linked | readonly Linked[] | null }>>
}

describeEachServer('JSON:API reads', server => {
  let database: TestDatabase
  let run: ApiUnderTest
  beforeAll(async () => {
    database = await emptyDatabase(server)
    const client = new pg.Client(database.config)
    await client.connect()
    await client.query(sql)
    await client.end()
    run = await startApi(api, database)
  })
  afterAll(async () => {
    await run.close()
    expect(run.errors).toEqual([])
  })
  const get = (path: string, { headers, ...more }: RequestOptions = {}) =>
    run.get(path, { ...more, headers: { accept: type, ...headers } })
  const nameOf = ({ type: of, id }: Linked) => `${of} ${id}`
  const linksOf = ({ relationships = {} }: Linked) =>
    Object.values(relationships).map(({ data }) => [data ?? []].flat() as readonly Linked[])

  it('link every included record, on whichever of its ways it is included', async () => {
    for (const path of [
      '/parts?include=parts.whole.owner',
      '/parts/1?include=parts.whole.owner',
      '/parts/2?include=whole.owner.parts.whole',
      '/parts?include=parts.parts.owner,fans.parts.whole',
      '/people/2?include=parts.whole.owner',
    ]) {
      const { json } = await get(path)
      const all: readonly Linked[] = [json.data, json.included].flat()
      expect(new Set(all.map(nameOf)).size, path).toBe(all.length)
      const linked = new Set([...[json.data].flat(), ...all.flatMap(linksOf).flat()].map(nameOf))
      expect(
        json.included.map(nameOf).filter((one: string) => !linked.has(one)),
        path,
      ).toEqual([])
      for (const links of all.flatMap(linksOf)) expect(new Set(links.map(nameOf)).size).toBe(links.length)
    }
  })

  it('say once what join rows say twice', async () => {
    const { json } = await get('/parts/1?include=fans')
    expect(json.data.relationships.fans.data).toEqual([
      { type: 'people', id: '1' },
      { type: 'people', id: '2' },
    ])
  })

  it('show a record whose key is null as one without an id to be found by, included or not', async () => {
    const alone = await get('/all-parts')
    const included = await get('/parts/1?include=views')
    const ids = (of: readonly Linked[]) => of.map(one => one.id)
    expect(ids(alone.json.data)).toEqual(['1', '2', '3', '4', ''])
    expect(ids(included.json.data.relationships.views.data)).toEqual(['2', '3', ''])
    expect(ids(included.json.included)).toEqual(['2', '3', ''])
  })

  it('link times to themselves', async () => {
    const { json } = await get('/moments?fields[moments]=links')
    expect(json.data).toHaveLength(3)
    for (const { id, links } of json.data) {
      const { status, json: found } = await get(links.self.slice('/api'.length))
      expect([status, found.data.id]).toEqual([200, id])
    }
  })

  it('are JSON where an id is JSON itself', async () => {
    const { json } = await get('/papers?fields[papers]=name,links')
    const id = '{"a": "\\"/"}'
    expect(json.data).toEqual([
      { type: 'papers', id, attributes: { name: 'odd' }, links: { self: `/api/papers/${encodeURIComponent(id)}` } },
    ])
  })

  it('are never 304 where the id of a linked record has changed, though its row has not', async () => {
    const shopping = await startApi(shop, database)
    const client = new pg.Client(database.config)
    await client.connect()
    try {
      const ask = async (path: string, accept: string, more = {}) =>
        shopping.get(path, { headers: { accept, ...more } })
      const [list, item, plain] = await Promise.all([
        ask('/goods', type),
        ask('/goods/1', type),
        ask('/goods', 'application/json'),
      ])
      await client.query('update brands set id = 7')
      const unless = ({ headers }: typeof list) => ({ 'if-none-match': headers.get('etag') })
      const since = { 'if-modified-since': new Date().toUTCString() }
      const again = await Promise.all([
        ask('/goods', type, unless(list)),
        ask('/goods/1', type, unless(item)),
        ask('/goods/1', type, since),
        ask('/goods', 'application/json', unless(plain)),
      ])
      // A row of plain JSON shows what it refers to, and that is the same.
      expect(again.map(({ status }) => status)).toEqual([200, 200, 200, 304])
      expect(again[1]?.json.data.relationships.brand.data).toEqual({ type: 'brands', id: '7' })
    } finally {
      await client.end()
      await shopping.close()
    }
  })

  it('are chosen by Accept alone, whatever type a body has that is not there', async () => {
    const kept = { accept: '*/*', 'content-type': type }
    for (const headers of [kept, { accept: '*/*' }, kept, { accept: type }, kept, { accept: 'application/json' }]) {
      const { headers: got, json } = await get('/parts/1', { headers })
      const isDocument = headers.accept === type
      expect([got.get('content-type'), 'jsonapi' in json]).toEqual([isDocument ? type : 'application/json', isDocument])
    }
  })

  it('say in meta that a list was cut whose query stood in a body, and give no link to other records', async () => {
    const include = { parts: { limit: 1, filter: { name: { ne: 'b' } } } }
    const { json } = await get('/parts/query', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ include: { parts: { limit: 1 } }, filter: { id: 1 } }),
    })
    expect(Object.keys(json.data[0].relationships.parts.links)).toEqual(['self', 'related'])
    expect(json.meta.included).toEqual({ parts: { limit: 1, truncated: true } })
    const whole = await get('/parts/query', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ include, filter: { id: 1 } }),
    })
    expect('included' in whole.json.meta).toBe(false)
  })

  it('tell mistakes as JSON:API where nothing else is told', async () => {
    for (const path of ['/parts/99/relationships/parts', '/parts/1/relationships/parts?draft=true']) {
      const { status, headers } = await get(path, { headers: { accept: '*/*' } })
      expect([status >= 400, headers.get('content-type')]).toEqual([true, type])
    }
  })
})
