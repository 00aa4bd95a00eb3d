// Names and values over HTTP, on tables that are made to be difficult: reserved names, odd names, every kind of value.
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type ApiUnderTest, startApi } from '../support/api-under-test.ts'
import { describeEachServer, emptyDatabase } from '../support/databases.ts'

const tables = `
  create table things (
    id bigint primary key, page int, sort text, fields text, "or" int, "null" boolean, "some" text, type text, links text, "odd.name [x]" int, "CamelCase" int
  );
  insert into things values
    (1, 3, 'a', 'b', 7, true, 's', 'large', 'chain', 5, 9),
    (9007199254740993, 4, null, null, null, null, null, null, null, null, null);
  create table metrics (id int primary key, n int);
  insert into metrics values (1, 1);
  create table v1 (id int primary key);
  create type mood as enum ('happy', 'sad');
  create table samples (
    id int primary key, small int2, big int8, exact numeric, single float4, double float8, flag boolean, day date, at timestamptz, local timestamp,
    uid uuid, mood mood, list int[], words text[], data jsonb, raw bytea, doc json
  );
  insert into samples values
    (1, 1, 9007199254740993, 12345678901234567890.10, 0.1, 0.1, true, '2016-01-24', '2015-08-05T13:56:05.123+00', '2015-08-05 13:56:05', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11',
     'happy', '{1,2,3}', '{a,b}', '{"age": 7, "name": "x"}', '\\xdeadbeef', '{"a":1}'),
    (2, -32768, -9223372036854775808, 'NaN', 'NaN', 'Infinity', false, '0001-01-01', '2015-08-05T13:56:05.123456+02', '2015-08-05 13:56:05.1', null, 'sad', '{}', '{}', '[]', '', 'null'),
    (3, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null);
  create table unkeyed (n int, word text);
  insert into unkeyed select i % 5, chr(96 + i) from generate_series(1, 12) i`

