// Writes to what a path names by a natural key, by a key that nothing refers to, or by a way that its caller cannot walk.
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { defineApi, resource, tables } from '../../src/index.ts'
import { type ApiUnderTest, signToken, startApi } from '../support/api-under-test.ts'
import { cloneDatabase, createTemplate, describeEachServer } from '../support/databases.ts'

const db = tables({
  people: {
    key: 'id',
    columns: { id: 'int4', name: 'text', code: 'text', private: 'bool', films_count: 'int4' },
    relationships: { films: { hasMany: 'films', by: 'person_id' }, badges: { hasMany: 'badges', by: 'person_code' } },
  },
  films: {
    key: 'id',
    columns: { id: 'int4', title: 'text null', person_id: 'int4' },
    relationships: {
      person: { belongsTo: 'people', by: 'person_id' },
      seats: { hasMany: 'seats', by: 'film_id' },
    },
  },
  seats: {
    key: ['film_id', 'number'],
    columns: { film_id: 'int4', number: 'int4', name: 'text null' },
    relationships: { film: { belongsTo: 'films', by: 'film_id' } },
  },
  badges: {
    key: 'id',
    columns: { id: 'int4', label: 'text', person_code: 'text' },
    relationships: { person: { belongsTo: 'people', by: 'person_code' } },
  },
  houses: {
    key: 'id',
    columns: { id: 'int4' },
    relationships: { rooms: { hasMany: 'rooms', by: 'house_id' } },
  },
  rooms: {
    key: 'id',
    columns: { id: 'int4', name: 'text', house_id: 'int4' },
    relationships: { house: { belongsTo: 'houses', by: 'house_id' } },
  },
} as const)

const all = { user: { read: 'all', write: { create: 'all', update: 'all' }, delete: true } } as const
const definition = defineApi(
  {
    people: resource(db.people, {
      naturalKey: 'name',
      roles: { user: { ...all.user, where: { private: false } } },
    }),
    films: resource(db.films, { roles: all }),
    seats: resource(db.seats, { roles: all }),
    badges: resource(db.badges, { roles: all }),
    houses: resource(db.houses, { roles: all }),
    rooms: resource(db.rooms, { roles: { user: { ...all.user, read: { without: ['house'] } } } }),
  },
  { roles: { user: 'authenticated' } },
)

async function build(client: pg.Client): Promise<void> {
  await client.query(`
    create table people (id int4 primary key, name text not null unique, code text not null unique, private bool not null default false, films_count int4 not null default 0);
    create table films (id int4 primary key, title text, person_id int4 not null references people);
    create table seats (film_id int4 references films, number int4, name text, primary key (film_id, number));
    create table badges (id int4 primary key, label text not null, person_code text not null references people (code));
    create table houses (id int4 primary key);
    create table rooms (id int4 primary key, name text not null, house_id int4 not null references houses);
    insert into people values (1, 'alice', 'A', false), (2, 'bob', 'B', false), (3, '1', 'C', false), (4, 'eve', 'E', true), (5, '77', 'F', false);
    insert into films values (1, 'One', 1), (2, 'Two', 2);
    insert into houses values (1);
    insert into rooms values (1, 'Kitchen', 1);
  `)
}

