// A newsroom for tests of caches: what is the same for everybody, what is not, and what nobody may keep.
import { withClient } from '../../src/databases/postgres/with-client.ts'
import { defineApi, now, principal, resource, tables } from '../../src/index.ts'
import type { ApiOptions } from '../../src/schema/resource-definition.ts'
import { type ApiUnderTest, startApi } from '../support/api-under-test.ts'
import { emptyDatabase, type Server } from '../support/databases.ts'

const sql = `
create table topics (id int primary key, name text not null, updated_at timestamptz not null);
create table stories (id int primary key, title text not null, secret text, open boolean not null default true, updated_at timestamptz not null,
  topic_id int references topics, owner_id int);
create table drafts (id int primary key, title text not null, shown boolean not null, owner_id int not null, updated_at timestamptz not null);
create table votes (id int primary key, story_id int references stories, updated_at timestamptz not null);
insert into topics select i, 'topic ' || i, '2020-01-01 00:00:00+00' from generate_series(1, 3) i;
insert into stories select i, 'story ' || i, 's' || i, i % 5 <> 0, '2020-01-01'::timestamptz + i * interval '1.25 seconds', 1 + i % 3, 1 + i % 2 from generate_series(1, 2000) i;
insert into drafts select i, 'draft ' || i, i % 2 = 0, 1 + i % 3, '2020-01-01'::timestamptz + i * interval '1 minute' from generate_series(1, 30) i;
insert into votes values (1, 1, '2020-01-01'), (2, 1, 'infinity'), (3, 2, '0044-03-15 BC');
analyze;`

const db = tables({
  topics: {
    key: 'id',
    columns: { id: 'int4', name: 'text', updated_at: 'timestamptz' },
    relationships: { stories: { hasMany: 'stories', by: 'topic_id' } },
  },
  stories: {
    key: 'id',
    columns: {
      id: 'int4',
      title: 'text',
      secret: 'text null',
      open: 'bool',
      updated_at: 'timestamptz',
      topic_id: 'int4 null',
      owner_id: 'int4 null',
    },
    relationships: {
      topic: { belongsTo: 'topics', by: 'topic_id' },
      votes: { hasMany: 'votes', by: 'story_id' },
    },
  },
  drafts: {
    key: 'id',
    columns: { id: 'int4', title: 'text', shown: 'bool', owner_id: 'int4', updated_at: 'timestamptz' },
  },
  votes: {
    key: 'id',
    columns: { id: 'int4', story_id: 'int4 null', updated_at: 'timestamptz' },
    relationships: { story: { belongsTo: 'stories', by: 'story_id' } },
  },
} as const)

const byTime = { lastModified: 'updated_at', list: 'updated_at' } as const

const define = (options: Pick<ApiOptions, 'caching' | 'cacheVersion'>) =>
  defineApi(
    {
      // The same for everybody.
      topics: resource(db.topics, {
        roles: { guest: { read: 'all' } },
        caching: { ...byTime, maxAge: 0, sMaxAge: 1 },
      }),
      // Of some for everybody alike, and of all for the editor.
      stories: resource(db.stories, {
        roles: {
          guest: { read: { without: ['secret', 'owner_id'] }, defaults: { without: ['fresh'] }, where: { open: true } },
          editor: { read: 'all', defaults: { without: ['fresh'] } },
        },
        computed: { fresh: { where: { updated_at: { gte: now } } } },
        caching: byTime,
      }),
      // When it was changed, some roles tell of some rows alone; whose it is, is a claim.
      drafts: resource(db.drafts, {
        roles: {
          guest: { read: { only: ['title', 'shown'] } },
          reader: { when: { shown: true }, anonymous: true, read: { only: ['updated_at'] } },
          owner: { when: { owner_id: principal('id') }, read: 'all' },
        },
        caching: byTime,
      }),
      votes: resource(db.votes, { roles: { guest: { read: 'all' } }, caching: false }),
    },
    { ...options, roles: { guest: 'anyone', editor: { role: 'editor' } } },
  )

export interface Newsroom extends ApiUnderTest {
  write(statement: string): Promise<unknown>
}

export async function openNewsroom(
  server: Server,
  options: Pick<ApiOptions, 'caching' | 'cacheVersion'> = {},
  from?: Newsroom,
): Promise<Newsroom> {
  const database = from?.database ?? (await emptyDatabase(server))
  const write = (statement: string) => withClient(database.config as object, client => client.query(statement))
  if (!from) await write(sql)
  return { ...(await startApi(define(options), database)), write }
}
