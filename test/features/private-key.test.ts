// A resource that names another key keeps its primary key to itself, in foreign keys of others too.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { withClient } from '../../src/databases/postgres/with-client.ts'
import { compileApi } from '../../src/schema/compile-api.ts'
import type { ApiDefinition, ResourceDefinition, ResourceOptions } from '../../src/schema/resource-definition.ts'
import type { SchemaDefinition } from '../../src/schema/schema-definition.ts'
import { type ApiUnderTest, startApi } from '../support/api-under-test.ts'
import { describeEachServer, emptyDatabase } from '../support/databases.ts'

const sql = `
create table people (id int primary key, handle text not null unique, nickname text);
create table notes (id int primary key, text text not null, person_id int references people);
insert into people values (4711, 'ada', 'A'), (4712, 'bea', 'B');
insert into notes values (1, 'x', 4711), (2, 'y', 4712), (3, 'z', null);
`
const schema: SchemaDefinition = {
  people: {
    key: 'id',
    columns: { id: 'int4', handle: 'text', nickname: 'text null' },
    relationships: { notes: { hasMany: 'notes', by: 'person_id' } },
  },
  notes: {
    key: 'id',
    columns: { id: 'int4', text: 'text', person_id: 'int4 null' },
    relationships: { person: { belongsTo: 'people', by: 'person_id' } },
  },
}
const resource = (table: string, options: ResourceOptions): ResourceDefinition => ({
  kind: 'resource',
  table,
  schema,
  options,
})
const api = (key: string): ApiDefinition => ({
  kind: 'api',
  resources: {
    people: resource('people', { key, roles: { guest: { read: { without: ['id'] } } } }),
    notes: resource('notes', { roles: { guest: { read: 'all' } } }),
  },
  options: { roles: { guest: 'anyone' } },
})

describeEachServer('a key of its own choice', server => {
  let running: ApiUnderTest
  beforeAll(async () => {
    const database = await emptyDatabase(server)
    await withClient(database.config, client => client.query(sql))
    running = await startApi(api('handle'), database)
  })
  afterAll(() => running.close())

  it('names records in paths, foreign keys, includes and pages', async () => {
    expect((await running.get('/people/ada')).json.data).toEqual({ handle: 'ada', nickname: 'A' })
    expect((await running.get('/people/4711')).status).toBe(404)
    expect((await running.get('/notes?fields=person')).json.data.map((one: { person: unknown }) => one.person)).toEqual(
      [{ handle: 'ada' }, { handle: 'bea' }, null],
    )
    expect((await running.get('/people?include=notes&fields=notes')).json.data[0]).toEqual({
      handle: 'ada',
      notes: [{ id: 1, text: 'x', person: { handle: 'ada' } }],
    })
    expect((await running.get('/notes/2/person')).json.data.handle).toBe('bea')
    const first = await running.get('/people?page[size]=1')
    expect((await running.get(first.json.links.next.replace('/api', ''))).json.data[0].handle).toBe('bea')
  })

  it('is what a relationship is compared with; the primary key is no way in', async () => {
    expect((await running.get('/notes?person=ada&fields=text')).json.data).toEqual([{ id: 1, text: 'x' }])
    expect((await running.get('/notes?filter[person][null]=true&fields=text')).json.data).toEqual([
      { id: 3, text: 'z' },
    ])
    for (const query of ['person_id=4711', 'person=4711'])
      expect((await running.get(`/notes?${query}&fields=text`)).json.data).toEqual([])
    for (const query of [
      'sort=person_id',
      'filter[person_id][gt]=4000',
      'filter[person][lt]=5000',
      'group=person&aggregate[id]=count',
      'aggregate[person_id]=max',
    ]) {
      expect((await running.get(`/notes?${query}`)).status, query).toBe(400)
    }
    const texts = await Promise.all(
      ['/notes', '/people', '/notes?include=person', '/people/ada/notes'].map(
        async path => (await running.get(path)).text,
      ),
    )
    expect(texts.join('')).not.toMatch(/471[12]/)
  })

  it('is refused where it is not unique or may be null', async () => {
    const schemaFound = await running.server.runtime().database.introspect()
    const compile = (key: string) => () =>
      compileApi(api(key), schemaFound, running.server.runtime().database.sqlTypeOf)
    expect(compile('nickname')).toThrow('nickname is not unique')
    expect(compile('handel')).toThrow('no column "handel"')
  })
})