describeEachServer('a write', server => {
  let api: ApiUnderTest
  let user: string
  let client: pg.Client
  beforeAll(async () => {
    const template = await createTemplate(server, 'by_path', build)
    api = await startApi(definition, await cloneDatabase(server, template))
    client = new pg.Client(api.database.url)
    await client.connect()
    user = await signToken('7')
  }, 120_000)
  afterAll(async () => {
    await client.end()
    await api.close()
    expect(api.errors).toEqual([])
  })

  const send = (method: string, path: string, body?: unknown, headers = {}) =>
    api.get(path, {
      method,
      token: user,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
  const column = async (sql: string) => (await client.query(sql)).rows.map(row => Object.values(row)[0])
  const bytesOf = async (reply: ReturnType<typeof send>) => {
    const { status, text } = await reply
    return [status, text.replace(/"id":"[^"]+"/, '')]
  }

  it('makes a record under one that is named by its natural key', async () => {
    const made = await send('POST', '/people/alice/films', { id: 10, title: 'Ten' })
    expect([made.status, made.json.data.person, made.headers.get('location')]).toEqual([
      201,
      { id: 1 },
      '/api/films/10',
    ])
    const list = await send('POST', '/people/alice/films', [{ id: 11 }, { id: 12 }])
    expect([list.status, list.json.data.map((one: { person: unknown }) => one.person)]).toEqual([
      201,
      [{ id: 1 }, { id: 1 }],
    ])
  })

  it('puts a record under one that is named by its natural key', async () => {
    const path = '/people/alice/films/20'
    expect((await send('PUT', path, { title: 'Twenty' })).status).toBe(201)
    expect((await send('PUT', path, { title: 'Twenty again' })).status).toBe(200)
    expect(await bytesOf(send('PUT', '/people/bob/films/20', { title: 'x' }))).toEqual(
      await bytesOf(send('PUT', '/people/nobody/films/20', { title: 'x' })),
    )
    expect(await column(`select title || person_id from films where id = 20`)).toEqual(['Twenty again1'])
  })

  it('takes an id for the key first, then for the natural key', async () => {
    expect((await send('POST', '/people/1/films', { id: 30 })).json.data.person).toEqual({ id: 1 })
    expect((await send('POST', '/people/77/films', { id: 31 })).json.data.person).toEqual({ id: 5 })
  })

  it('finds nothing under a hidden record that is named by its natural key, as under a missing one', async () => {
    const missing = await bytesOf(send('POST', '/people/nobody/films', { id: 40 }))
    expect(missing[0]).toBe(404)
    expect(await bytesOf(send('POST', '/people/eve/films', { id: 40 }))).toEqual(missing)
    expect(await bytesOf(send('POST', '/people/4/films', { id: 40 }))).toEqual(missing)
    expect(await bytesOf(send('PUT', '/people/eve/films/40', {}))).toEqual(missing)
    expect(await column('select count(*)::int from films where id = 40')).toEqual([0])
  })

  it('fills in what the foreign key refers to, which need not be the key', async () => {
    for (const [id, path] of ['/people/2/badges', '/people/bob/badges'].entries())
      expect((await send('POST', path, { id, label: 'x' })).status).toBe(201)
    expect((await send('PUT', '/people/2/badges/8', { label: 'put' })).status).toBe(201)
    expect((await send('PUT', '/people/bob/badges/9', { label: 'put' })).status).toBe(201)
    expect(await column('select person_code from badges order by id')).toEqual(['B', 'B', 'B', 'B'])
  })

  it('makes nothing under a record that the key of the path does not lead to', async () => {
    expect((await send('PUT', '/films/1/seats/1,5', { name: 'x' })).status).toBe(201)
    expect((await send('PUT', '/films/1/seats/2,6', { name: 'x' })).status).toBe(404)
    expect((await send('PUT', '/films/2/seats/1,5', { name: 'x' })).status).toBe(404)
    expect(await column(`select film_id || ' ' || number from seats`)).toEqual(['1 5'])
  })

  it('cannot go by a way that its caller cannot walk: there is no such path for him', async () => {
    const nowhere = await bytesOf(send('POST', '/houses/1/halls', { id: 50, name: 'x' }))
    expect(nowhere[0]).toBe(404)
    expect(await bytesOf(send('GET', '/houses/1/rooms'))).toEqual(nowhere)
    for (const [method, path, body] of [
      ['POST', '/houses/1/rooms', { id: 50, name: 'x' }],
      ['POST', '/houses/1/rooms', { id: 50 }],
      ['PUT', '/houses/1/rooms/50', { name: 'x' }],
      ['PATCH', '/houses/1/rooms/1', { name: 'x' }],
      ['DELETE', '/houses/1/rooms/1', undefined],
    ] as const)
      expect(await bytesOf(send(method, path, body)), `${method} ${path}`).toEqual(nowhere)
    expect(await column('select name from rooms')).toEqual(['Kitchen'])
    // What the role may write, though not read, stands in a body.
    const made = await send('POST', '/rooms', { id: 51, name: 'Hall', house: 1 })
    expect([made.status, made.json.data]).toEqual([201, { id: 51, name: 'Hall' }])
  })

  it('with If-Match is lost by nobody who names the record by its natural key', async () => {
    const rounds = 10
    for (let round = 0; round < rounds; round++) {
      const { headers, json } = await send('GET', '/people/alice')
      const body = { films_count: json.data.films_count + 1 }
      const replies = await Promise.all(
        Array.from({ length: 8 }, () =>
          send('PATCH', '/people/alice', body, { 'if-match': headers.get('etag') ?? '' }),
        ),
      )
      const statuses = replies.map(({ status }) => status).sort()
      expect(statuses).toEqual([200, ...Array.from({ length: 7 }, () => 412)])
    }
    expect(await column('select films_count from people where id = 1')).toEqual([rounds])
  })
})
