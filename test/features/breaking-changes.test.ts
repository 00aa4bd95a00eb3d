// What an API publishes, and which changes of it break a client: every kind is named, and additions are not.
import type pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Database } from '../../src/databases/database.ts'
import { connectPostgres } from '../../src/databases/postgres/connect.ts'
import { withClient } from '../../src/databases/postgres/with-client.ts'
import { defineApi, defineVersion, resource, tables } from '../../src/index.ts'
import { type ApiDescription, describeApi } from '../../src/openapi/describe-api.ts'
import { findBreaking } from '../../src/openapi/find-breaking.ts'
import { compileVersions } from '../../src/schema/compile-versions.ts'
import type { ApiDefinition, ApiOptions, ResourceOptions } from '../../src/schema/resource-definition.ts'
import { describeEachServer, emptyDatabase } from '../support/databases.ts'

const sql = `
create type kind as enum ('short', 'long', 'odd');
create type fewer as enum ('short', 'long');
create table makers (id int primary key);
create table films (id int primary key, name text not null, length int4, kind kind not null default 'short', tags text[], maker_id int references makers);
create table others (id int primary key, name text, length text, kind fewer not null default 'short', tags int[], maker_id int references makers,
  made date not null);`

const db = tables({
  makers: { key: 'id', columns: { id: 'int4' } },
  films: {
    key: 'id',
    columns: {
      id: 'int4',
      name: 'text',
      length: 'int4 null',
      kind: "'short' | 'long' | 'odd'",
      tags: 'text[] null',
      maker_id: 'int4 null',
    },
    relationships: { maker: { belongsTo: 'makers', by: 'maker_id' } },
  },
  others: {
    key: 'id',
    columns: {
      id: 'int4',
      name: 'text null',
      length: 'text null',
      kind: "'short' | 'long'",
      tags: 'int4[] null',
      maker_id: 'int4 null',
      made: 'date',
    },
    relationships: { maker: { belongsTo: 'makers', by: 'maker_id' } },
  },
} as never) as never as Record<'makers' | 'films' | 'others', never>

const roles = { guest: 'anyone', staff: { role: 'staff' } } as const
const base = {
  roles: {
    guest: { read: 'all' },
    staff: { extends: 'guest', write: { create: 'all', update: 'all' }, delete: true },
  },
  schema: { name: { maxLength: 50 } },
  filters: ['name', 'length'],
  sorts: ['name', 'id'],
  scopes: { long: { where: { length: { gte: 100 } } } },
  actions: { shorten: { set: { length: 1 }, roles: ['staff'] } },
} as const satisfies ResourceOptions

