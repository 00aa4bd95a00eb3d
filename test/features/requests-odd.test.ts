// Rows that SQL wrote with odd values, progress of every kind, and workers with hardly a connection: the others are performed all the same.
import { hash } from 'node:crypto'
import type pg from 'pg'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { connectPostgres } from '../../src/databases/postgres/connect.ts'
import { followWork } from '../../src/follow-work.ts'
import { defineApi, defineVersion, requests, resource } from '../../src/index.ts'
import { makeReportStorage } from '../../src/reports/report-storage.ts'
import {
  db,
  openTasks,
  pause,
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

type PerformContext = Parameters<TaskWords['perform']>[0]

describeEachServer('odd requests', server => {
  let database: TaskDatabase
  let workers: TaskWorker[] = []
  beforeEach(async () => {
    database = await openTasks(server)
    workers = []
  })
  afterEach(async () => {
    await Promise.all(workers.map(worker => worker.close()))
    await database.drop()
  })
  async function begin(words: TaskWords, options: Parameters<typeof work>[2] = {}): Promise<TaskWorker> {
    const worker = await work(database, words, options)
    workers.push(worker)
    return worker
  }
  const rows = (columns: string) =>
    // biome-ignore lint/suspicious/noExplicitAny: each test says what it expects of them
    database.sql<Record<string, any>>(`select ${columns} from tasks order by id`)
  const over = (timeoutMs?: number) =>
    until(
      async () =>
        (await database.sql("select from tasks where status in ('pending', 'running') and run_at < 'infinity'"))
          .length === 0,
      timeoutMs,
    )

  it('performs what SQL inserted with odd values, and what stands beside it', async () => {
    const odd = [
      { run_at: 'infinity' },
      { run_at: '-infinity' },
      { run_at: '0044-03-15 12:00:00+00 BC' },
      { run_at: '200000-01-01' },
      { priority: 2_147_483_647 },
      { priority: -2_147_483_648 },
      { attempts: -5 },
      { attempts: 2_147_483_647 },
      { request_key: null },
      { request_key: '' },
      ...[
        'null',
        '"ann"',
        '[1,{}]',
        '{}',
        '{"id":7,"client":[1],"roles":"admin","claims":[]}',
        '{"roles":[null,1,{}],"claims":{"__proto__":1}}',
      ].map(run_as => ({ run_as })),
      { last_error: '"words"', error: '[]', progress: 'null', internal_error: 'x' },
      { lease_owner: 'nobody', lease_until: '-infinity', cancel_requested_at: null },
      { created_at: 'infinity', updated_at: '-infinity', started_at: 'infinity', finished_at: 'infinity' },
      { schedule: '', schedule_at: 'infinity' },
      { label: '' },
    ]
    for (const one of odd) {
      const given = { label: 'odd', ...one }
      const names = Object.keys(given)
      await database.sql(
        `insert into tasks (${names.join(', ')}) values (${names.map((_, i) => `$${i + 1}`).join(', ')})`,
        Object.values(given),
      )
    }
    // As nobody's worker holds it, and for ever.
    await database.sql(`insert into tasks (label, status) values ('odd', 'running')`)
    await database.sql(`insert into tasks (label, status, lease_until) values ('odd', 'running', 'infinity')`)
    await expect(database.sql(`insert into tasks (label, priority) values ('odd', null)`)).rejects.toThrow('not-null')
    await expect(database.sql(`insert into tasks (label, status) values ('odd', 'odd')`)).rejects.toThrow('check')
    const seen: unknown[] = []
    const worker = await begin({
      key: ['lane'],
      concurrency: 3,
      perform: ({ principal }) => void seen.push(principal.id),
    })
    await database.sql(`insert into tasks (label, lane) select 'good', n::text from generate_series(1, 5) as n`)
    const left = () =>
      database.sql<{ run_at: string }>(
        `select run_at::text from tasks where status = 'pending' and run_at < '3000-01-01'`,
      )
    await until(async () => (await left()).length === 0)
    const found = (await rows('label, status, attempts, run_at::text, lease_until::text')).filter(
      one => one.status !== 'succeeded',
    )
    expect(found).toMatchObject([
      { status: 'pending', run_at: 'infinity' },
      { status: 'pending', run_at: expect.stringMatching(/^200000-01-01/) },
      { status: 'running', lease_until: 'infinity' },
    ])
    expect(seen).toHaveLength(odd.length - 2 + 1 + 5)
    expect(worker.errors).toEqual([])
    expect(await rows('attempts').then(all => all.map(one => one.attempts))).toEqual(
      expect.arrayContaining([-4, 2_147_483_647]),
    )
  })

  it('tells of any progress what is a number, and fails nothing for it', async () => {
    await database.sql(`insert into tasks (label) select n::text from generate_series(0, 9) as n`)
    const told: readonly (readonly unknown[])[] = [
      [Number.NaN, 2],
      [Number.POSITIVE_INFINITY],
      [-1, 2, 'less than nothing'],
      ['3', 4],
      [1n],
      [1, Number.NaN, 'of how many, nobody knows'],
      [2, -3],
      [3, 4, 'nul \0, halves \ud800 \udc00, whole 😀'],
      [4, 5, 'x'.repeat(1_000_000)],
      [5, undefined, { toString: () => 'no text' }],
    ]
    const late: (() => void)[] = []
    const worker = await begin({
      perform: async ({ row, progress }) => {
        const tell = progress as (...all: readonly unknown[]) => void
        tell(...(told[Number(row.label)] ?? []))
        late.push(() => tell(99, 99, 'late'))
        await pause(200)
      },
    })
    await over()
    for (const tell of late) tell()
    await pause(700)
    expect((await rows('status, progress')).map(({ status, progress }) => [status, progress])).toEqual([
      ...[null, null, null, null, null].map(none => ['succeeded', none]),
      ['succeeded', { done: 1, note: 'of how many, nobody knows' }],
      ['succeeded', { done: 2 }],
      ['succeeded', { done: 3, total: 4, note: 'nul \ufffd, halves \ufffd \ufffd, whole 😀' }],
      ['succeeded', { done: 4, total: 5, note: 'x'.repeat(1_000) }],
      ['succeeded', { done: 5 }],
    ])
    expect(worker.errors).toEqual([])
  })

  it('writes progress that is told 100,000 times a few times, and the last of it', async () => {
    await database.sql(`create table written (progress jsonb)`)
    await database.sql(
      `create function note() returns trigger language plpgsql as $$ begin insert into written values (new.progress); return null; end $$`,
    )
    await database.sql(
      `create trigger note after update of progress on tasks for each row when (new.progress is distinct from old.progress) execute function note()`,
    )
    await database.sql(`insert into tasks (label) values ('busy')`)
    await begin({
      perform: async ({ progress }) => {
        for (let done = 1; done <= 100_000; done += 1) progress(done, 100_000)
        await pause(900)
      },
    })
    await over()
    expect(await rows('status, progress')).toEqual([
      { status: 'succeeded', progress: { done: 100_000, total: 100_000 } },
    ])
    const [count] = await database.sql<{ count: number }>('select count(*)::int from written')
    expect(count?.count).toBeLessThanOrEqual(4)
  })

  it('gets its only connection back from a perform that hangs in a transaction', async () => {
    await database.sql(
      `insert into tasks (label) select case n when 1 then 'hangs' else 'writes' end from generate_series(1, 12) as n`,
    )
    const worker = await begin(
      {
        ...{ timeoutMs: 150, attempts: 4, backoff: { firstMs: 30, jitter: false }, concurrency: 6 },
        perform: async ({ row, db }) => {
          await db.insertInto('effects').values({ task_id: row.id, what: row.label }).execute()
          if (row.label === 'hangs') await new Promise(() => undefined)
        },
      },
      { graceMs: 50, poolSize: 1 },
    )
    await over(30_000)
    expect(await database.sql('select label, status, count(*)::int from tasks group by 1, 2 order by 1')).toEqual([
      { label: 'hangs', status: 'failed', count: 1 },
      { label: 'writes', status: 'succeeded', count: 11 },
    ])
    expect(await database.sql('select what, count(*)::int from effects group by 1')).toEqual([
      { what: 'writes', count: 11 },
    ])
    expect(worker.errors).toEqual([])
  })

  it('performs requests whose key is longer than an index holds, one of each at a time, and those beside them', async () => {
    const long = (n: number) => Array.from({ length: 400 }, (_, i) => hash('sha256', `${n} ${i}`)).join('')
    const byLane: TaskWords = { key: ['lane'], perform: () => undefined }
    const api = await serve(database, tasksApi(byLane), { worker: false })
    const headers = { authorization: `Bearer ${await signToken('ann')}`, 'content-type': 'application/json' }
    for (const lane of [long(1), long(1), long(2), 'short']) {
      const body = JSON.stringify({ label: 'one', lane })
      expect((await fetch(`${api.url}/tasks`, { method: 'POST', headers, body })).status).toBe(201)
    }
    await api.close()
    // As HTTP has made it, as the worker makes it of what SQL inserted, and as a function makes it.
    for (const key of [['lane'] as const, ['lane'] as const, ({ label }: { label: string }) => `${label} ${long(3)}`]) {
      let most = 0
      const running = new Map<unknown, number>()
      const worker = await begin({
        key,
        perform: async ({ row }) => {
          const of = typeof key === 'function' ? row.label : row.lane
          running.set(of, (running.get(of) ?? 0) + 1)
          most = Math.max(most, ...running.values())
          await pause(50)
          running.set(of, (running.get(of) ?? 0) - 1)
        },
      })
      await over()
      expect(most).toBe(1)
      expect(worker.errors).toEqual([])
      expect((await rows('status')).map(({ status }) => status)).toEqual(Array(4).fill('succeeded'))
      await worker.stop()
      await database.sql(`update tasks set status = 'pending', attempts = 0, request_key = null`)
    }
  })

  it('works with one worker, which can be stopped, where the API is read twice at once', async () => {
    const api = await serve(database, tasksApi({ perform: () => undefined }), { worker: false })
    const connected = connectPostgres({ config: database.config as pg.ClientConfig })
    const work = followWork(true, {
      ...{ database: connected, storage: makeReportStorage() },
      operation: { attempted: () => undefined, followRequests: () => undefined },
      onError: error => expect(error).toBeUndefined(),
    })
    const runtime = api.runtime()
    await Promise.all([work.follow(runtime), work.follow(runtime)])
    const listening = async () =>
      (
        await database.sql(
          `select from pg_stat_activity where datname = current_database() and query ilike 'listen%colonnade_work%'`,
        )
      ).length
    expect(await listening()).toBe(1)
    await work.stop()
    await until(async () => (await listening()) === 0)
    await connected.close()
    await api.close()
  })

  it('reads in the names of the version that says what is done, where the current one has no such commands', async () => {
    const open = { roles: { member: { read: 'all' } } } as const
    const seen: unknown[] = []
    const older = {
      traces: resource(db.effects, open as never),
      tasks: requests(db.tasks, {
        roles: { member: { read: 'all', write: { create: { only: ['label'] } } } },
        attempts: 1,
        async perform({ query, stream }: PerformContext) {
          seen.push((await query('traces')).length)
          for await (const one of stream('traces')) seen.push(one)
        },
      } as never),
    }
    const holders = { roles: { member: 'authenticated' } }
    const versions = { version: '2', versions: { 1: defineVersion(older as never) } }
    const api = await serve(
      database,
      defineApi({ effects: resource(db.effects, open as never) }, {
        ...holders,
        ...versions,
      } as never),
    )
    await database.sql("insert into effects (task_id, what) values (1, 'seen')")
    const headers = { authorization: `Bearer ${await signToken('ann')}`, 'content-type': 'application/json' }
    const asked = { method: 'POST', headers: { ...headers, prefer: 'wait=10' }, body: '{"label":"one"}' }
    const made = await fetch(`${api.url}/v1/tasks`, asked)
    expect([made.status, await made.json()]).toMatchObject([201, { data: { status: 'succeeded', error: null } }])
    expect(seen).toMatchObject([1, { what: 'seen' }])
    await api.close()
  })
})
