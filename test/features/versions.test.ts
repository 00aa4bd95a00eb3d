// Versions over HTTP: several sets of resources over the same tables, by path and by Accept, and how old ones end.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { withClient } from '../../src/databases/postgres/with-client.ts'
import { defineApi, defineVersion, resource, tables } from '../../src/index.ts'
import type { ApiOptions } from '../../src/schema/resource-definition.ts'
import { type ApiUnderTest, type RequestOptions, signToken, startApi } from '../support/api-under-test.ts'
import { describeEachServer, emptyDatabase, type TestDatabase } from '../support/databases.ts'

const sql = `
create table films (id int primary key, name text not null, secret text, length int);
create table people (id int primary key, name text not null);
insert into films select i, 'film ' || i, 'secret ' || i, i * 10 from generate_series(1, 9) i;
insert into people values (1, 'Ann');`

const db = tables({
  films: { key: 'id', columns: { id: 'int4', name: 'text', secret: 'text null', length: 'int4 null' } },
  people: { key: 'id', columns: { id: 'int4', name: 'text' } },
} as const)

const first = defineVersion(
  {
    movies: resource(db.films, {
      rename: { name: 'title' },
      roles: {
        guest: { read: { only: ['id', 'name'] } },
        staff: { read: 'all', write: { create: 'all', update: { only: ['name'] } } },
      },
    }),
    films: resource(db.films, {
      roles: {
        guest: { read: { only: ['id', 'name'] } },
        staff: { read: 'all', write: { create: 'all', update: 'all' } },
      },
      schema: { name: { maxLength: 10 } },
      page: { size: 2, maxSize: 4 },
    }),
  },
  { deprecated: '2026-01-01', sunset: '2999-12-31T00:00:00Z', link: 'https://example.com/v1?a=b' },
)
const gone = defineVersion(
  { films: resource(db.films, { roles: { guest: { read: 'all' } } }) },
  { deprecated: '2019-01-01', sunset: new Date('2020-06-30T23:59:59Z'), link: '/old', goneAfterSunset: true },
)
const current = {
  films: resource(db.films, {
    roles: {
      guest: { read: { only: ['id', 'name', 'length'] } },
      staff: { read: 'all', write: { create: 'all', update: 'all' } },
    },
    schema: { name: { maxLength: 20 } },
  }),
  people: resource(db.people, { roles: { guest: { read: 'all' } } }),
}
const roles = { guest: 'anyone', staff: { role: 'staff' } } as const
const versioned = (options: Partial<ApiOptions> = {}) =>
  defineApi(current, { name: 'acme', version: '3', versions: { 1: first, 2: gone }, roles, ...options } as never)

const v1 = 'application/vnd.acme.v1+json'
const v3 = 'application/vnd.acme.v3+json'

