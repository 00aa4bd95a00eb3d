// Reports of a line per number, over HTTP: a database of a test's own, callers who may see more or less of them, and a storage of their own.
import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import { createServer, type RunningServer, type ServerOptions } from '../../src/create-server.ts'
import { type ConnectOptions, connectPostgres } from '../../src/databases/postgres/connect.ts'
import { withClient } from '../../src/databases/postgres/with-client.ts'
import {
  type ApiDefinition,
  defineApi,
  principal,
  type ReportWords,
  report,
  resource,
  tables,
} from '../../src/index.ts'
import { migrate, planMigration } from '../../src/jobs/migrate.ts'
import type { StorageConfig } from '../../src/storage/open-storage.ts'
import { type RequestOptions, signToken } from '../support/api-under-test.ts'
import { cloneDatabase, createTemplate, type Server, type TestDatabase } from '../support/databases.ts'

const base = `
  create table servers (id int primary key, owner text not null);
  insert into servers select n, case when n % 2 = 0 then 'ann' else 'bob' end from generate_series(1, 10) as n;
  create table reports (id uuid primary key default gen_random_uuid(), lines int not null, format text not null default 'ndjson',
    owner text not null, team text, label text unique);
`
const schema = {
  servers: { key: 'id', columns: { id: 'int4', owner: 'text' } },
  reports: {
    key: 'id',
    columns: {
      id: 'uuid default',
      lines: 'int4',
      format: 'text default',
      owner: 'text',
      team: 'text null',
      label: 'text null',
      status: 'text default',
      attempts: 'int4 default',
      last_error: 'jsonb null',
      error: 'jsonb null',
      progress: 'jsonb null',
      run_at: 'timestamptz default',
      priority: 'int4 default',
      created_at: 'timestamptz default',
      updated_at: 'timestamptz default',
      started_at: 'timestamptz null',
      finished_at: 'timestamptz null',
      content_type: 'text null',
      content_size: 'int8 null',
      content_sha256: 'text null',
      expires_at: 'timestamptz null',
      listed_until: 'timestamptz null',
    },
  },
} as const
const db = tables(schema)

export type Words = Partial<ReportWords<typeof schema, 'reports'>>

/** Lines that say their number. */
export async function* lines(count: number): AsyncGenerator<{ readonly n: number; readonly text: string }> {
  for (let n = 1; n <= count; n += 1) yield { n, text: `line ${n}, "quoted"` }
}

export function reportsApi(words: Words = {}): ApiDefinition {
  return defineApi(
    {
      servers: resource(db.servers, { roles: { owner: { when: { owner: principal('id') }, read: 'all' } } }),
      reports: report(db.reports, {
        naturalKey: 'label',
        roles: {
          // Whoever has asked for it.
          giver: {
            when: { owner: principal('id') },
            read: 'all',
            write: { create: { only: ['lines', 'format', 'team', 'label'] } },
            set: { owner: principal('id') },
            delete: true,
          },
          // Sees the reports of his team, and not what is in them.
          colleague: { when: { team: principal('team') }, read: { without: ['error'] } },
          // Reads what is in those of his team, too.
          auditor: { when: { team: principal('audits') }, read: { only: ['id', 'status', 'label'] }, content: true },
        },
        format: { column: 'format' },
        params: ['lines', 'format'],
        generate: ({ row }) => lines(row.lines),
        ...words,
      }),
    },
    // Bounds what is exported over HTTP, and no report.
    { limits: { maxExportRows: 1_000 } },
  )
}

export interface Content {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: a reply is read by tests of every shape
  readonly json: any
}

export interface ReportsUnderTest {
  readonly server: RunningServer
  readonly database: TestDatabase
  readonly url: string
  readonly storage: StorageConfig
  readonly errors: unknown[]
  sql<T extends Readonly<Record<string, unknown>>>(text: string, values?: readonly unknown[]): Promise<readonly T[]>
  get(path: string, options?: RequestOptions): Promise<Content>
  /** Asks for a report as ann. @returns its id */
  ask(body: object, token?: string): Promise<string>
  close(): Promise<void>
}

export const tokens = {
  ann: await signToken('ann'),
  bob: await signToken('bob'),
  colleague: await signToken('carl', { team: 'red' }),
  auditor: await signToken('ada', { audits: 'red' }),
  archivist: await signToken('art', { archives: 'red' }),
  annOfTeam: await signToken('ann', { team: 'blue' }),
}

async function openReports(server: Server): Promise<TestDatabase> {
  const template = await createTemplate(server, 'reports', async client => {
    await client.query(base)
    const { host, port, user, password, database } = client
    const connected = connectPostgres({ config: { host, port, user, password, database } as pg.ClientConfig })
    await migrate(connected, await planMigration(reportsApi(), connected))
    await connected.close()
  })
  return cloneDatabase(server, template)
}

const freshStorage = (): StorageConfig => ({ directory: join(tmpdir(), `colonnade-reports-${randomUUID()}`) })

export async function serveReports(
  server: Server,
  words: Words = {},
  {
    storage = freshStorage(),
    onStatement,
    ...options
  }: Partial<ServerOptions> & Pick<ConnectOptions, 'onStatement'> = {},
): Promise<ReportsUnderTest> {
  const database = await openReports(server)
  const errors: unknown[] = []
  const onError = (error: unknown) => void errors.push(error)
  const running = await createServer({
    database: connectPostgres({
      config: database.config as pg.ClientConfig,
      onError,
      ...(onStatement && { onStatement }),
    }),
    api: () => reportsApi(words),
    jwt: { key: 'a secret of the tests, 32 bytes or more', algorithm: 'HS256' },
    storage,
    onError,
    ...options,
  })
  const get: ReportsUnderTest['get'] = async (path, { token = tokens.ann, method = 'GET', headers, body } = {}) => {
    const response = await fetch(path.startsWith('http') ? path : `${running.url}${path}`, {
      method,
      redirect: 'manual',
      headers: { ...(token && { authorization: `Bearer ${token}` }), ...headers },
      ...(body !== undefined && { body }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.startsWith('application/json') && text !== ''
    return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined }
  }
  return {
    ...{ server: running, url: running.url, database, storage, errors, get },
    sql: (text, values = []) =>
      withClient(database.config, async client => (await client.query(text, [...values])).rows),
    async ask(body, token = tokens.ann) {
      const reply = await get('/reports', {
        ...{ token, method: 'POST', body: JSON.stringify(body) },
        headers: { 'content-type': 'application/json' },
      })
      if (reply.status !== 201) throw new Error(`It was answered with ${reply.status}: ${reply.text}`)
      return reply.json.data.id
    },
    async close() {
      await running.close()
      if ('directory' in storage) await rm(storage.directory, { recursive: true, force: true })
    },
  }
}