describeEachServer('a description', server => {
  let database: Database
  beforeAll(async () => {
    const { config } = await emptyDatabase(server)
    await withClient(config, client => client.query(sql))
    database = connectPostgres({ config: config as pg.ClientConfig })
  })
  afterAll(() => database.close())

  const films = (options: ResourceOptions = {}, table: 'films' | 'others' = 'films') =>
    resource(db[table], { ...base, ...options } as never)
  const makers = resource(db.makers, { roles: { guest: { read: 'all' } } } as never)
  const api = (resources: object = { films: films(), makers }, options: ApiOptions = {}) =>
    defineApi(resources as never, { roles, ...options } as never) as ApiDefinition
  const describeOf = async (one: ApiDefinition): Promise<ApiDescription> =>
    // As it stands in a file.
    JSON.parse(JSON.stringify(describeApi(compileVersions(one, await database.introspect(), database.sqlTypeOf))))
  const breaks = async (now: ApiDefinition, old = api()) =>
    findBreaking(await describeOf(old), await describeOf(now)).map(({ callers, message }) =>
      callers.length === 0 ? message : `${callers.join(' & ')} | ${message}`,
    )
  const without = <T extends object, K extends keyof T>(object: T, key: K): Omit<T, K> => {
    const { [key]: _, ...rest } = object
    return rest
  }

  it('of what has not changed breaks nobody, nor do additions', async () => {
    expect(await breaks(api())).toEqual([])
    const more = films({
      filters: ['name', 'length', 'kind'],
      sorts: ['name', 'id', 'length'],
      schema: { name: { maxLength: 60 } },
    })
    expect(await breaks(api({ films: more, makers, others: films({}, 'others') }))).toEqual([])
    expect(await breaks(api(undefined, { version: '1', versions: { 0: defineVersion({ films: films() }) } }))).toEqual(
      [],
    )
  })

  it('tells of a resource, a method, a field and a word of a query that is gone', async () => {
    expect(await breaks(api({ makers }, { roles: { guest: 'anyone' } }))).toEqual(['films: is gone'])
    expect(
      await breaks(
        api({ films: films({ roles: { ...base.roles, staff: without(base.roles.staff, 'delete') } }), makers }),
      ),
    ).toEqual(['role staff | films: DELETE of the list is gone', 'role staff | films: DELETE of an item is gone'])
    const narrow = films({ roles: { ...base.roles, guest: { read: { without: ['length', 'maker'] } } } })
    expect(await breaks(api({ films: narrow, makers }))).toEqual(
      expect.arrayContaining([
        'films: field "length" is gone',
        'films: field "maker" is gone',
        'films: filter "length" is gone',
        'films: include "maker" is gone',
      ]),
    )
    expect(
      await breaks(api({ films: films({ filters: ['name'], sorts: ['id'], scopes: {}, actions: {} }), makers })),
    ).toEqual([
      'films: filter "length" is gone',
      'films: sort "name" is gone',
      'films: scope "long" is gone',
      'role staff | films: action "shorten" is gone',
    ])
    expect(await breaks(api({ films: films({ page: { size: 10, maxSize: 50 } }), makers }))).toEqual([
      'films: a page has at most 50 records, not 100',
      'films: a page has 10 records where none is asked for, not 25',
    ])
    const hidden = films({ roles: { ...base.roles, guest: { read: 'all', defaults: { without: ['length'] } } } })
    expect(await breaks(api({ films: hidden, makers }))).toEqual(['films: field "length" is no longer always shown'])
  })

  it('tells whom a change breaks', async () => {
    const staffOnly = films({
      roles: {
        ...base.roles,
        guest: { read: { without: ['name'] } },
        staff: { ...without(base.roles.staff, 'extends'), read: 'all' },
      },
    })
    expect(await breaks(api({ films: staffOnly, makers }))).toContain(
      'anonymous & authenticated | films: field "name" is gone',
    )
    expect(await breaks(api(undefined, { roles: { guest: 'authenticated', staff: { role: 'staff' } } }))).toEqual([
      'anonymous | films: is gone',
      'anonymous | makers: is gone',
    ])
  })

  it('tells of values that may be others, and of those that are no longer taken', async () => {
    const found = await breaks(
      api({ films: films({ filters: ['name'], scopes: {}, actions: {} }, 'others'), makers }),
      api({ films: films({ filters: ['name'], scopes: {}, actions: {} }), makers }),
    )
    expect(found).toEqual([
      'films: field "name" may be null now',
      'films: field "length" is no longer an integer',
      'films: field "length" may be a string now',
      'films: field "kind" is no longer "odd" ever',
      'films: an item of field "tags" is no longer a string',
      'films: an item of field "tags" may be an integer now',
      'role staff | films: create: "made" is required now',
      'role staff | films: create: "length" is no longer an integer',
      'role staff | films: create: "kind" is no longer "odd" ever',
      'role staff | films: create: an item of "tags" is no longer a string',
      'role staff | films: update: "length" is no longer an integer',
      'role staff | films: update: "kind" is no longer "odd" ever',
      'role staff | films: update: an item of "tags" is no longer a string',
    ])
    expect(
      await breaks(api({ films: films({ schema: { name: { maxLength: 40, minLength: 2, pattern: '^a' } } }), makers })),
    ).toEqual(
      ['create', 'update'].flatMap(kind =>
        ['minLength 2 now', 'maxLength 40 now', 'pattern "^a" now, not null'].map(
          what => `role staff | films: ${kind}: "name" has ${what}`,
        ),
      ),
    )
    const fixed = films({
      roles: { ...base.roles, staff: { ...base.roles.staff, write: { create: 'all', update: { without: ['name'] } } } },
    })
    expect(await breaks(api({ films: fixed, makers }))).toEqual([
      'role staff | films: update: "name" is no longer taken',
    ])
  })

  it('tells of versions that are gone, and of another current one', async () => {
    const two = (version: string, older: string[]) =>
      api(undefined, {
        version,
        versions: Object.fromEntries(older.map(one => [one, defineVersion({ films: films() })])),
      })
    expect(await breaks(two('3', ['2']), two('2', ['1']))).toEqual([
      'is no longer served',
      'films: include "maker" is gone',
      'makers: is gone',
      'is no longer what is served to who names none: that is 3 now',
    ])
  })
})
