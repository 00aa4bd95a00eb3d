// Requests to open ports of servers, over HTTP: a database of a test's own, and callers who may see more or less of them.
import { SignJWT } from 'jose'
import type pg from 'pg'
import { createServer, type RunningServer, type ServerOptions } from '../../src/create-server.ts'
import { connectPostgres } from '../../src/databases/postgres/connect.ts'
import { withClient } from '../../src/databases/postgres/with-client.ts'
import { type ApiDefinition, defineApi, defineVersion, principal, requests, resource, tables } from '../../src/index.ts'
import { migrate, planMigration } from '../../src/jobs/migrate.ts'
import { type ApiUnderTest, type Reply, type RequestOptions, signToken } from '../support/api-under-test.ts'
import { cloneDatabase, createTemplate, type Server, type TestDatabase } from '../support/databases.ts'

const secret = 'a secret of the tests, 32 bytes or more'

const base = `
  create table bare_metals (id int primary key, owner text not null);
  create table port_requests (id uuid primary key default gen_random_uuid(), bare_metal_id int not null references bare_metals,
    requested_by text not null, port int not null, hidden boolean not null default false);
  insert into bare_metals values (1, 'ann'), (2, 'bob');
`
const schema = {
  bare_metals: {
    key: 'id',
    columns: { id: 'int4', owner: 'text' },
    relationships: { port_requests: { hasMany: 'port_requests', by: 'bare_metal_id' } },
  },
  port_requests: {
    key: 'id',
    columns: {
      id: 'uuid default',
      bare_metal_id: 'int4',
      requested_by: 'text',
      port: 'int4',
      hidden: 'bool default',
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
    },
    relationships: { bare_metal: { belongsTo: 'bare_metals', by: 'bare_metal_id' } },
  },
} as const
const db = tables(schema)

export interface PortWords {
  readonly perform?: (context: { readonly row: { readonly port: number } }) => unknown
  readonly wait?: { readonly maxSeconds?: number }
}

const bareMetals = resource(db.bare_metals, {
  roles: { admin: { read: 'all' }, owner: { when: { owner: principal('id') }, read: 'all' }, watcher: { read: 'all' } },
})

/** Version 2 says states as words, version 1 as numbers. */
export function portsApi({ perform = () => undefined, wait }: PortWords = {}): ApiDefinition {
  const words = {
    roles: {
      admin: {
        read: 'all',
        write: { create: { only: ['bare_metal', 'port', 'run_at'] } },
        set: { requested_by: principal('id') },
        delete: true,
      },
      // Whoever has asked for it, while it is not hidden.
      giver: {
        when: { requested_by: principal('id') },
        where: { hidden: false },
        read: { without: ['hidden'] },
        write: { create: { only: ['bare_metal', 'port', 'run_at'] } },
        set: { requested_by: principal('id') },
        delete: true,
      },
      // Sees that there are requests, and not what becomes of them.
      watcher: { read: { only: ['id', 'port'] } },
    },
    ...(wait && { wait }),
    perform,
  } as const
  const now = requests(db.port_requests, words as never)
  const old = requests(db.port_requests, { ...words, statusCodes: { pending: 1, failed: 3 } } as never)
  return defineApi({ bare_metals: bareMetals, port_requests: now }, {
    version: '2',
    versions: { 1: defineVersion({ bare_metals: bareMetals, port_requests: old }) },
    roles: { admin: { role: 'admin' }, watcher: { role: 'watcher' } },
  } as never)
}

export interface PortsUnderTest extends Pick<ApiUnderTest, 'get'> {
  readonly server: RunningServer
  readonly database: TestDatabase
  readonly url: string
  /** Statements that served requests; set its length to 0 to count anew. */
  readonly statements: string[]
  readonly errors: unknown[]
  readonly tokens: { readonly ann: string; readonly bob: string; readonly admin: string; readonly watcher: string }
  sql<T extends Readonly<Record<string, unknown>>>(text: string, values?: readonly unknown[]): Promise<readonly T[]>
  /** Asks for a port as ann. @returns its id */
  ask(port: number): Promise<string>
  close(): Promise<void>
}

export async function servePorts(
  server: Server,
  words: PortWords = {},
  options: Partial<ServerOptions> = {},
): Promise<PortsUnderTest> {
  const template = await createTemplate(server, 'ports', async client => {
    await client.query(base)
    const { host, port, user, password, database } = client
    const connected = connectPostgres({ config: { host, port, user, password, database } as pg.ClientConfig })
    await migrate(connected, await planMigration(portsApi(), connected))
    await connected.close()
  })
  const database = await cloneDatabase(server, template)
  const statements: string[] = []
  const errors: unknown[] = []
  const running = await createServer({
    database: connectPostgres({
      config: database.config as pg.ClientConfig,
      onStatement: text => void statements.push(text),
      onError: error => void errors.push(error),
    }),
    api: () => portsApi(words),
    jwt: { key: secret, algorithm: 'HS256' },
    worker: words.perform !== undefined,
    onError: error => void errors.push(error),
    ...options,
  })
  const get = (path: string, asked?: RequestOptions) => ask(running.url, path, asked)
  const tokens = {
    ann: await signToken('ann'),
    bob: await signToken('bob'),
    admin: await signToken('root', { role: 'admin' }),
    watcher: await signToken('eve', { role: 'watcher' }),
  }
  return {
    ...{ server: running, url: running.url, database, statements, errors, tokens, get },
    sql: (text, values = []) =>
      withClient(database.config, async client => (await client.query(text, [...values])).rows),
    async ask(port) {
      const reply = await get('/port-requests', {
        token: tokens.ann,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ bare_metal: { id: 1 }, port }),
      })
      if (reply.status !== 201) throw new Error(`It was answered with ${reply.status}: ${reply.text}`)
      return reply.json.data.id
    },
    close: () => running.close(),
  }
}

/** A token that expires in so many seconds. */
export function shortToken(sub: string, seconds: number): Promise<string> {
  return new SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(sub)
    .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
    .sign(new TextEncoder().encode(secret))
}

async function ask(
  url: string,
  path: string,
  { token, method = 'GET', headers, body }: RequestOptions = {},
): Promise<Reply> {
  const response = await fetch(`${url}${path}`, {
    method,
    redirect: 'manual',
    headers: { ...(token && { authorization: `Bearer ${token}` }), ...headers },
    ...(body !== undefined && { body }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: text === '' ? undefined : JSON.parse(text) }
}
