// Starts a real server over a database of the test's own, and speaks HTTP with it.
import { SignJWT } from 'jose'
import type pg from 'pg'
import { seedVideos } from '../../examples/videos/seed.ts'
import { createServer, type RunningServer, type ServerOptions } from '../../src/create-server.ts'
import { type ConnectOptions, connectPostgres } from '../../src/databases/postgres/connect.ts'
import type { ApiDefinition } from '../../src/schema/resource-definition.ts'
import { checkDocuments } from '../jsonapi/check-documents.ts'
import { cloneDatabase, createTemplate, type Server, type TestDatabase } from './databases.ts'

const secret = 'a secret of the tests, 32 bytes or more'

export interface ApiUnderTest {
  /** With the base path. */
  readonly url: string
  readonly server: RunningServer
  readonly database: TestDatabase
  /** Every statement that served a request, in order; set its length to 0 to count anew. */
  readonly statements: string[]
  /** Errors that were ours: a test that expects none looks here. */
  readonly errors: unknown[]
  get(path: string, options?: RequestOptions): Promise<Reply>
  close(): Promise<void>
}

export interface RequestOptions {
  readonly token?: string | null
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** A document that is not right, or has members of its own, and is not held against the schema of requests. */
  readonly isOdd?: boolean
}

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The parsed body; whatever it is, tests say what they expect of it. */
  // biome-ignore lint/suspicious/noExplicitAny: a reply is read by tests of every shape
  readonly json: any
}

/** A token as an identity provider would make it. */
export async function signToken(sub: string, claims: Readonly<Record<string, unknown>> = {}): Promise<string> {
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(sub)
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(secret))
}

/** A server of an API over a database; closing it leaves the database to the run's teardown. */
export async function startApi(
  api: ApiDefinition | 'open',
  database: TestDatabase,
  options: Partial<ConnectOptions> = {},
  more: Pick<ServerOptions, 'storage' | 'worker' | 'port'> = {},
): Promise<ApiUnderTest> {
  const statements: string[] = []
  const errors: unknown[] = []
  const server = await createServer({
    database: connectPostgres({
      config: database.config as pg.ClientConfig,
      onStatement: text => void statements.push(text),
      onError: error => void errors.push(error),
      ...options,
    }),
    api: api === 'open' ? 'open' : () => api,
    jwt: { key: secret, algorithm: 'HS256' },
    onError: error => void errors.push(error),
    ...more,
  })
  return {
    url: server.url,
    server,
    database,
    statements,
    errors,
    async get(path, { token, method = 'GET', headers, body, isOdd = false } = {}) {
      const response = await fetch(`${server.url}${path}`, {
        method,
        redirect: 'manual',
        headers: { ...(token && { authorization: `Bearer ${token}` }), ...headers },
        ...(body !== undefined && { body }),
      })
      const text = await response.text()
      const { status } = response
      const json = text === '' ? undefined : JSON.parse(text)
      checkDocuments(
        { path, method, headers, body: isOdd ? undefined : body },
        { status, headers: response.headers, json },
      )
      return { status, headers: response.headers, text, json }
    },
    close: () => server.close(),
  }
}

export interface VideosUnderTest extends ApiUnderTest {
  /** As the demo hands them out: `regular` is user 20, `owner` user 18, `admin` user 1. */
  readonly tokens: { readonly guest: null; readonly regular: string; readonly owner: string; readonly admin: string }
}

/** The videos example in its size for tests: 60 users, 400 videos, 1,500 comments. */
export async function startVideos(server: Server, options: Partial<ConnectOptions> = {}): Promise<VideosUnderTest> {
  const template = await createTemplate(server, 'videos', client => seedVideos(client, { size: 'tiny' }))
  const { default: api } = await import('../../examples/videos/api.ts')
  const started = await startApi(api, await cloneDatabase(server, template), options)
  const tokens = {
    guest: null,
    regular: await signToken('20'),
    owner: await signToken('18'),
    admin: await signToken('1', { role: 'admin' }),
  }
  return { ...started, tokens }
}
