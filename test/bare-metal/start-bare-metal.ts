// The bare-metal example as tests have it: its own database, its own switch, a worker inside the server.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import { makeApi } from '../../examples/bare-metal/api.ts'
import { seedBareMetal } from '../../examples/bare-metal/seed.ts'
import { type RunningSwitch, type SwitchOptions, startSwitch } from '../../examples/bare-metal/switch.ts'
import { connectPostgres } from '../../src/databases/postgres/connect.ts'
import { withClient } from '../../src/databases/postgres/with-client.ts'
import { migrate, planMigration } from '../../src/jobs/migrate.ts'
import type { ApiOptions } from '../../src/schema/resource-definition.ts'
import { type ApiUnderTest, type Reply, signToken, startApi } from '../support/api-under-test.ts'
import { cloneDatabase, createTemplate, type Server, type TestDatabase } from '../support/databases.ts'

export interface BareMetalUnderTest extends ApiUnderTest {
  readonly switch: RunningSwitch
  /** As the demo hands them out: `regular` is client 1, `other` client 2. */
  readonly tokens: { readonly regular: string; readonly other: string; readonly admin: string }
  post(
    path: string,
    body: unknown,
    options?: { token?: string; headers?: Readonly<Record<string, string>> },
  ): Promise<Reply>
  /** The request as it is once it has ended. */
  ended(path: string): Promise<Reply>
  sql(text: string, values?: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>
}

/** The example in its size for tests, with what `colonnade migrate` adds. */
export async function openBareMetal(server: Server): Promise<TestDatabase> {
  const template = await createTemplate(server, 'bare_metal', async client => {
    await seedBareMetal(client, { size: 'tiny' })
    const { host, port, user, password, database } = client
    const connected = connectPostgres({ config: { host, port, user, password, database } as pg.ClientConfig })
    await migrate(connected, await planMigration(makeApi(nowhere), connected))
    await connected.close()
  })
  return cloneDatabase(server, template)
}

const nowhere = { host: '127.0.0.1', port: 1 }

export const bareMetalTokens = async () => ({
  regular: await signToken('1'),
  other: await signToken('2'),
  admin: await signToken('0', { role: 'admin' }),
})

export interface BareMetalOptions extends SwitchOptions, Pick<ApiOptions, 'basePath'> {
  readonly answerMs?: number
}

/** The switch is quick, and has good weather. */
export async function startBareMetal(
  server: Server,
  { basePath, answerMs, ...options }: BareMetalOptions = {},
): Promise<BareMetalUnderTest> {
  const database = await openBareMetal(server)
  const running = await startSwitch({ work: { minMs: 5, maxMs: 30 }, lateMs: 60_000, ...options })
  const directory = await mkdtemp(join(tmpdir(), 'colonnade-bare-metal-'))
  const { host, port } = running
  const made = makeApi({ host, port, ...(answerMs !== undefined && { answerMs }) })
  const api = { ...made, options: { ...made.options, ...(basePath && { basePath }) } }
  const started = await startApi(api, database, {}, { storage: { directory } })
  const tokens = await bareMetalTokens()
  const { regular, admin } = tokens
  return {
    ...started,
    switch: running,
    tokens,
    post: (path, body, { token = regular, headers = {} } = {}) =>
      started.get(path, {
        method: 'POST',
        token,
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
    async ended(path) {
      const until = performance.now() + 25_000
      for (;;) {
        const reply = await started.get(path, { token: admin })
        if (!['pending', 'running'].includes(reply.json.data.status)) return reply
        if (performance.now() > until) throw new Error(`It does not end: ${reply.text}`)
        await new Promise(resolve => setTimeout(resolve, 50))
      }
    },
    sql: async (text, values = []) =>
      (await withClient(database.config, client => client.query(text, [...values]))).rows,
    async close() {
      await started.close()
      await running.close()
      await database.drop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
