// A definition is plain data.
import { describe, expect, it } from 'vitest'
import { defineApi } from './api.ts'
import { compute } from './compute.ts'
import { field, given, now, param, principal } from './filter-words.ts'
import { resource } from './resource.ts'
import type { ApiDefinition, ResourceDefinition } from './resource-definition.ts'
import { tables } from './table.ts'

const schema = {
  users: {
    key: 'id',
    columns: { id: 'int4 default', name: 'text', created_at: 'timestamptz default' },
    relationships: { videos: { hasMany: 'videos', by: 'user_id' } },
  },
  videos: {
    key: 'id',
    columns: { id: 'int4 default', user_id: 'int4', title: 'text', published_at: 'timestamptz null' },
    relationships: { user: { belongsTo: 'users', by: 'user_id' } },
  },
} as const
const db = tables(schema)

describe('tables', () => {
  it('names every table and keeps the schema as it is', () => {
    expect(db).toEqual({ users: { name: 'users', schema }, videos: { name: 'videos', schema } })
    expect(db.users.schema).toBe(schema)
  })

  it('takes names that objects have of their own', () => {
    const odd = tables(JSON.parse('{"__proto__":{"columns":{}},"constructor":{"columns":{}}}'))
    expect(Object.keys(odd)).toEqual(['__proto__', 'constructor'])
  })
})

describe('resource', () => {
  const options = {
    roles: {
      owner: { when: { user: principal('id') }, read: 'all', set: { published_at: now } },
      guest: { where: { title: { ne: field('id') } }, read: { only: ['title'] } },
    },
    filters: ['title', { since: { published_at: { gte: given } } }],
    scopes: { after: { params: { time: 'timestamptz' }, where: { published_at: { gt: param('time') } } } },
    sorts: { name: 'user.name' },
  } as const

  it('is its table, its schema and its options, word for word', () => {
    const videos: ResourceDefinition = resource(db.videos, options)
    expect(videos).toStrictEqual({ kind: 'resource', table: 'videos', schema, options })
    expect(videos.options).toBe(options)
  })

  it('survives being written as JSON, stand-ins included', () => {
    const videos = resource(db.videos, options)
    expect(JSON.parse(JSON.stringify(videos))).toEqual(videos)
    expect(JSON.parse(JSON.stringify(videos.options))).toMatchObject({
      roles: { owner: { when: { user: { principal: 'id' } }, set: { published_at: { now: true } } } },
      filters: ['title', { since: { published_at: { gte: { given: true } } } }],
      scopes: { after: { where: { published_at: { gt: { param: 'time' } } } } },
    })
  })

  it('holds a function only where a field is made in TypeScript', async () => {
    const users = resource(db.users, {
      computed: {
        greeting: compute(db.users, {
          type: 'text',
          from: ['name', 'created_at'],
          claims: ['word'],
          values: (rows, { claims }) => rows.map(row => `${claims.word}, ${row.name} of ${row.created_at.slice(0, 4)}`),
        }),
      },
    })
    const definition: ResourceDefinition = users
    const greeting = definition.options.computed?.greeting
    expect(greeting).toEqual({
      type: 'text',
      from: ['name', 'created_at'],
      claims: ['word'],
      values: expect.any(Function),
    })
    if (!greeting || !('values' in greeting)) throw new Error('it is made in TypeScript')
    const rows = [{ name: 'Ada', created_at: '2015-08-05T13:56:05Z' }] as unknown as readonly never[]
    expect(await greeting.values(rows, { claims: { word: 'Hello' } })).toEqual(['Hello, Ada of 2015'])
  })
})

describe('defineApi', () => {
  it('is its resources and its options', () => {
    const videos = resource(db.videos, { roles: { admin: { read: 'all' }, guest: { read: 'none' } } })
    const api: ApiDefinition = defineApi({ videos }, { roles: { admin: { role: 'admin' }, guest: 'anyone' } })
    expect(api).toStrictEqual({
      kind: 'api',
      resources: { videos },
      options: { roles: { admin: { role: 'admin' }, guest: 'anyone' } },
    })
    expect(JSON.parse(JSON.stringify(api))).toEqual(api)
  })

  it('has options also where none are given', () => {
    expect(defineApi({}).options).toEqual({})
  })
})
