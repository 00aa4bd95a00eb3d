// What the compiler knows of a definition: enough for handlers now and for a client later.

import type { Insertable, Selectable } from 'kysely'
import { expectTypeOf } from 'vitest'
import {
  type ApiDefinition,
  compute,
  defineApi,
  type Filter,
  given,
  type JsonRowOf,
  principal,
  type ResourceDefinition,
  type RowOf,
  resource,
  tables,
} from '../../src/index.ts'
import type { ResourceOptions } from '../../src/schema/resource-definition.ts'
import type { SchemaDefinition } from '../../src/schema/schema-definition.ts'
import { type DB, db, type Schema } from './schema.ts'

// Rows
expectTypeOf<RowOf<Schema, 'comments'>>().toEqualTypeOf<{
  id: string
  user_id: string | null
  video_id: string
  text: string
  created_at: Date
}>()
expectTypeOf<JsonRowOf<Schema, 'comments'>['created_at']>().toEqualTypeOf<string>()
expectTypeOf<JsonRowOf<Schema, 'videos'>['tags']>().toEqualTypeOf<string[]>()
expectTypeOf<Selectable<DB['videos']>['state']>().toEqualTypeOf<'draft' | 'published'>()
expectTypeOf<Insertable<DB['follows']>['follower_id']>().toEqualTypeOf<string | number>()
expectTypeOf<{ follower_id: 1; followee_id: '2' }>().toExtend<Insertable<DB['follows']>>()

// Words that the dictionary does not have are text that is not compared.
const odd = tables({
  places: {
    columns: {
      id: 'int4 generated',
      area: 'geometry',
      hull: 'geometry null',
      mood: { enum: ['good', 'bad'], null: true },
      moods: { enum: ['good', 'bad'], array: true },
    },
  },
})
type Odd = typeof odd.places.schema
expectTypeOf<RowOf<Odd, 'places'>>().toEqualTypeOf<{
  id: number | null
  area: string
  hull: string | null
  mood: 'good' | 'bad' | null
  moods: ('good' | 'bad')[]
}>()
expectTypeOf<Filter<Odd, 'places'>['area']>().toEqualTypeOf<undefined>()
expectTypeOf<{ hull: null; mood: 'good'; moods: { has: 'bad' } }>().toExtend<Filter<Odd, 'places'>>()

// The literals of a definition
const videos = resource(db.videos, {
  computed: {
    popular: { where: { views_count: { gte: 1000 } } },
    label: compute(db.videos, { type: 'text', from: ['title'], values: rows => rows.map(row => row.title) }),
  },
  roles: {
    admin: { read: 'all' },
    regular: { extends: 'admin', where: { state: 'published' }, read: { without: ['rating', 'popular'] } },
  },
  filters: ['title', { since: { published_at: { gte: given } } }],
  sorts: { username: 'user.username' },
  key: 'title',
  rename: { description: 'text' },
  relationships: { user: { key: 'shown' } },
})
type Definition = NonNullable<(typeof videos)['types']>['definition']
expectTypeOf<(typeof videos)['table']>().toEqualTypeOf<'videos'>()
expectTypeOf<Definition['roles']['regular']['extends']>().toEqualTypeOf<'admin'>()
expectTypeOf<Definition['roles']['regular']['read']>().toEqualTypeOf<{
  readonly without: readonly ['rating', 'popular']
}>()
expectTypeOf<Definition['computed']['label']['type']>().toEqualTypeOf<'text'>()
expectTypeOf<Definition['filters'][0]>().toEqualTypeOf<'title'>()
expectTypeOf<keyof Definition['filters'][1]>().toEqualTypeOf<'since'>()
expectTypeOf<Definition['sorts']>().toEqualTypeOf<{ username: 'user.username' }>()
expectTypeOf<Definition['key']>().toEqualTypeOf<'title'>()
expectTypeOf<Definition['rename']>().toEqualTypeOf<{ description: 'text' }>()
expectTypeOf<Definition['relationships']>().toEqualTypeOf<{ user: { readonly key: 'shown' } }>()

// What the typed form accepts, the plain form accepts too.
const options = {
  computed: {
    followed: { exists: { followers: { follower: principal('id') } } },
    videos_count: { count: { videos: true }, sees: 'all' },
    shown_name: { field: 'username' },
    popular: { where: { followers_count: { gte: 1000 } } },
    label: { type: 'text', sql: '{name}' },
    initial: compute(db.users, {
      type: 'text',
      from: ['name'],
      claims: ['locale'],
      values: async (rows, { claims }) => rows.map(row => row.name?.[0] ?? String(claims.locale)),
    }),
  },
  roles: {
    admin: {
      read: 'all',
      write: { create: 'all', update: { without: ['id'] } },
      delete: true,
      set: { name: principal('name') },
    },
    owner: {
      extends: 'admin',
      when: { id: principal('id') },
      anonymous: true,
      defaults: { list: { only: ['id'] }, item: 'all' },
    },
  },
  filters: ['id', { since: { created_at: { gte: given } } }],
  sorts: ['id', { name: 'name' }],
  defaultSort: ['-id', 'name'],
  scopes: { active: { params: { from: 'date' }, where: { suspended_at: null }, publishes: true } },
  naturalKey: 'username',
  key: ['id'],
  rename: { url: 'homepage' },
  page: { size: 10 },
  schema: { username: { minLength: 3 } },
  rules: { fine: { fields: ['id', 'name'], check: () => null } },
} as const satisfies ResourceOptions
const users = resource(db.users, options)
expectTypeOf(users).toExtend<ResourceDefinition>()
const api = defineApi({ users, videos }, { roles: { admin: { role: ['admin', 'root'] }, regular: 'authenticated' } })
expectTypeOf(api).toExtend<ApiDefinition>()

// A schema that is read at run time has no types: everything goes, and is checked when it is compiled.
const read = tables({} as SchemaDefinition)
const anything = resource(read.anything as (typeof read)[string], {
  roles: { guest: { read: { only: ['whatever'] }, where: { whatever: 'x' } } },
  sorts: ['whatever'],
})
defineApi({ anything } as Record<string, ResourceDefinition>, { roles: { guest: 'anyone' } })