describeEachServer('versions', server => {
  let database: TestDatabase
  let api: ApiUnderTest
  let staff: string
  const started: ApiUnderTest[] = []
  const start = async (options: Partial<ApiOptions> = {}) => {
    const one = await startApi(versioned(options), database)
    started.push(one)
    return one
  }
  beforeAll(async () => {
    database = await emptyDatabase(server)
    await withClient(database.config, client => client.query(sql))
    api = await start()
    staff = await signToken('1', { role: 'staff' })
  })
  afterAll(async () => {
    for (const one of started) {
      expect(one.errors).toEqual([])
      await one.close()
    }
  })
  const ask = (path: string, accept?: string, { headers, ...rest }: RequestOptions = {}, of = api) =>
    of.get(path, { ...rest, headers: { ...(accept !== undefined && { accept }), ...headers } })
  const fieldsOf = async (path: string, accept?: string) => {
    const { status, json } = await ask(path, accept)
    return status === 200 ? Object.keys([json.data].flat()[0]).join() : [status, json.errors[0].code]
  }
  const write = (method: string, path: string, body: unknown, accept = '*/*', headers = {}, of = api) =>
    ask(
      path,
      accept,
      { method, token: staff, body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } },
      of,
    )

  it('are named in the path, and the current one is served where none is', async () => {
    expect(await fieldsOf('/films/1')).toBe('id,name,length')
    expect(await fieldsOf('/v3/films/1')).toBe('id,name,length')
    expect(await fieldsOf('/v1/films/1')).toBe('id,name')
    expect(await fieldsOf('/v1/movies/1')).toBe('id,title')
    for (const path of [
      '/movies/1',
      '/v3/movies/1',
      '/v1/people/1',
      '/v4/films',
      '/v01/films',
      '/v1/v3/films',
      '/v/films',
    ])
      expect([path, await fieldsOf(path)]).toEqual([path, [404, 'not_found']])
  })

  it('are named in Accept in each of its spellings, and the answer says which it is', async () => {
    const spellings = [
      v1,
      'application/vnd.acme.v1',
      'application/vnd.acme+json; version=1',
      'application/vnd.ACME.v1+JSON',
    ]
    spellings.push('application/vnd.acme+json;version="1";q=0.5', `${v1}; charset=utf-8`, `${v3};q=0.1, ${v1}`)
    spellings.push(`application/json, ${v1};q=0.5`, `*/*, ${v1}`, `application/vnd.acme.v9+json, ${v1};q=0.1`)
    for (const accept of spellings) {
      const { status, json, headers } = await ask('/films/1', accept)
      expect([accept, status, Object.keys(json.data ?? json)]).toEqual([accept, 200, ['id', 'name']])
      expect([headers.get('content-type'), headers.get('vary')]).toEqual([v1, 'Accept, Authorization'])
    }
    const plain = await ask('/films/1', 'application/vnd.acme+json')
    expect([Object.keys(plain.json.data), plain.headers.get('content-type')]).toEqual([['id', 'name', 'length'], v3])
    expect((await ask('/v1/films/1', 'application/json')).headers.get('content-type')).toBe('application/json')
    expect((await ask('/v1/films/1', v1)).headers.get('content-type')).toBe(v1)
    expect((await ask('/movies', v1, { method: 'OPTIONS' })).headers.get('content-type')).toBe(v1)
    expect((await ask('/', v1, { method: 'OPTIONS' })).status).toBe(308)
    const index = await ask('', v1)
    expect(index.json.data.map(({ name }: { name: string }) => name)).toEqual(['movies', 'films'])
  })

  it('that are not there are 406, which lists those that are', async () => {
    for (const accept of [
      'application/vnd.acme.v9+json',
      'application/vnd.acme+json; version=9',
      'application/vnd.acme.v1+json; version=3',
    ]) {
      const { status, json } = await ask('/films', accept)
      expect([accept, status, json.errors[0].source]).toEqual([accept, 406, { header: 'Accept' }])
      for (const type of [v1, v3, 'application/json']) expect(json.errors[0].detail).toContain(type)
    }
    for (const accept of [
      'application/vnd.acme',
      'application/vnd.acme.v1+xml',
      'application/vnd.acmes.v1+json',
      `${v1};q=0`,
      `${v1};charset=latin1`,
    ])
      expect([accept, await fieldsOf('/films/1', accept)]).toEqual([accept, [406, 'not_acceptable']])
    // Who takes anything else too is answered.
    expect(await fieldsOf('/films/1', 'application/vnd.acme.v9+json, application/json;q=0.1')).toBe('id,name,length')
    expect(await fieldsOf('/films/1', `*/*, ${v1};q=0`)).toBe('id,name,length')
  })

  it('of the path and of Accept must be one', async () => {
    expect(await fieldsOf('/v1/films/1', v3)).toEqual([400, 'versions_at_odds'])
    expect(await fieldsOf('/v3/films/1', 'application/vnd.acme+json; version=1')).toEqual([400, 'versions_at_odds'])
    expect(await fieldsOf('/v1/films/1', 'application/vnd.acme+json')).toBe('id,name')
    expect(await fieldsOf('/v4/films/1', v1)).toEqual([404, 'not_found'])
  })

  it('must be named where they have to be', async () => {
    const strict = await start({ requireVersion: true })
    for (const [path, accept] of [
      ['/films', '*/*'],
      ['', 'application/json'],
      ['/films', 'application/vnd.acme+json'],
      ['/films?fields=id', 'text/csv'],
    ] as const) {
      const { status, json } = await ask(path, accept, {}, strict)
      expect([path, status, json.errors[0].code]).toEqual([path, 400, 'version_needed'])
      expect(json.errors[0].detail).toContain('/api/v1/…')
    }
    expect((await ask('/v3/films', '*/*', {}, strict)).status).toBe(200)
    expect((await ask('/films', v1, {}, strict)).status).toBe(200)
    expect((await ask('/v9/films', '*/*', {}, strict)).status).toBe(404)
  })

  it('hold for every format of a list', async () => {
    const csvOf = async (path: string, accept: string) => {
      const response = await fetch(`${api.url}${path}`, { headers: { accept } })
      return [response.headers.get('content-type')?.split(';')[0], (await response.text()).split('\r\n')[0]]
    }
    expect(await csvOf('/v1/movies', 'text/csv')).toEqual(['text/csv', 'id,title'])
    expect(await csvOf('/movies', `text/csv, ${v1};q=0.5`)).toEqual(['text/csv', 'id,title'])
    expect((await csvOf('/movies', `text/csv;q=0.5, ${v1}`))[0]).toBe(v1)
  })

  it('have their own roles, limits and sizes of pages', async () => {
    expect((await ask('/v1/films')).json.data).toHaveLength(2)
    expect((await ask('/films')).json.data).toHaveLength(9)
    expect((await ask('/v1/films?page[size]=5')).status).toBe(400)
    expect((await write('PATCH', '/v1/films/9', { name: 'a longer name' })).status).toBe(422)
    const long = await write('PATCH', '/films/9', { name: 'a longer name' })
    expect([long.status, long.headers.get('content-type')]).toEqual([200, 'application/json'])
    expect((await write('PATCH', '/v1/movies/9', { title: 'other', length: 5 })).status).toBe(403)
    const typed = await write('PATCH', '/movies/9', { title: 'other' }, v1)
    expect([typed.status, typed.json.data.title, typed.headers.get('content-type')]).toEqual([200, 'other', v1])
    expect((await ask('/v1/movies?filter[length]=10')).status).toBe(400)
    expect((await ask('/v1/movies?filter[length]=10', undefined, { token: staff })).status).toBe(200)
  })

  it('keep the version of the path in every link', async () => {
    const { json, headers } = await ask('/v1/movies?page[size]=2&fields=id,links', undefined, { token: staff })
    expect(json.links.next).toMatch(/^\/api\/v1\/movies\?/)
    expect(headers.get('link')).toContain('</api/v1/movies?')
    expect(json.data[0].links.self).toBe('/api/v1/movies/1')
    expect((await ask('/v1')).json.data[0].links.self).toBe('/api/v1/movies')
    expect((await ask('/movies?page[size]=2', v1)).json.links.next).toMatch(/^\/api\/movies\?/)
    const slash = await ask('/v1/movies/')
    expect([slash.status, slash.headers.get('location')]).toEqual([308, '/api/v1/movies'])
    const made = await write('POST', '/v1/films', { id: 50, name: 'made' })
    expect([made.status, made.headers.get('location')]).toEqual([201, '/api/v1/films/50'])
  })

  it('share no cursor, tag or idempotency key', async () => {
    const next = (await ask('/films?page[size]=2')).json.links.next.slice('/api'.length)
    expect((await ask(next)).status).toBe(200)
    expect(await fieldsOf(next, v1)).toEqual([400, 'cursor_mismatch'])
    expect(await fieldsOf(`/v1${next}`)).toEqual([400, 'cursor_mismatch'])

    // The very same bytes in both.
    const tagOf = async (accept: string) => (await ask('/films/1?fields=id', accept)).headers.get('etag') as string
    const [plain, one, three] = [await tagOf('*/*'), await tagOf(v1), await tagOf(v3)]
    expect(new Set([plain, one, three]).size).toBe(3)
    for (const [accept, own] of [
      ['*/*', plain],
      [v1, one],
      [v3, three],
    ] as const) {
      for (const tag of [plain, one, three]) {
        const asked = await ask('/films/1?fields=id', accept, { headers: { 'if-none-match': `"x", W/${tag}` } })
        expect([accept, tag, asked.status]).toEqual([accept, tag, tag === own ? 304 : 200])
        expect(asked.headers.get('etag')).toBe(own)
      }
    }
    const mine = (await ask('/films/2', v1, { token: staff })).headers.get('etag') as string
    const current = (await ask('/films/2', undefined, { token: staff })).headers.get('etag') as string
    const patch = (accept: string, tag: string) =>
      write('PATCH', '/films/2', { name: 'two' }, accept, { 'if-match': tag })
    expect([(await patch(v1, current)).status, (await patch('*/*', mine)).status]).toEqual([412, 412])
    const done = await patch(v1, mine)
    expect([done.status, (await patch(v1, done.headers.get('etag') as string)).status]).toEqual([200, 200])
    expect((await patch(v1, '*')).status).toBe(200)

    const key = { 'idempotency-key': '"the same for both of them"' }
    const post = (accept: string, id: number) => write('POST', '/films', { id, name: 'keyed' }, accept, key)
    const [a, b] = [await post(v1, 61), await post(v3, 62)]
    expect([a.status, b.status, b.headers.get('idempotency-replayed')]).toEqual([201, 201, null])
    const again = await post(v1, 61)
    expect([again.json.data.id, again.headers.get('idempotency-replayed'), again.headers.get('content-type')]).toEqual([
      61,
      'true',
      v1,
    ])
  })

  it('share no kept answer, and no read that is under way', async () => {
    const keeping = await start({ responseCache: {} })
    const one = (accept: string) => ask('/films/3', accept, {}, keeping)
    for (let i = 0; i < 3; i += 1) {
      expect(Object.keys((await one(v1)).json.data)).toEqual(['id', 'name'])
      expect(Object.keys((await one('*/*')).json.data)).toEqual(['id', 'name', 'length'])
      const typed = await one(v3)
      expect([Object.keys(typed.json.data), typed.headers.get('content-type')]).toEqual([['id', 'name', 'length'], v3])
    }
    keeping.statements.length = 0
    expect((await one(v1)).headers.get('content-type')).toBe(v1)
    expect(keeping.statements).toEqual([])
    const many = await Promise.all(Array.from({ length: 40 }, (_, i) => ask('/films/4', i % 2 ? v1 : '*/*')))
    expect(many.map(({ json }) => Object.keys(json.data).length)).toEqual(many.map((_, i) => (i % 2 ? 2 : 3)))
  })

  it('that end say since when, until when, and where to read about it', async () => {
    const deprecation = '@1767225600'
    const sunset = 'Tue, 31 Dec 2999 00:00:00 GMT'
    const links = '<https://example.com/v1?a=b>; rel="deprecation", <https://example.com/v1?a=b>; rel="sunset"'
    for (const [path, accept] of [
      ['/v1/films/1', '*/*'],
      ['/films/1', v1],
      ['/v1/films/999', '*/*'],
      ['/v1/films?x=1', '*/*'],
    ] as const) {
      const { headers } = await ask(path, accept)
      expect([path, headers.get('deprecation'), headers.get('sunset'), headers.get('link')]).toEqual([
        path,
        deprecation,
        sunset,
        links,
      ])
    }
    const page = await ask('/v1/films')
    expect(page.headers.get('link')).toMatch(/^<[^>]+>; rel="next", <https:/)
    const same = await ask('/v1/films/1', '*/*', { headers: { 'if-none-match': '*' } })
    expect([same.status, same.headers.get('deprecation')]).toEqual([304, null])
    for (const path of ['/films/1', '/v3/films', '/v4/films'])
      expect((await ask(path)).headers.get('deprecation')).toBeNull()
  })

  it('are 410 after their sunset, where they say so', async () => {
    for (const [path, accept] of [
      ['/v2/films', '*/*'],
      ['/v2/nothing', '*/*'],
      ['/films', 'application/vnd.acme.v2'],
    ] as const) {
      const { status, json, headers } = await ask(path, accept)
      expect([path, status, json.errors[0].code]).toEqual([path, 410, 'version_gone'])
      expect(headers.get('sunset')).toBe('Tue, 30 Jun 2020 23:59:59 GMT')
      expect(headers.get('link')).toBe('</old>; rel="deprecation", </old>; rel="sunset"')
      expect(headers.get('cache-control')).toBe('no-store')
    }
  })

  it('are checked when the API starts', async () => {
    const problemsOf = async (options: Partial<ApiOptions>) => {
      try {
        started.push(await startApi(versioned(options), database))
      } catch (error) {
        return (error as { problems: string[] }).problems.join('\n')
      }
      return 'none'
    }
    expect(await problemsOf({ version: '1' })).toContain('versions.1: this is the version of defineApi itself')
    expect(await problemsOf({ name: 'Acme Inc' })).toContain('name: "Acme Inc"')
    expect(await problemsOf({ versions: { v1: first } })).toContain('versions: "v1" must be digits')
    const bad = { ...first, deprecated: '2030-01-01', sunset: '2029-01-01', link: 'a b' }
    expect(await problemsOf({ versions: { 1: bad } })).toMatch(
      /versions.1.link.*\nversions.1.sunset: is before deprecated/,
    )
    expect(await problemsOf({ versions: { 1: { ...first, sunset: 'soon' } } })).toContain(
      'versions.1.sunset: "soon" is no date',
    )
    const broken = defineVersion({ films: resource(db.films, { roles: { nobody: { read: 'all' } } }) })
    expect(await problemsOf({ versions: { 1: broken } })).toContain('versions.1: films.roles.nobody')
  })
})
