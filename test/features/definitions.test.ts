// Definitions that do not fit are refused at the start, all problems at once, each with its place and what was probably meant.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { withClient } from '../../src/databases/postgres/with-client.ts'
import { compileApi } from '../../src/schema/compile-api.ts'
import type { DatabaseSchema } from '../../src/schema/database-schema.ts'
import { DefinitionError } from '../../src/schema/definition-error.ts'
import type { ApiOptions, ResourceDefinition, ResourceOptions } from '../../src/schema/resource-definition.ts'
import type { SchemaDefinition } from '../../src/schema/schema-definition.ts'
import { type ApiUnderTest, startApi } from '../support/api-under-test.ts'
import { describeEachServer, emptyDatabase } from '../support/databases.ts'

const sql = `
create table people (id int primary key, handle text not null unique, boss_id int references people);
create table badges (person_id int references people, code text, primary key (person_id, code));
create table tags (name text);
`
const schema: SchemaDefinition = {
  people: {
    key: 'id',
    columns: { id: 'int4', handle: 'text', boss_id: 'int4 null' },
    relationships: {
      boss: { belongsTo: 'people', by: 'boss_id' },
      deputy: { hasOne: 'people', by: 'boss_id' },
      badges: { hasMany: 'badges', by: 'person_id' },
    },
  },
  badges: {
    key: ['person_id', 'code'],
    columns: { person_id: 'int4', code: 'text' },
    relationships: { person: { belongsTo: 'people', by: 'person_id' } },
  },
  tags: { columns: { name: 'text' } },
}
const { deputy: _, ...fine } = schema.people?.relationships ?? {}
const sound: SchemaDefinition = {
  ...schema,
  people: { ...(schema.people as NonNullable<typeof schema.people>), relationships: fine },
}
const guest = { roles: { guest: 'anyone' } } as const

describeEachServer('a definition', server => {
  let api: ApiUnderTest
  let found: DatabaseSchema
  beforeAll(async () => {
    const database = await emptyDatabase(server)
    await withClient(database.config, client => client.query(sql))
    api = await startApi('open', database)
    found = await api.server.runtime().database.introspect()
  })
  afterAll(() => api.close())

  function problems(
    options: Readonly<Record<string, ResourceOptions>>,
    apiOptions: ApiOptions = guest,
    tables = sound,
  ): readonly string[] {
    const resources = Object.entries(options).map(([table, one]): [string, ResourceDefinition] => [
      table,
      { kind: 'resource', table, schema: tables, options: one },
    ])
    try {
      compileApi(
        { kind: 'api', resources: Object.fromEntries(resources), options: apiOptions },
        found,
        api.server.runtime().database.sqlTypeOf,
      )
    } catch (error) {
      if (error instanceof DefinitionError) return error.problems
      throw error
    }
    return []
  }

  it('is taken when it fits', () => {
    expect(
      problems({
        people: { roles: { guest: { read: 'all', where: { boss: { handle: 'ada' } } } } },
        badges: { roles: { guest: { read: 'all' } } },
      }),
    ).toEqual([])
  })

  it('is told of every misspelling at once, with what was meant', () => {
    const told = problems({
      people: {
        roles: {
          guest: { read: { without: ['handel'] }, where: { boss: { hanlde: 'x' } } },
          owner: { extends: 'gest' },
        },
        filters: ['handle', 'bos'],
        sorts: { chief: 'boss.handl' },
        defaultSort: '-idd',
        scopes: { odd: { where: { badges: { some: { cod: 1 } } } } },
        naturalKey: 'hndle',
      },
    })
    for (const meant of ['"handle"', '"guest"', '"boss"', '"code"', '"id"'])
      expect(told.join('\n')).toContain(`Did you mean ${meant}?`)
    expect(told.length).toBeGreaterThanOrEqual(7)
  })

  it('is refused where a value is none of its column, or a role extends itself', () => {
    const told = problems({
      people: { roles: { guest: { read: 'all', where: { id: 'seven' } }, a: { extends: 'b' }, b: { extends: 'a' } } },
    }).join('\n')
    expect(told).toContain('"seven" is no int4')
    expect(told).toContain('extends itself')
  })

  it('is refused where nobody can hold a role, or a role is nobody’s', () => {
    const told = problems({ people: { roles: { guset: { read: 'all' } } } }).join('\n')
    expect(told).toContain('of no principal that it holds "guset". Did you mean "guest"?')
    expect(told).toContain('no resource has a role "guest"')
  })

  it('is refused where a policy could fail on a hidden row', () => {
    const computed = { share: { type: 'int4', sql: '10 / {id}' } }
    expect(
      problems({ people: { computed, roles: { guest: { read: 'all', where: { share: { gt: 1 } } } } } }).join(),
    ).toContain('"share" is computed and may fail')
  })

  it('is refused where "one" may be several, or a key would show what another keeps to itself', () => {
    expect(problems({ people: { roles: { guest: { read: 'all' } } } }, guest, schema).join()).toContain(
      'boss_id of people is not unique, so there may be several; say hasMany',
    )
    const told = problems({
      people: { key: 'handle', roles: { guest: { read: { without: ['id'] } } } },
      badges: { roles: { guest: { read: 'all' } } },
    })
    expect(told.join()).toContain('badges.relationships.person: it is part of the key')
  })

  it('lists records without a key by pages of numbers only', async () => {
    expect((await api.get('/tags')).json).toEqual({ data: [], links: { next: null, prev: null } })
    expect((await api.get('/tags?page[after]=x')).status).toBe(400)
    expect((await api.get('/tags/x')).status).toBe(404)
  })
})
