// Reports of servers and racks in two versions of an API, the older one in camelCase and with numbers: over the same rows, with a storage of their own.
import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import { createServer } from '../../src/create-server.ts'
import { connectPostgres } from '../../src/databases/postgres/connect.ts'
import { withClient } from '../../src/databases/postgres/with-client.ts'
import {
  type ApiDefinition,
  defineApi,
  defineVersion,
  principal,
  report,
  requests,
  resource,
  tables,
} from '../../src/index.ts'
import { migrate, planMigration } from '../../src/jobs/migrate.ts'
import { signToken } from '../support/api-under-test.ts'
import { emptyDatabase, type Server } from '../support/databases.ts'

const base = `
  create table bare_metals (id int primary key, client text not null);
  insert into bare_metals values (1234, 'ann'), (1235, 'bob');
  create table racks (site text, number int, client text not null, primary key (site, number));
  insert into racks values ('wdc,02', 7, 'ann'), ('ams-01', 7, 'bob');
  create table orders (id int generated always as identity primary key, month text not null);
  create table traffic_reports (id uuid primary key default gen_random_uuid(), report_month text not null default '2026-01',
    slug text unique, given_by text not null, bare_metal_id int references bare_metals,
    rack_site text, rack_number int, foreign key (rack_site, rack_number) references racks);
`
const db = tables({
  bare_metals: {
    key: 'id',
    columns: { id: 'int4', client: 'text' },
    relationships: { traffic_reports: { hasMany: 'traffic_reports', by: 'bare_metal_id' } },
  },
  racks: {
    key: ['site', 'number'],
    columns: { site: 'text', number: 'int4', client: 'text' },
    relationships: { traffic_reports: { hasMany: 'traffic_reports', by: ['rack_site', 'rack_number'] } },
  },
  orders: { key: 'id', columns: { id: 'int4 generated', month: 'text' } },
  traffic_reports: {
    key: 'id',
    columns: {
      id: 'uuid default',
      report_month: 'text default',
      slug: 'text null',
      given_by: 'text',
      bare_metal_id: 'int4 null',
      rack_site: 'text null',
      rack_number: 'int4 null',
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
    relationships: {
      bare_metal: { belongsTo: 'bare_metals', by: 'bare_metal_id' },
      rack: { belongsTo: 'racks', by: ['rack_site', 'rack_number'] },
    },
  },
} as const)

/** Months of reports whose insert was committed. */
export const committed: unknown[] = []

/** What the older version says otherwise: its key, plain requests in place of reports; or the current one has none. */
type Otherwise = { readonly key: readonly ['bare_metal'] | (() => string) } | 'requests' | 'older alone'

export function trafficApi(basePath: '/' | '/api' = '/api', otherwise?: Otherwise): ApiDefinition {
  const own = { when: { client: principal('id') }, read: 'all' } as const
  const bare_metals = resource(db.bare_metals, { roles: { client: own } })
  const racks = resource(db.racks, { roles: { client: own } })
  const words = {
    naturalKey: 'slug',
    roles: {
      client: {
        when: { given_by: principal('id') },
        read: 'all',
        write: { create: { only: ['report_month', 'slug', 'bare_metal', 'rack', 'run_at'] } },
        set: { given_by: principal('id') },
        delete: true,
      },
    },
    format: 'csv',
    params: ['report_month', 'bare_metal_id', 'rack_site', 'rack_number'],
    reuse: true,
    listedFor: '12h',
    attempts: 1,
  } as const
  const current = report(db.traffic_reports, {
    ...words,
    hooks: {
      afterCreate: async ({ record, db: within }) => {
        await within
          .insertInto('orders')
          .values({ month: record.report_month ?? 'none' })
          .execute()
      },
      afterCommit: ({ record }) => void committed.push(record.report_month),
    },
    async *generate({ row, query }) {
      if (row.report_month === 'never') throw new Error('There is no such month.')
      yield { report_month: row.report_month, servers: (await query('bare_metals')).length }
    },
  })
  const by = (version: number) =>
    report(db.traffic_reports, {
      ...words,
      async *generate() {
        yield { by: version }
      },
    })
  if (otherwise === 'older alone')
    return defineApi({ bare_metals }, {
      ...{ basePath, version: '11', roles: { client: 'authenticated' } },
      versions: {
        9: defineVersion({ bare_metals, racks, traffic_reports: by(9) }),
        10: defineVersion({ bare_metals, racks, traffic_reports: by(10) }),
      },
    } as never)
  const { format: _, params: __, reuse: ___, listedFor: ____, ...plain } = words
  if (otherwise === 'requests')
    return defineApi({ bare_metals, racks, traffic_reports: current }, {
      ...{ basePath, version: '2', roles: { client: 'authenticated' } },
      versions: {
        1: defineVersion({
          ...{ bare_metals, racks },
          traffic_reports: requests(db.traffic_reports, { ...plain, perform: () => undefined }),
        }),
      },
    } as never)
  const older = report(db.traffic_reports, {
    ...words,
    ...otherwise,
    statusCodes: { pending: 1, failed: 3, succeeded: 9 },
    // biome-ignore lint/correctness/useYield: it is never to be called
    async *generate() {
      throw new Error('The older version makes no report.')
    },
  })
  return defineApi({ bare_metals, racks, traffic_reports: current }, {
    ...{ basePath, version: '2', roles: { client: 'authenticated' } },
    versions: { 1: defineVersion({ bare_metals, racks, traffic_reports: older }, { naming: 'camel' }) },
  } as const)
}

export interface TrafficReply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: a reply is read by tests of every shape
  readonly json: any
}

export interface TrafficUnderTest {
  readonly url: string
  readonly token: string
  readonly errors: unknown[]
  ask(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<TrafficReply>
  sql<T extends Readonly<Record<string, unknown>>>(text: string, values?: readonly unknown[]): Promise<readonly T[]>
  close(): Promise<void>
}

/** Asked by ann, but for a header that says otherwise. */
export async function serveTraffic(
  server: Server,
  basePath: '/' | '/api' = '/api',
  otherwise?: Otherwise,
): Promise<TrafficUnderTest> {
  const database = await emptyDatabase(server)
  const api = trafficApi(basePath, otherwise)
  const errors: unknown[] = []
  const onError = (error: unknown) => void errors.push(error)
  await withClient(database.config, client => client.query(base))
  const connected = connectPostgres({ config: database.config as pg.ClientConfig, onError })
  await migrate(connected, await planMigration(api, connected))
  const directory = join(tmpdir(), `colonnade-traffic-${randomUUID()}`)
  const running = await createServer({
    ...{ database: connected, api: () => api, onError, storage: { directory } },
    jwt: { key: 'a secret of the tests, 32 bytes or more', algorithm: 'HS256' },
  })
  const token = await signToken('ann')
  return {
    ...{ url: running.url, token, errors },
    async ask(method, path, body, headers = {}) {
      const response = await fetch(`${running.url}${path}`, {
        ...{ method, redirect: 'manual' },
        headers: {
          authorization: `Bearer ${token}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      const isJson = /json/.test(response.headers.get('content-type') ?? '') && text !== ''
      return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined }
    },
    sql: (text, values = []) =>
      withClient(database.config, async client => (await client.query(text, [...values])).rows),
    async close() {
      await running.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
