// The bare-metal example as tests have it: its own database, its own switch, a worker inside the server.
import type pg from 'pg'
import { makeApi } from '../../examples/bare-metal/api.ts'
import { seedBareMetal } from '../../examples/bare-metal/seed.ts'
import { type RunningSwitch, type SwitchOptions, startSwitch } from '../../examples/bare-metal/switch.ts'
import { connectPostgres } from '../../src/databases/postgres/connect.ts'
import { withClient } from '../../src/databases/postgres/with-client.ts'
import { migrate, planMigration } from '../../src/jobs/migrate.ts'
import { type ApiUnderTest, type Reply, signToken, startApi } from '../support/api-under-test.ts'
import { cloneDatabase, createTemplate, type Server } from '../support/databases.ts'

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

/** The example in its size for tests; the switch is quick, and has good weather. */
export async function startBareMetal(
  server: Server,
  { answerMs, ...options }: SwitchOptions & { readonly answerMs?: number } = {},
): Promise<BareMetalUnderTest> {
  const template = await createTemplate(server, 'bare_metal', client => seedBareMetal(client, { size: 'tiny' }))
  const database = await cloneDatabase(server, template)
  const running = await startSwitch({ work: { minMs: 5, maxMs: 30 }, lateMs: 60_000, ...options })
  const { host, port } = running
  const api = makeApi({ host, port, ...(answerMs !== undefined && { answerMs }) })
  const connected = connectPostgres({ config: database.config as pg.ClientConfig })
  await migrate(connected, await planMigration(api, connected))
  await connected.close()
  const started = await startApi(api, database)
  const [regular, other, admin] = await Promise.all([signToken('1'), signToken('2'), signToken('0', { role: 'admin' })])
  return {
    ...started,
    switch: running,
    tokens: { regular, other, admin },
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
    },
  }
}
