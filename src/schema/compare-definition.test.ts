// What `colonnade check` finds after the tables of a real database have changed under a definition.
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeEachServer, emptyDatabase, type TestDatabase } from '../../test/support/databases.ts'
import { introspect } from '../databases/postgres/introspect.ts'
import { compareDefinition } from './compare-definition.ts'
import { defineTables } from './define-tables.ts'
import type { SchemaDefinition } from './schema-definition.ts'

describeEachServer('a comparison with the database', server => {
  let database: TestDatabase
  let client: pg.Client
  let pulled: SchemaDefinition
  beforeAll(async () => {
    database = await emptyDatabase(server)
    client = new pg.Client(database.config)
    await client.connect()
    await client.query(`
      create type state as enum ('draft', 'published');
      create table users (id int primary key, email text, bio text not null, at timestamptz not null default now(), twice int generated always as (2) stored);
      create table videos (id int primary key, user_id int references users, state state not null default 'draft', tags text[]);
      create view drafts as select id, user_id from videos where state = 'draft'`)
    pulled = defineTables(await introspect(client))
  })
  afterAll(async () => {
    await client.end()
    await database.drop()
  })

  const changesAfter = async (sql: string, definition = pulled) => {
    await client.query('begin')
    try {
      await client.query(sql)
      return compareDefinition(definition, await introspect(client)).map(one => [one.kind, one.breaking, one.message])
    } finally {
      await client.query('rollback')
    }
  }

  test('finds nothing where nothing changed, nor where names were changed by hand', async () => {
    expect(await changesAfter('select 1')).toEqual([])
    const users = {
      ...pulled.users,
      columns: pulled.users?.columns ?? {},
      relationships: { films: { hasMany: 'videos', by: 'user_id' } },
    }
    const drafts = {
      columns: pulled.drafts?.columns ?? {},
      key: 'id',
      relationships: { user: { belongsTo: 'users', by: 'user_id' } },
    }
    expect(await changesAfter('select 1', { ...pulled, users, drafts })).toEqual([])
  })

  test.each([
    [
      'drop view drafts',
      'missingTable',
      true,
      'drafts is not in the database any more, or this login may not select from it.',
    ],
    ['create table notes (id int)', 'newTable', false, 'notes is new, and belongs to nobody until it is pulled.'],
    ['alter table users drop email', 'missingColumn', true, 'users.email is not in the database any more.'],
    [
      'alter table users add age int',
      'newColumn',
      false,
      'users.age is new, and belongs to nobody until it is pulled.',
    ],
    [
      'alter table users add age int not null',
      'newColumn',
      true,
      'users.age is new, and belongs to nobody until it is pulled; no row can be created without it.',
    ],
    ['alter table users alter email type varchar(99)', null, false, ''],
    [
      'alter table users alter email type bytea using null',
      'typeChanged',
      true,
      'users.email is bytea in the database and text in the definition.',
    ],
    [
      'alter table videos alter tags type text using null',
      'typeChanged',
      true,
      'videos.tags is text in the database and text[] in the definition.',
    ],
    ['alter table users alter email set not null', 'nullabilityChanged', true, 'users.email cannot be null any more.'],
    ['alter table users alter bio drop not null', 'nullabilityChanged', true, 'users.bio can be null now.'],
    [
      'alter table users alter at drop default',
      'defaultChanged',
      true,
      'users.at has no default any more, so that new rows have to say it.',
    ],
    [`alter table users alter bio set default ''`, 'defaultChanged', false, 'users.bio has a default now.'],
    [
      'alter table users alter twice drop expression',
      'defaultChanged',
      true,
      'users.twice is not computed by the database any more.',
    ],
    [
      `alter type state rename value 'published' to 'out'`,
      'labelsAdded',
      false,
      'videos.state has the new label "out".',
      'labelsRemoved',
      true,
      'videos.state has lost the label "published".',
    ],
    [
      'alter table users drop constraint users_pkey cascade; alter table users add primary key (id, bio)',
      'keyChanged',
      true,
      'users has the key id, bio in the database and id in the definition.',
      'missingRelationship',
      true,
      'users.videos is a relationship without a foreign key in the database.',
      'missingRelationship',
      true,
      'videos.user is a relationship without a foreign key in the database.',
    ],
    [
      'alter table videos add foreign key (id) references users',
      'newRelationship',
      false,
      'users.video_as_user is a new relationship, and belongs to nobody until it is pulled.',
      'newRelationship',
      false,
      'videos.user_by_id is a new relationship, and belongs to nobody until it is pulled.',
    ],
  ])('%s', async (sql, ...expected) => {
    const found = await changesAfter(sql)
    if (expected[0] === null) return expect(found).toEqual([])
    const rows = Array.from({ length: expected.length / 3 }, (_, i) => expected.slice(i * 3, i * 3 + 3))
    expect(found).toEqual(rows)
  })

  describe('of labels', () => {
    test('tells a new one, and another order', async () => {
      await client.query(`alter type state add value 'hidden'`)
      expect(await changesAfter('select 1')).toEqual([
        ['labelsAdded', false, 'videos.state has the new label "hidden".'],
      ])
      const defined = {
        ...pulled,
        videos: {
          ...pulled.videos,
          columns: {
            ...pulled.videos?.columns,
            state: { enum: ['published', 'draft', 'hidden'], default: true as const },
          },
        },
      }
      expect(await changesAfter('select 1', defined)).toEqual([
        ['labelsReordered', false, 'videos.state sorts otherwise: its labels stand in another order now.'],
      ])
    })
  })
})
