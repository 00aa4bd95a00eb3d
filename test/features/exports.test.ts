// Lists as CSV and NDJSON over HTTP: the same plan, access and order as JSON, record by record.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { withClient } from '../../src/databases/postgres/with-client.ts'
import { defineApi, principal, resource, tables } from '../../src/index.ts'
import { type ApiUnderTest, type RequestOptions, signToken, startApi } from '../support/api-under-test.ts'
import { describeEachServer, emptyDatabase } from '../support/databases.ts'

const sql = `
create table people (id int primary key, name text not null, secret text);
create table places (region text, code text, title text, primary key (region, code));
create table items (id int primary key, title text, price numeric, big int8, ratio float8, done boolean, at timestamptz, born date, tags text[],
  data jsonb, raw json, person_id int references people, region text, code text, foreign key (region, code) references places);
create table entries (id int primary key, item_id int references items, body text);
insert into people values (1, 'Ann', 's1'), (2, 'Bo', 's2'), (3, 'Cy', null);
insert into places values ('no,rth', 'a~b', 'Up'), ('south', 'x', null);
insert into items values
  (1, 'plain', 1.50, 9007199254740993, 0.1, true, '2015-08-05 13:56:05.120+00', '2016-01-24', '{a,"b,c"}', '{"b": [1, "x"]}', '{"n": 1.00}', 1, 'no,rth', 'a~b'),
  (2, 'say "hi", then' || chr(13) || chr(10) || 'go', null, null, 'NaN', false, null, null, '{}', '"text"', E'{"a":\\n1}', 2, 'south', 'x'),
  (3, '', 0, -1, 'Infinity', null, '2015-08-05 13:56:05+02', null, null, 'null', '"null"', null, null, null),
  (4, '=1+1', null, null, 1e30, null, null, null, null, null, null, 3, null, null),
  (5, null, null, null, null, null, null, null, null, null, null, null, 'south', null),
  (6, 'åäö 🎉 ' || chr(30) || chr(31) || chr(29) || chr(1) || '2;' || chr(9) || '\\ end', null, null, null, null, null, null, null, null, null, null, null, null),
  (7, ' null ', null, null, null, null, null, null, null, null, null, null, null, null);
insert into entries select i, 1 + i % 5, 'entry ' || i from generate_series(1, 1000) i;`

const schema = {
  people: {
    key: 'id',
    columns: { id: 'int4', name: 'text', secret: 'text null' },
    relationships: { items: { hasMany: 'items', by: 'person_id' } },
  },
  places: { key: ['region', 'code'], columns: { region: 'text', code: 'text', title: 'text null' } },
  items: {
    key: 'id',
    columns: {
      ...{ id: 'int4', title: 'text null', price: 'numeric null', big: 'int8 null', ratio: 'float8 null' },
      ...{ done: 'bool null', at: 'timestamptz null', born: 'date null', tags: 'text[] null', data: 'jsonb null' },
      ...{ raw: 'json null', person_id: 'int4 null', region: 'text null', code: 'text null' },
    },
    relationships: {
      person: { belongsTo: 'people', by: 'person_id' },
      place: { belongsTo: 'places', by: ['region', 'code'] },
      entries: { hasMany: 'entries', by: 'item_id' },
    },
  },
  entries: {
    key: 'id',
    columns: { id: 'int4', item_id: 'int4 null', body: 'text null' },
    relationships: { item: { belongsTo: 'items', by: 'item_id' } },
  },
} as const
const db = tables(schema)
/** How many rows each call of the computed field was given. */
const calls: number[] = []

const api = defineApi(
  {
    people: resource(db.people, {
      roles: {
        self: { when: { id: principal('id') }, read: 'all' },
        guest: { read: { without: ['secret'] } },
      },
    }),
    places: resource(db.places, { roles: { guest: { read: 'all' } } }),
    items: resource(db.items, { roles: { guest: { read: 'all' } } }),
    entries: resource(db.entries, {
      computed: {
        shout: {
          type: 'text',
          from: ['body'],
          values: (rows: readonly { body: string | null }[]) => {
            calls.push(rows.length)
            return rows.map(({ body }) => `"${body?.toUpperCase()}", å`)
          },
        },
      },
      roles: { guest: { read: 'all' } },
    }),
  },
  { roles: { self: 'authenticated', guest: 'anyone' }, limits: { maxExportRows: 1000 } },
)

