// Starts the API of notes over a database of its own, sends it writes, and asks the database what was done.
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { withClient } from '../../src/databases/postgres/with-client.ts'
import { type ApiUnderTest, type Reply, signToken, startApi } from '../support/api-under-test.ts'
import { emptyDatabase, type Server, type TestDatabase } from '../support/databases.ts'
import { notesApi } from './notes-api.ts'

const sql = `
create table notes (id int generated always as identity primary key, ref text not null, text text not null check (text <> 'wrong'), count int not null default 0);
create table tags (word text primary key);`

export interface SendOptions {
  readonly key?: string | undefined
  /** Signed in as user 20 when left out; null: nobody. */
  readonly token?: string | null
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface Notes {
  readonly api: ApiUnderTest
  readonly database: TestDatabase
  readonly tokens: { readonly regular: string; readonly other: string; readonly admin: string }
  /** Sends a body of JSON, a POST when nothing else is said. */
  send(path: string, body: unknown, options?: SendOptions): Promise<Reply>
  /** The first column of what the database itself says. */
  column(sql: string, values?: readonly unknown[]): Promise<unknown[]>
  client: pg.Client
  close(): Promise<void>
}

export async function makeNotes(server: Server): Promise<TestDatabase> {
  const database = await emptyDatabase(server)
  await withClient(database.config, client => client.query(sql))
  return database
}

export async function startNotes(database: TestDatabase, options: Parameters<typeof notesApi>[0] = {}): Promise<Notes> {
  const api = await startApi(notesApi(options), database)
  const client = new pg.Client(database.url)
  await client.connect()
  const tokens = {
    regular: await signToken('20'),
    other: await signToken('18'),
    admin: await signToken('1', { role: 'admin' }),
  }
  return {
    ...{ api, database, tokens, client },
    send: (path, body, { key, token = tokens.regular, method = 'POST', headers = {} } = {}) =>
      api.get(path, {
        ...{ method, token, body: JSON.stringify(body) },
        headers: {
          'content-type': 'application/json',
          ...(key !== undefined && { 'idempotency-key': key }),
          ...headers,
        },
      }),
    column: async (text, values = []) => {
      const { rows } = await client.query({ text, values: [...values], rowMode: 'array' })
      return rows.map(([first]: unknown[]) => first)
    },
    async close() {
      await client.end()
      await api.close()
    },
  }
}

export const newKey = (): string => randomUUID()
