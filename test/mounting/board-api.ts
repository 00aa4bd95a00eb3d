// A board on which anybody may pin notes: the API that is mounted on every host.
import type pg from 'pg'
import { withClient } from '../../src/databases/postgres/with-client.ts'
import { defineApi, resource, tables } from '../../src/index.ts'
import { emptyDatabase, type Server, type TestDatabase } from '../support/databases.ts'

const db = tables({
  notes: { key: 'id', columns: { id: 'int4 generated', text: 'text' } },
  lines: { key: 'id', columns: { id: 'int4', text: 'text' } },
} as const)

export const boardApi = () =>
  defineApi(
    {
      notes: resource(db.notes, {
        filters: ['text'],
        roles: {
          guest: { read: 'all', write: { create: { only: ['text'] } } },
          regular: { read: 'all', delete: true },
        },
      }),
      lines: resource(db.lines, { roles: { guest: { read: 'all' } } }),
    },
    { roles: { guest: 'anyone', regular: 'authenticated' }, limits: { maxExportRows: 1_000_000 } },
  )

export const lineCount = 100_000

export async function makeBoard(server: Server): Promise<TestDatabase> {
  const database = await emptyDatabase(server)
  for (const statement of [
    'create table notes (id int generated always as identity primary key, text text not null)',
    "insert into notes (text) values ('first'), ('å/ä ö')",
    'create table lines (id int primary key, text text not null)',
    `insert into lines select i, repeat(md5(i::text), 4) from generate_series(1, ${lineCount}) i`,
  ])
    await withClient(database.config as pg.ClientConfig, client => client.query(statement))
  return database
}
