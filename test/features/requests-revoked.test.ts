// Commands whose giver was revoked since he gave them: neither begun nor, with all that they wrote, finished.
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { RunningServer } from '../../src/create-server.ts'
import { connectPostgres } from '../../src/databases/postgres/connect.ts'
import { registerClient } from '../../src/identity/client-registry.ts'
import { type Revocation, revokeTokens } from '../../src/identity/revoke-tokens.ts'
import {
  openTasks,
  serve,
  type TaskDatabase,
  type TaskWords,
  type TaskWorker,
  tasksApi,
  until,
  work,
} from '../requests/tasks.ts'
import { signToken } from '../support/api-under-test.ts'
import { describeEachServer } from '../support/databases.ts'

describeEachServer('requests of who was revoked', server => {
  let database: TaskDatabase
  let running: RunningServer
  let workers: TaskWorker[]
  beforeEach(async () => {
    database = await openTasks(server)
    running = await serve(database, tasksApi({ perform: () => undefined }), { worker: false })
    workers = []
  })
  afterEach(async () => {
    await Promise.all(workers.map(worker => worker.close()))
    await running.close()
    await database.drop()
  })

  /** A worker that knows of nobody but what stands in the rows. */
  async function begin(words: TaskWords): Promise<TaskWorker> {
    const worker = await work(database, words)
    workers.push(worker)
    return worker
  }
  async function give(label: string, token: string): Promise<void> {
    const { status } = await fetch(`${running.url}/tasks`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ label }),
    })
    expect([label, status]).toEqual([label, 201])
  }
  async function withRegistry<T>(run: (registry: ReturnType<typeof connectPostgres>) => Promise<T>): Promise<T> {
    const registry = connectPostgres({ config: database.config })
    return run(registry).finally(() => registry.close())
  }
  const revokeToken = (which: Omit<Revocation, 'days'>) =>
    withRegistry(registry => revokeTokens(registry, { ...which, days: 1 }))
  /** By label: how it ended. */
  const outcomes = async () => {
    const rows = await database.sql<{ label: string; outcome: string }>(
      "select label, coalesce(error ->> 'code', status) as outcome from tasks order by label",
    )
    return Object.fromEntries(rows.map(({ label, outcome }) => [label, outcome]))
  }
  const ended = () =>
    until(async () => (await database.sql("select from tasks where status in ('pending', 'running')")).length === 0)

  it('are not begun: those of the token, and those of the subject that were issued until then', async () => {
    const now = Math.floor(Date.now() / 1_000)
    await give('one token', await signToken('1', { jti: 'a' }))
    await give('another token of his', await signToken('1', { jti: 'b' }))
    await give('its issuer', await signToken('2', { jti: 'c', iss: 'https://here' }))
    await give('another issuer', await signToken('2', { jti: 'c', iss: 'https://there' }))
    await give('issued before', await signToken('18', { iat: now - 60 }))
    await give('issued nobody knows when', await signToken('18'))
    await give('issued after', await signToken('18', { iat: now + 60 }))
    await give('another subject', await signToken('20', { iat: now - 60 }))
    await revokeToken({ jti: 'a' })
    await revokeToken({ jti: 'c', issuer: 'https://here' })
    await revokeToken({ subject: '18' })
    // Claims are no token: they are those of a key, or of nobody.
    await database.sql(
      `insert into tasks (label, run_as) values ('no token', '{"id":"18","roles":[],"claims":{"sub":"18","jti":"a"}}')`,
    )
    const begun: string[] = []
    await begin({ perform: ({ row }) => void begun.push(row.label) })
    await ended()
    expect(await outcomes()).toEqual({
      'one token': 'revoked',
      'another token of his': 'succeeded',
      'its issuer': 'revoked',
      'another issuer': 'succeeded',
      'issued before': 'revoked',
      'issued nobody knows when': 'revoked',
      'issued after': 'succeeded',
      'another subject': 'succeeded',
      'no token': 'succeeded',
    })
    expect(begun.toSorted()).toEqual([
      'another issuer',
      'another subject',
      'another token of his',
      'issued after',
      'no token',
    ])
  })

  it.each([
    { before: 'nobody was ever revoked before', table: false },
    { before: 'others were before', table: true },
  ])('come to nothing while they run, and undo what they wrote, where $before', async ({ table }) => {
    if (table) await revokeToken({ jti: 'other' })
    const tokens = await Promise.all(['a', 'b'].map(jti => signToken('1', { jti })))
    for (const [i, token] of tokens.entries()) for (const kind of ['writes', 'only']) await give(`${kind} ${i}`, token)
    await database.sql(`insert into tasks (label) values ('nobody')`)
    const gone = Promise.withResolvers<void>()
    let count = 0
    const worker = await begin({
      perform: async ({ row, db: tx }) => {
        if (row.label.startsWith('writes'))
          await tx.insertInto('effects').values({ task_id: row.id, what: row.label }).execute()
        count += 1
        await gone.promise
      },
    })
    await until(() => count === 5)
    await revokeToken({ jti: 'a' })
    gone.resolve()
    await ended()
    expect(await outcomes()).toEqual({
      'writes 0': 'revoked',
      'only 0': 'revoked',
      'writes 1': 'succeeded',
      'only 1': 'succeeded',
      nobody: 'succeeded',
    })
    expect(await database.sql('select what from effects')).toEqual([{ what: 'writes 1' }])
    expect(worker.errors).toEqual([])
  })

  it('stay as they are once they are over', async () => {
    await give('over', await signToken('1', { jti: 'a' }))
    await begin({ perform: () => undefined })
    await ended()
    await revokeToken({ jti: 'a' })
    await revokeToken({ subject: '1' })
    await give('other', await signToken('2'))
    await ended()
    expect(await outcomes()).toEqual({ over: 'succeeded', other: 'succeeded' })
  })

  it('wait, as if they had not been claimed, while it cannot be told', async () => {
    await withRegistry(registry => registerClient(registry, { name: 'robot', claims: {}, hours: null }))
    await database.sql('alter table colonnade.clients rename to away')
    await database.sql(
      `insert into tasks (label, run_as) values ('robot', '{"client":"robot","roles":[],"claims":{}}')`,
    )
    const worker = await begin({ perform: () => undefined })
    await until(() => worker.errors.length > 0)
    const waiting = "select from tasks where status = 'pending' and attempts = 0"
    await until(async () => (await database.sql(waiting)).length > 0)
    await database.sql('alter table colonnade.away rename to clients')
    await ended()
    expect(await outcomes()).toEqual({ robot: 'succeeded' })
  })
})