describeEachServer('exports', server => {
  let started: ApiUnderTest
  let bo: string
  beforeAll(async () => {
    const database = await emptyDatabase(server)
    await withClient(database.config, client => client.query(sql))
    started = await startApi(api, database)
    bo = await signToken('2')
  })
  afterAll(() => started.close())

  async function ask(path: string, accept: string, { token, headers, ...rest }: RequestOptions = {}) {
    const authorization = token ? { authorization: `Bearer ${token}` } : {}
    const response = await fetch(`${started.url}${path}`, {
      headers: { accept, ...authorization, ...headers },
      ...rest,
    })
    return { status: response.status, headers: response.headers, text: await response.text() }
  }
  async function text(path: string, accept: string, options?: RequestOptions) {
    const reply = await ask(path, accept, options)
    expect([reply.status, reply.text.slice(0, 300)], path).toEqual([200, expect.anything()])
    return reply.text
  }
  const csv = (path: string, options?: RequestOptions) => text(path, 'text/csv', options)
  const lines = async (path: string, options?: RequestOptions) =>
    (await text(path, 'application/x-ndjson', options)).split('\n').slice(0, -1)
  /** The list as it stands in a JSON answer. */
  const list = async (path: string, options?: RequestOptions) => {
    const json = await text(path, 'application/json', options)
    return json.slice('{"data":['.length, json.lastIndexOf('],"links"'))
  }

  it('have in NDJSON the very bytes of the list in JSON', async () => {
    for (const path of [
      '/items',
      '/items?sort=-title&fields=title,data,raw,tags,at',
      '/items?include=person,place&fields=links,big',
      '/people?include=items',
      '/items?filter[done][null]=true&sort=id',
    ]) {
      const json = await text(path, 'application/json', { token: bo })
      const records = await lines(path, { token: bo })
      expect(records.length).toBeGreaterThan(1)
      expect(json.startsWith(`{"data":[${records.join(',')}]`), path).toBe(true)
    }
  })

  it('have in CSV a cell a field: raw text, JSON for what nests, nothing for null', async () => {
    expect(await csv('/items?fields=title,price,big,ratio,done,at,born,tags,data,raw,person,place&id[lte]=5')).toBe(
      [
        'id,title,price,big,ratio,done,at,born,tags,data,raw,person,place',
        `1,plain,1.50,9007199254740993,0.1,true,2015-08-05T13:56:05.12Z,2016-01-24,"[""a"",""b,c""]","{""b"": [1, ""x""]}","{""n"": 1.00}",1,"no~1rth,a~0b"`,
        `2,"say ""hi"", then\r\ngo",,,NaN,false,,,[],"""text""","{""a"": 1}",2,"south,x"`,
        `3,"",0,-1,Infinity,,2015-08-05T11:56:05Z,,,,"""null""",,`,
        '4,=1+1,,,1e+30,,,,,,,3,',
        '5,,,,,,,,,,,,',
        '',
      ].join('\r\n'),
    )
    expect(await csv('/items?fields=title&id[gt]=5')).toBe(
      'id,title\r\n6,åäö 🎉 \x1e\x1f\x1d\x012;\t\\ end\r\n7, null \r\n',
    )
  })

  it('leave the line of names out where it is asked for', async () => {
    const { text: body, headers } = await ask('/people?fields=name', 'text/csv; header=absent')
    expect(body).toBe('1,Ann\r\n2,Bo\r\n3,Cy\r\n')
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8; header=absent')
  })

  it('hide on each row what the caller may not see there', async () => {
    expect(await csv('/people?fields=name,secret&sort=-name', { token: bo })).toBe(
      'id,name,secret\r\n3,Cy,\r\n2,Bo,s2\r\n1,Ann,\r\n',
    )
    expect(await lines('/people?fields=name,secret', { token: bo })).toEqual([
      '{"id":1,"name":"Ann"}',
      '{"id":2,"name":"Bo","secret":"s2"}',
      '{"id":3,"name":"Cy"}',
    ])
    expect(await csv('/people?fields=name,secret&id=2')).toBe('id,name\r\n2,Bo\r\n')
  })

  it('include as JSON does, without a word on lists that were cut', async () => {
    const path = '/items?fields=id&include[entries][limit]=2&include[entries][fields]=id&id[lte]=2'
    expect(await lines(path)).toEqual([
      '{"id":1,"entries":[{"id":5},{"id":10}]}',
      '{"id":2,"entries":[{"id":1},{"id":6}]}',
    ])
    expect(await csv(path)).toBe('id,entries\r\n1,"[{""id"":5},{""id"":10}]"\r\n2,"[{""id"":1},{""id"":6}]"\r\n')
    expect(await csv('/items?fields=id&include=person&fields[people]=name&id[in]=1,3')).toBe(
      'id,person\r\n1,"{""id"":1,""name"":""Ann""}"\r\n3,\r\n',
    )
  })

  it('fill in what TypeScript makes, batch by batch', async () => {
    calls.length = 0
    const whole = await csv('/entries?fields=shout')
    expect(whole.split('\r\n').slice(0, 3)).toEqual(['id,shout', '1,"""ENTRY 1"", å"', '2,"""ENTRY 2"", å"'])
    expect(whole.split('\r\n')).toHaveLength(1002)
    expect(calls.length).toBeGreaterThan(1)
    expect(calls.reduce((sum, one) => sum + one)).toBe(1000)
    const nested = '/items?fields=id&include[entries][limit]=1&include[entries][fields]=shout&id=1'
    expect(await lines(nested)).toEqual(['{"id":1,"entries":[{"id":5,"shout":"\\"ENTRY 5\\", å"}]}'])
    expect(await csv(nested)).toBe('id,entries\r\n1,"[{""id"":5,""shout"":""\\""ENTRY 5\\"", å""}]"\r\n')
  })

  it('are the whole match, in its order, where no page is asked for', async () => {
    const all = await lines('/entries?sort=-body&fields=body')
    expect(all).toHaveLength(1000)
    const bodies = all.map(line => (JSON.parse(line) as { body: string }).body)
    expect(bodies).toEqual(bodies.toSorted().reverse())
    const some = await lines('/entries?item_id=3&fields=id')
    expect(some).toEqual(Array.from({ length: 200 }, (_, i) => `{"id":${2 + 5 * i}}`))
  })

  it('are one page where one is asked for', async () => {
    for (const query of ['per_page=5&page=3', 'page[size]=7', 'page[number]=2', 'limit=3&offset=4&sort=-id']) {
      const path = `/entries?${query}`
      expect((await lines(path)).join(','), query).toBe(await list(path))
    }
    const { links } = JSON.parse(await text('/entries?page[size]=4&sort=-id', 'application/json')) as {
      links: { next: string }
    }
    const next = links.next.slice('/api'.length)
    const after = await lines(next)
    expect(after.join(',')).toBe(await list(next))
    const onward = JSON.parse(await text(next, 'application/json')) as { links: { prev: string } }
    const prev = onward.links.prev.slice('/api'.length)
    expect((await lines(prev)).map(line => (JSON.parse(line) as { id: number }).id)).toEqual([1000, 999, 998, 997])
    expect((await csv(prev)).split('\r\n')).toHaveLength(6)
    expect((await ask('/entries?per_page=101', 'text/csv')).status).toBe(400)
  })

  it('answer a query in a body, and lists under a record', async () => {
    const body = JSON.stringify({ filter: { id: { lte: 2 } }, fields: ['name'] })
    const options = { body, headers: { 'content-type': 'application/json' } }
    for (const [method, path] of [
      ['QUERY', '/people'],
      ['POST', '/people/query'],
    ] as const) {
      const reply = await ask(path, 'text/csv', { ...options, method })
      expect([reply.status, reply.text]).toEqual([200, 'id,name\r\n1,Ann\r\n2,Bo\r\n'])
      expect(reply.headers.get('cache-control')).toBe('no-store')
      expect(reply.headers.get('accept-query')).toBe('"application/json"')
    }
    expect(await lines('/items/2/entries?fields=id')).toHaveLength(200)
    expect(await lines('/items/2/entries?fields=id&per_page=2')).toEqual(['{"id":1}', '{"id":6}'])
    expect(await csv('/items/6/entries?fields=id')).toBe('id\r\n')
    for (const query of ['', '?per_page=2']) {
      const missing = await ask(`/items/99/entries${query}`, 'text/csv')
      expect([missing.status, missing.headers.get('content-type')]).toEqual([404, 'application/json'])
    }
  })

  it('are empty of records where nothing matches', async () => {
    expect(await csv('/items?id=99&fields=title')).toBe('id,title\r\n')
    expect(await text('/items?id=99', 'application/x-ndjson')).toBe('')
  })

  it('say in the head what they are, and are kept by nobody', async () => {
    for (const [accept, type] of [
      ['text/csv', 'text/csv; charset=utf-8; header=present'],
      ['application/x-ndjson', 'application/x-ndjson'],
    ] as const)
      for (const path of ['/items', '/items?per_page=2']) {
        const get = await ask(path, accept)
        const head = await ask(path, accept, { method: 'HEAD' })
        for (const { headers } of [get, head]) {
          expect(headers.get('content-type')).toBe(type)
          expect(headers.get('cache-control')).toBe('no-store')
          expect(headers.get('vary')).toContain('Accept')
          for (const name of ['etag', 'link', 'content-length', 'last-modified']) expect(headers.get(name)).toBeNull()
        }
        expect([head.status, head.text]).toEqual([200, ''])
      }
    expect((await ask('/items?id=99', 'text/csv', { headers: { 'if-none-match': '*' } })).status).toBe(200)
  })

  it('have no place for meta data', async () => {
    for (const [query, parameter] of [
      ['aggregate[id]=count', 'aggregate[id]'],
      ['aggregate[id]=count&group=done', 'aggregate[id]'],
      ['group=done', 'group'],
      ['page[total]=exact', 'page[total]'],
    ] as const) {
      const { status, text: body, headers } = await ask(`/items?${query}`, 'text/csv')
      const [error] = (JSON.parse(body) as { errors: { code: string; source: unknown }[] }).errors
      expect([status, error?.code, error?.source]).toEqual([400, 'unknown_parameter', { parameter }])
      expect(headers.get('content-type')).toBe('application/json')
    }
  })

  it('are of lists alone', async () => {
    for (const accept of ['text/csv', 'application/x-ndjson']) {
      for (const path of ['/items/1', '', '/items/1/person', '/items/1/entries/5'])
        expect((await ask(path, accept)).status, path).toBe(406)
      for (const path of ['/items', '/items/1', ''])
        expect((await ask(path, accept, { method: 'OPTIONS' })).status, path).toBe(406)
    }
    const { status, text: body } = await ask('/items', 'application/xml')
    expect([status, body]).toEqual([
      406,
      expect.stringContaining('application/json, application/vnd.api+json, application/x-ndjson, text/csv'),
    ])
  })
})