describeEachServer('names and values', server => {
  let api: ApiUnderTest
  beforeAll(async () => {
    const database = await emptyDatabase(server)
    const client = new pg.Client(database.url)
    await client.connect()
    await client.query(tables)
    await client.end()
    api = await startApi('open', database)
  })
  afterAll(async () => {
    await api.close()
    expect(api.errors).toEqual([])
  })
  const data = async (path: string) => {
    const { status, json, text } = await api.get(path)
    expect(status, `${path}: ${text.slice(0, 300)}`).toBe(200)
    return json.data
  }
  const ids = async (path: string) => (await data(path)).map(({ id }: { id: unknown }) => id)
  const code = async (path: string) => {
    const { status, json } = await api.get(path)
    return [status, json.errors?.[0]?.code]
  }

  it('reach columns of reserved names under filter', async () => {
    expect(await ids('/things?filter[page]=3')).toEqual(['1'])
    expect(await ids('/things?field[sort]=a')).toEqual(['1'])
    expect(await ids('/things?filter[fields]=b')).toEqual(['1'])
    // Flat, the word keeps its own meaning.
    expect(await ids('/things?page=3')).toEqual([])
    expect(await data('/things/1?fields=page,sort,fields')).toEqual({ id: '1', page: 3, sort: 'a', fields: 'b' })
    expect(await ids('/things?sort=-page')).toEqual(['9007199254740993', '1'])
  })

  it('serve the words of filters, and what no name may hold, under another name', async () => {
    expect(await data('/things/1')).toEqual({
      id: '1',
      page: 3,
      sort: 'a',
      fields: 'b',
      or_field: 7,
      null_field: true,
      some_field: 's',
      type: 'large',
      links: 'chain',
      odd_name_x: 5,
      CamelCase: 9,
    })
    expect(await ids('/things?or_field=7&null_field=true&some_field=s&odd_name_x=5&CamelCase=9&type=large')).toEqual([
      '1',
    ])
    expect(await ids('/metrics-table')).toEqual([1])
    expect((await api.get('/metrics')).status).toBe(404)
    expect(await ids('/v1/metrics-table')).toEqual([1])
    expect(await ids('/v1-table')).toEqual([])
    expect(await code('/things?camelcase=9')).toEqual([400, 'unknown_parameter'])
  })

  it('write every value so that nothing is lost', async () => {
    expect(await data('/samples/1')).toEqual({
      id: 1,
      small: 1,
      big: '9007199254740993',
      exact: '12345678901234567890.10',
      single: 0.1,
      double: 0.1,
      flag: true,
      day: '2016-01-24',
      at: '2015-08-05T13:56:05.123Z',
      local: expect.stringMatching(/^2015-08-05T13:56:05/),
      uid: 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
      mood: 'happy',
      list: [1, 2, 3],
      words: ['a', 'b'],
      data: { age: 7, name: 'x' },
      raw: expect.any(String),
      doc: { a: 1 },
    })
    const two = await data('/samples/2')
    expect(two).toMatchObject({
      small: -32768,
      big: '-9223372036854775808',
      exact: 'NaN',
      single: 'NaN',
      double: 'Infinity',
      at: '2015-08-05T11:56:05.123456Z',
      uid: null,
      list: [],
      data: [],
      doc: null,
    })
    const three = await data('/samples/3')
    expect(
      Object.values(three)
        .slice(1)
        .every(value => value === null),
    ).toBe(true)
  })

  it('read every value as it is written, and find its row by it', async () => {
    const one = await data('/samples/1')
    for (const name of ['small', 'big', 'exact', 'single', 'double', 'flag', 'day', 'at', 'local', 'uid', 'mood']) {
      expect(await ids(`/samples?filter[${name}]=${encodeURIComponent(one[name])}`), name).toEqual([1])
      expect(await ids(`/samples?filter[${name}][ne]=${encodeURIComponent(one[name])}`), name).toEqual([2, 3])
      expect(await ids(`/samples?filter[not][${name}]=${encodeURIComponent(one[name])}`), name).toEqual([2, 3])
      expect(await ids(`/samples?filter[${name}][in]=${encodeURIComponent(one[name])}`), name).toEqual([1])
      const body = JSON.stringify({ filter: { [name]: one[name] } })
      const reply = await api.get('/samples/query', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      })
      expect(
        reply.json.data?.map(({ id }: { id: number }) => id),
        `${name}: ${reply.text.slice(0, 200)}`,
      ).toEqual([1])
    }
    expect(await ids('/samples?at=2015-08-05T15:56:05.123%2B02:00')).toEqual([1])
    expect(await ids('/samples?at=2015-08-05 15:56:05.123+02:00')).toEqual([1])
    expect(await ids('/samples?uid=A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11')).toEqual([1])
    expect(await ids('/samples?exact[gt]=12345678901234567890.09&exact[lt]=12345678901234567890.11')).toEqual([1])
    expect(await ids('/samples?double=Infinity')).toEqual([2])
    expect(await ids('/samples?single=NaN')).toEqual([2])
  })

  it('look into arrays and JSON', async () => {
    for (const [query, expected] of [
      ['list[has]=2', [1]],
      ['list[any]=3,4', [1]],
      ['list[all]=1,2', [1]],
      ['list[all]=1,4', []],
      ['words[has]=a', [1]],
      ['words[any][]=a&words[any][]=z', [1]],
      ['data[has]=age', [1]],
      ['list[null]=true', [3]],
      ['filter[not][list][has]=2', [2, 3]],
      ['list[]=1&list[]=2&list[]=3', [1]],
    ] as const) {
      expect(await ids(`/samples?${query}`), query).toEqual(expected)
    }
  })

  it('refuse values that the type has not', async () => {
    for (const [name, values] of [
      ['small', ['32768', '1.0', 'x', '', ' ', '0x1', '1e2']],
      ['big', ['9223372036854775808', '1.5', '']],
      ['exact', ['x', '', '1,5']],
      ['flag', ['2', 'yes', '']],
      ['day', ['2016-02-30', '24.1.2016', 'today', '']],
      ['at', ['2016-01-24T25:00:00Z', 'now', 'infinit', '']],
      ['uid', ['x', '']],
      ['mood', ['HAPPY', 'angry', '']],
    ] as const) {
      for (const value of values)
        expect(await code(`/samples?filter[${name}]=${encodeURIComponent(value)}`), `${name} ${value}`).toEqual([
          400,
          'invalid_value',
        ])
    }
    const tooExact = await api.get('/samples/query', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"filter":{"big":9007199254740993}}',
    })
    expect([tooExact.status, tooExact.json.errors[0].code]).toEqual([400, 'invalid_value'])
  })

  it('sum up exactly', async () => {
    const { json } = await api.get(
      '/samples?id[in]=1,3&aggregate[big]=sum,min,max,avg&aggregate[exact]=sum&aggregate[small]=sum,max&aggregate[double]=sum',
    )
    expect(json.meta.aggregate).toMatchObject({
      big: { sum: '9007199254740993', min: '9007199254740993', max: '9007199254740993' },
      exact: { sum: '12345678901234567890.10' },
      small: { sum: '1', max: 1 },
      double: { sum: 0.1 },
    })
  })

  it('walk by cursors over every type, nulls and NaN included', async () => {
    for (const name of ['small', 'big', 'exact', 'single', 'double', 'flag', 'day', 'at', 'local', 'uid', 'mood']) {
      for (const direction of ['', '-']) {
        const seen: unknown[] = []
        let path: string | null = `/samples?sort=${direction}${name}&per_page=1&fields=id`
        while (path !== null && seen.length < 5) {
          const { json } = await api.get(path)
          seen.push(...json.data.map(({ id }: { id: number }) => id))
          path = json.links.next?.slice('/api'.length) ?? null
        }
        expect(seen, `${direction}${name}`).toEqual(await ids(`/samples?sort=${direction}${name}`))
        expect([...seen].sort()).toEqual([1, 2, 3])
      }
    }
  })

  it('page a table without a key by number only', async () => {
    const all = await data('/unkeyed?per_page=100')
    expect(all).toHaveLength(12)
    const pages = await Promise.all([1, 2, 3].map(page => data(`/unkeyed?per_page=5&page=${page}`)))
    expect(pages.flat()).toEqual(all)
    const { json } = await api.get('/unkeyed?per_page=5')
    expect(json.links).toEqual({ next: '/api/unkeyed?per_page=5&page[number]=2', prev: null })
    expect(await code('/unkeyed?page[after]=x')).toEqual([400, 'unknown_parameter'])
    expect((await api.get('/unkeyed/1')).status).toBe(404)
  })
})
