// A small library whose answers depend on rows, roles, ids and claims, and what tests ask of a server of it.
import { readFile } from 'node:fs/promises'
import pg from 'pg'
import { expect, vi } from 'vitest'
import type { ConnectOptions } from '../../src/databases/postgres/connect.ts'
import { defineApi, now, principal, resource, tables } from '../../src/index.ts'
import type { ApiOptions } from '../../src/schema/resource-definition.ts'
import { type ApiUnderTest, type Reply, type RequestOptions, startApi } from '../support/api-under-test.ts'
import { emptyDatabase, type Server } from '../support/databases.ts'

const sql = `
create table people (id int primary key, name text not null unique, phone text, team int, updated_at timestamptz not null default now());
create table books (id int primary key, title text not null, secret text, shelf int not null default 1, open boolean not null default true,
  due timestamptz, updated_at timestamptz not null default now(), person_id int references people on delete cascade);
create table tags (id int primary key, word text not null unique);
create table book_tags (book_id int references books on delete cascade, tag_id int references tags, primary key (book_id, tag_id));
create table bans (id int primary key, person_id int references people);
create view counts as select 1 as id, count(*)::int as books from books;
insert into people select i, 'person ' || i, '+' || i, i % 2, '2020-01-01' from generate_series(1, 6) i;
insert into books select i, 'book ' || i, 's' || i, i % 3, i % 5 <> 0, '2000-01-01', '2020-01-01', 1 + i % 6 from generate_series(1, 30) i;
insert into tags values (1, 'red'), (2, 'blue');
insert into book_tags select i, 1 + i % 2 from generate_series(1, 30) i;`

const db = tables({
  people: {
    key: 'id',
    columns: { id: 'int4', name: 'text', phone: 'text null', team: 'int4 null', updated_at: 'timestamptz' },
    relationships: { books: { hasMany: 'books', by: 'person_id' }, bans: { hasMany: 'bans', by: 'person_id' } },
  },
  books: {
    key: 'id',
    columns: {
      id: 'int4',
      title: 'text',
      secret: 'text null',
      shelf: 'int4',
      open: 'bool',
      due: 'timestamptz null',
      updated_at: 'timestamptz',
      person_id: 'int4 null',
    },
    relationships: {
      person: { belongsTo: 'people', by: 'person_id' },
      tags: { manyToMany: 'tags', through: 'book_tags', by: ['book_id', 'tag_id'] },
    },
  },
  tags: {
    key: 'id',
    columns: { id: 'int4', word: 'text' },
    relationships: { books: { manyToMany: 'books', through: 'book_tags', by: ['tag_id', 'book_id'] } },
  },
  book_tags: {
    key: ['book_id', 'tag_id'],
    columns: { book_id: 'int4', tag_id: 'int4' },
    relationships: { book: { belongsTo: 'books', by: 'book_id' }, tag: { belongsTo: 'tags', by: 'tag_id' } },
  },
  bans: {
    key: 'id',
    columns: { id: 'int4', person_id: 'int4 null' },
    relationships: { person: { belongsTo: 'people', by: 'person_id' } },
  },
  counts: { key: 'id', columns: { id: 'int4', books: 'int4' } },
} as const)

const shown = { without: ['secret', 'updated_at'] } as const
const defaults = { without: ['late', 'shout', 'whisper'] } as const

/** Guests see open books of people who are not banned; who has signed in sees his own, those of his team, and with the claim `librarian` all. */
const define = (options: Pick<ApiOptions, 'responseCache' | 'limits'>) =>
  defineApi(
    {
      people: resource(db.people, {
        naturalKey: 'name',
        roles: {
          guest: { read: { without: ['phone', 'updated_at', 'bans'] }, where: { bans: { none: {} } } },
          owner: { when: { id: principal('id') }, read: 'all' },
          mate: { when: { team: principal('team') }, read: 'all' },
        },
      }),
      books: resource(db.books, {
        roles: {
          guest: { read: shown, defaults, where: { open: true } },
          owner: { when: { person: principal('id') }, read: 'all', defaults },
          librarian: { read: 'all', defaults },
        },
        computed: {
          late: { where: { due: { lt: now } } },
          shout: { type: 'text', sql: 'upper({title})' },
          whisper: {
            type: 'text',
            from: ['title'],
            values: rows => rows.map(({ title }) => `${title}`.toLowerCase()),
          },
        },
      }),
      tags: resource(db.tags, { roles: { guest: { read: 'all' } } }),
      book_tags: resource(db.book_tags, { roles: { guest: { read: 'all' } } }),
      counts: resource(db.counts, { roles: { guest: { read: 'all' } } }),
    },
    {
      ...options,
      roles: {
        guest: 'anyone',
        owner: 'authenticated',
        mate: 'authenticated',
        librarian: { librarian: true },
      },
    },
  )

export interface Library {
  readonly api: ApiUnderTest
  /** Runs a statement as others would write into the database. */
  write(statement: string): Promise<pg.QueryResult>
  /** An answer that must be 200, and how many statements it took. */
  ask(path: string, options?: RequestOptions): Promise<Reply & { readonly statements: number }>
  /** Until the server has heard of all that was written so far. */
  heard(): Promise<void>
  close(): Promise<void>
}

export async function openLibrary(
  server: Server,
  options: Pick<ApiOptions, 'responseCache' | 'limits'> = {},
  connecting: Partial<ConnectOptions> = {},
): Promise<Library> {
  const database = await emptyDatabase(server)
  const client = new pg.Client(database.config as pg.ClientConfig)
  await client.connect()
  await client.query(sql)
  for (const statement of await documentedSql()) await client.query(statement)
  const api = await startApi(define(options), database, connecting)
  const heard = async () => {
    const { answers } = api.server.runtime()
    if (!answers) return
    // What the server is told comes in order.
    const told = vi.spyOn(answers, 'changed')
    await client.query(`notify colonnade, 'changed the.last'`)
    await vi.waitFor(() => expect(told).toHaveBeenCalledWith(['the.last']), { timeout: 10_000, interval: 2 })
    told.mockRestore()
  }
  return {
    api,
    heard,
    write: statement => client.query(statement),
    async ask(path, asked) {
      const before = api.statements.length
      const reply = await api.get(path, asked)
      if (reply.status !== 200) throw new Error(`${path}: ${reply.status} ${reply.text.slice(0, 300)}`)
      return { ...reply, statements: api.statements.length - before }
    },
    async close() {
      await client.end()
      await api.close()
    },
  }
}

/** The SQL that docs/caching.md gives for telling of changes, block by block. */
export async function documentedSql(): Promise<readonly string[]> {
  const text = await readFile(new URL('../../docs/caching.md', import.meta.url), 'utf8')
  return [...text.matchAll(/```sql\n(.*?)```/gs)].map(([, block]) => block as string)
}
