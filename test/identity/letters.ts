// Serves letters, of which a guest reads the ids, whoever is named as the owner reads his, and an admin all: who somebody is, shows.
import type pg from 'pg'
import { createServer, type RunningServer } from '../../src/create-server.ts'
import { connectPostgres } from '../../src/databases/postgres/connect.ts'
import { withClient } from '../../src/databases/postgres/with-client.ts'
import type { IdentityOptions } from '../../src/identity/identify.ts'
import { defineApi, principal, resource, tables } from '../../src/index.ts'
import { emptyDatabase, type Server, type TestDatabase } from '../support/databases.ts'

const db = tables({
  letters: { key: 'id', columns: { id: 'int4', owner: 'text', team: 'text' }, relationships: {} },
} as const)

const api = defineApi(
  {
    letters: resource(db.letters, {
      roles: {
        admin: { read: 'all' },
        owner: { read: 'all', when: { owner: principal('id') } },
        team: { read: 'all', when: { team: principal('team') } },
        guest: { read: { only: ['id'] } },
      },
    }),
  },
  { roles: { admin: { role: 'admin' }, owner: 'authenticated', team: 'authenticated', guest: 'anyone' } },
)

/** Letters 1 to 3 are of user 18, of the client billing and of user 20; the last one is of team red too. */
const sql = `create table letters (id int primary key, owner text not null, team text);
  insert into letters values (1, '18', null), (2, 'client:billing', null), (3, '20', 'red')`

export interface Letters {
  readonly url: string
  readonly server: RunningServer
  readonly errors: unknown[]
  readonly statements: string[]
  /** The ids of the letters that the caller reads whole, or the status with the detail of the refusal. */
  read(token?: string): Promise<readonly number[] | string>
  /** The answer as it is. */
  ask(headers?: Readonly<Record<string, string>>, path?: string): Promise<Response>
  close(): Promise<void>
}

export async function makeLetters(server: Server): Promise<TestDatabase> {
  const database = await emptyDatabase(server)
  await withClient(database.config, client => client.query(sql))
  return database
}

export async function serveLetters(database: TestDatabase, identity: IdentityOptions): Promise<Letters> {
  const errors: unknown[] = []
  const statements: string[] = []
  const server = await createServer({
    database: connectPostgres({
      config: database.config as pg.ClientConfig,
      onStatement: text => void statements.push(text),
      onError: error => void errors.push(error),
    }),
    api: () => api,
    onError: error => void errors.push(error),
    ...identity,
  })
  const ask: Letters['ask'] = (headers = {}, path = '/letters?sort=id') => fetch(`${server.url}${path}`, { headers })
  return {
    ...{ url: server.url, server, errors, statements, ask },
    async read(token) {
      const response = await ask(token === undefined ? {} : { authorization: `Bearer ${token}` })
      // biome-ignore lint/suspicious/noExplicitAny: an answer of either kind
      const body = (await response.json()) as any
      if (response.status !== 200) return `${response.status} ${body.errors[0].detail}`
      return body.data.filter((one: object) => 'owner' in one).map(({ id }: { id: number }) => id)
    },
    close: () => server.close(),
  }
}
