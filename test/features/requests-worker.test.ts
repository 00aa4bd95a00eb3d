// The worker of request resources: what is claimed by whom and when, and what comes of it however `perform` behaves.
import { afterEach, beforeEach, expect, it } from 'vitest'
import { RequestFailure } from '../../src/index.ts'
import { openTasks, pause, type TaskDatabase, type TaskWords, type TaskWorker, until, work } from '../requests/tasks.ts'
import { describeEachServer } from '../support/databases.ts'

describeEachServer('requests', server => {
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
  const add = (count: number, columns = "'a' as label") =>
    database.sql(
      `insert into tasks (label, lane, run_as) select label, lane, run_as from (
      select 'x' as label, null as lane, null::jsonb as run_as, n from generate_series(1, $1::int) n) x`.replace(
        "'x' as label",
        columns,
      ),
      [count],
    )
  const statuses = async () => {
    const rows = await database.sql<{ status: string; count: string }>(
      'select status, count(*) from tasks group by 1 order by 1',
    )
    return Object.fromEntries(rows.map(({ status, count }) => [status, Number(count)]))
  }
  const task = async (id = 1) =>
    // biome-ignore lint/suspicious/noExplicitAny: each test says what it expects of it
    (await database.sql<Record<string, any>>('select * from tasks where id = $1', [id]))[0] as Record<string, any>
  const ended = (timeoutMs?: number) =>
    until(
      async () => (await database.sql("select from tasks where status in ('pending', 'running')")).length === 0,
      timeoutMs,
    )

  it('performs each request once, whichever of three workers claims it', async () => {
    await add(300)
    const words: TaskWords = {
      perform: async ({ row, db: tx }) => {
        await tx.insertInto('effects').values({ task_id: row.id }).execute()
      },
    }
    await Promise.all([begin(words), begin(words), begin(words)])
    await ended()
    expect(await statuses()).toEqual({ succeeded: 300 })
    expect(await database.sql('select task_id from effects group by 1 having count(*) <> 1')).toEqual([])
    const [row] = await database.sql<{ n: string }>('select count(*) as n from effects')
    expect(row?.n).toBe('300')
  })

  it('does not stand still while outcomes are written more slowly than requests are performed', async () => {
    await add(4_000)
    await begin({ perform: () => undefined }, { pollMs: 60_000 })
    await ended(25_000)
    expect(await statuses()).toEqual({ succeeded: 4_000 })
  })

  it('is woken by a request that is inserted, long before it would look by itself', async () => {
    const began: number[] = []
    await begin({ perform: () => void began.push(performance.now()) }, { pollMs: 60_000 })
    await pause(200)
    const asked = performance.now()
    await add(1)
    await ended(3_000)
    expect((began[0] as number) - asked).toBeLessThan(1_000)
    expect(await task()).toMatchObject({ status: 'succeeded', attempts: 1, lease_owner: null, error: null })
  })

  it('commits what a request changes with its outcome, or neither', async () => {
    await add(1)
    await begin({
      attempts: 2,
      backoff: { firstMs: 1, maxMs: 1 },
      perform: async ({ row, db: tx, attempt }) => {
        await tx
          .insertInto('effects')
          .values({ task_id: row.id, what: `attempt ${attempt}` })
          .execute()
        if (attempt === 1) throw new Error('once')
      },
    })
    await ended()
    expect(await database.sql('select what from effects')).toEqual([{ what: 'attempt 2' }])
    expect(await task()).toMatchObject({ status: 'succeeded', attempts: 2 })
  })

  it('tries again what fails, and tells who asked no more than it may say', async () => {
    await add(2)
    await begin({
      attempts: 3,
      backoff: { firstMs: 5, maxMs: 20 },
      perform: ({ row }) => {
        if (row.id === 1) throw new RequestFailure('no_answer', 'The switch did not answer.')
        throw new Error('password=secret')
      },
    })
    await ended()
    expect(await task(1)).toMatchObject({
      status: 'failed',
      attempts: 3,
      error: { code: 'no_answer', message: 'The switch did not answer.' },
      last_error: { code: 'no_answer', at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) },
    })
    const second = await task(2)
    expect(second).toMatchObject({ status: 'failed', error: { code: 'internal' } })
    expect(JSON.stringify([second.error, second.last_error])).not.toContain('secret')
    expect(second.internal_error).toContain('password=secret')
    expect(second.finished_at).not.toBeNull()
  })

  it('does not try again a failure that is final', async () => {
    await add(1)
    await begin({
      attempts: 5,
      perform: () => {
        throw new RequestFailure('unknown_port', 'There is no such port.', { final: true })
      },
    })
    await ended()
    expect(await task()).toMatchObject({ status: 'failed', attempts: 1, error: { code: 'unknown_port' } })
  })

  it('is pending with the reason while it waits for another attempt', async () => {
    await add(1)
    await begin({
      backoff: { firstMs: 60_000, maxMs: 60_000, jitter: false },
      perform: () => {
        throw new RequestFailure('busy', 'Busy.')
      },
    })
    await until(async () => (await task()).last_error !== null)
    const row = await task()
    expect(row).toMatchObject({
      status: 'pending',
      attempts: 1,
      error: null,
      last_error: { code: 'busy', message: 'Busy.' },
    })
    expect(row.run_at.getTime()).toBeGreaterThan(Date.now() + 50_000)
  })

  it('takes over from a worker that is gone, and lets it write nothing any more', async () => {
    await add(1)
    const { promise: late, resolve: goOn } = Promise.withResolvers<void>()
    const seen: string[] = []
    // It renews nothing for a while, as if it stood still.
    const first = await begin(
      {
        concurrency: 1,
        perform: async ({ row, db: tx, signal }) => {
          seen.push('first')
          signal.addEventListener('abort', () => seen.push(`aborted: ${signal.reason.why}`))
          await late
          await tx.insertInto('effects').values({ task_id: row.id, what: 'late' }).execute()
        },
      },
      { leaseMs: 60_000 },
    )
    await until(() => seen.includes('first'))
    await database.sql("update tasks set lease_until = now() - interval '1 second'")
    await begin({
      perform: async ({ row, db: tx }) => {
        seen.push('second')
        await tx.insertInto('effects').values({ task_id: row.id, what: 'second' }).execute()
      },
    })
    await ended()
    goOn()
    await until(() => first.running() === 0)
    await pause(100)
    expect(await database.sql('select what from effects')).toEqual([{ what: 'second' }])
    expect(await task()).toMatchObject({ status: 'succeeded', attempts: 2, last_error: { code: 'lost' } })
  })

  it('fails a request whose workers were lost as often as it may be tried', async () => {
    await add(1)
    await database.sql(
      "update tasks set status = 'running', attempts = 5, lease_owner = 'gone', lease_until = now() - interval '1 second'",
    )
    await begin({ perform: () => undefined })
    await ended()
    expect(await task()).toMatchObject({ status: 'failed', attempts: 5, error: { code: 'lost' } })
  })

  it('keeps the lease of what takes longer', async () => {
    await add(1)
    let calls = 0
    const words: TaskWords = {
      perform: async () => {
        calls += 1
        await pause(1_200)
      },
    }
    await Promise.all([begin(words, { leaseMs: 300 }), begin(words, { leaseMs: 300 })])
    await ended()
    expect(calls).toBe(1)
    expect(await task()).toMatchObject({ status: 'succeeded', attempts: 1 })
  })

  it.each([
    ['columns', ['lane'] as const],
    ['a function', (row: { label: string }) => row.label],
  ])('performs one at a time for each key, across workers: %s', async (_, key) => {
    await add(60, "'lane ' || n % 4 as label")
    await database.sql('update tasks set lane = label')
    const words: TaskWords = {
      key: key as never,
      concurrency: 8,
      perform: async ({ row }) => {
        const [{ id }] = (await database.sql<{ id: number }>(
          'insert into effects (task_id, what) values ($1, $2) returning id',
          [row.id, row.label],
        )) as readonly [{ id: number }]
        await pause(5)
        await database.sql('update effects set ended = clock_timestamp() where id = $1', [id])
      },
    }
    await Promise.all([begin(words), begin(words), begin(words)])
    await ended(25_000)
    const overlaps = await database.sql(
      'select a.id, b.id as other from effects a join effects b on a.what = b.what and a.id < b.id where a.began < b.ended and b.began < a.ended',
    )
    expect(overlaps).toEqual([])
    const [row] = await database.sql<{ n: string }>('select count(*) as n from effects')
    expect(row?.n).toBe('60')
  })

  it('fails a request of which no key can be made', async () => {
    await add(1)
    await begin({
      key: () => {
        throw new Error('no key')
      },
      perform: () => undefined,
    })
    await ended()
    expect(await task()).toMatchObject({ status: 'failed', error: { code: 'internal' } })
  })

  it('begins with the greater priority, and not before its time', async () => {
    await database.sql(`insert into tasks (label, priority, run_at) values ('low', 0, now()), ('high', 10, now()),
      ('later', 99, now() + interval '700 ms'), ('middle', 5, now() - interval '1 hour')`)
    const order: string[] = []
    const asked = Date.now()
    let laterAt = 0
    await begin(
      {
        concurrency: 1,
        perform: ({ row }) => {
          order.push(row.label)
          if (row.label === 'later') laterAt = Date.now()
        },
      },
      { pollMs: 60_000 },
    )
    await ended()
    expect(order).toEqual(['high', 'middle', 'low', 'later'])
    expect(laterAt - asked).toBeGreaterThan(400)
  })

  it('takes turns among clients: one with 10,000 requests does not keep another waiting', async () => {
    await add(10_000, "'many' as label")
    await database.sql(`update tasks set run_as = '{"id":"many","client":null}', run_at = now() - interval '1 hour'`)
    await database.sql(
      `insert into tasks (label, run_as) select 'few', '{"id":"few","client":null}' from generate_series(1, 5)`,
    )
    const order: string[] = []
    const worker = await begin({
      concurrency: 2,
      perform: async ({ row }) => {
        order.push(row.label)
        await pause(1)
      },
    })
    await until(() => order.filter(label => label === 'few').length === 5)
    expect(order.length).toBeLessThan(100)
    await worker.stop()
  })

  it('takes turns also where one request is performed at a time', async () => {
    await add(50, "'many' as label")
    await database.sql(`update tasks set run_as = '{"id":"many"}', run_at = now() - interval '1 hour'`)
    await database.sql(`insert into tasks (label, run_as) select 'few', '{"id":"few"}' from generate_series(1, 3)`)
    const order: string[] = []
    await begin({
      concurrency: 1,
      perform: async ({ row }) => {
        order.push(row.label)
        await pause(60)
      },
    })
    await until(() => order.filter(label => label === 'few').length === 3)
    expect(order.length).toBeLessThanOrEqual(8)
  })

  it('performs no more at a time than it may', async () => {
    await add(30)
    let now = 0
    let most = 0
    await begin({
      concurrency: 3,
      perform: async () => {
        now += 1
        most = Math.max(most, now)
        await pause(10)
        now -= 1
      },
    })
    await ended()
    expect(most).toBe(3)
  })

  it('cuts off what takes longer than it may, and tries it again', async () => {
    await add(1)
    const reasons: unknown[] = []
    await begin({
      timeoutMs: 100,
      attempts: 2,
      backoff: { firstMs: 1, maxMs: 1 },
      perform: ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            reasons.push(signal.reason.why)
            reject(signal.reason)
          })
        }),
    })
    await ended()
    expect(reasons).toEqual(['timeout', 'timeout'])
    expect(await task()).toMatchObject({
      status: 'failed',
      attempts: 2,
      error: { code: 'timeout', message: 'It took longer than 100 ms.' },
    })
  })

  it('goes on whatever perform does: hangs, throws, rejects late, leaves timers behind', async () => {
    await add(40)
    const timers: NodeJS.Timeout[] = []
    const worker = await begin(
      {
        timeoutMs: 60,
        attempts: 1,
        concurrency: 4,
        perform: ({ row, db: tx, progress }) => {
          switch (row.id % 5) {
            case 0:
              return new Promise(() => undefined)
            case 1:
              throw new Error('thrown')
            case 2:
              return new Promise((_, reject) => setTimeout(() => reject(new Error('too late')), 400))
            case 3:
              timers.push(setInterval(() => progress(1, 2), 5))
              return undefined
            default:
              // A transaction that nobody ends.
              return tx
                .insertInto('effects')
                .values({ task_id: row.id })
                .execute()
                .then(() => new Promise(() => undefined))
          }
        },
      },
      { graceMs: 50 },
    )
    await ended(20_000)
    expect(await statuses()).toEqual({ failed: 32, succeeded: 8 })
    await pause(500)
    expect(worker.running()).toBe(0)
    expect(await database.sql('select from effects')).toEqual([])
    await add(5)
    for (const timer of timers) clearInterval(timer)
    await database.sql("update tasks set id = 1000 + id where status = 'pending'")
    await ended()
  })

  it('cancels what waits at once, and what runs once its worker lets go', async () => {
    await add(1)
    const reasons: unknown[] = []
    await begin({
      perform: ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            reasons.push(signal.reason.why)
            reject(new Error('gone'))
          })
        }),
    })
    await until(async () => (await task()).status === 'running')
    await database.sql('update tasks set cancel_requested_at = now()')
    await ended(3_000)
    expect(reasons).toEqual(['cancelled'])
    expect(await task()).toMatchObject({
      status: 'cancelled',
      attempts: 1,
      error: null,
      last_error: { code: 'cancelled' },
    })
  })

  it('undoes what a request did that was cancelled while it ran, though it returned', async () => {
    await add(1)
    await begin({
      perform: async ({ row, db: tx }) => {
        await tx.insertInto('effects').values({ task_id: row.id }).execute()
        await database.sql('update tasks set cancel_requested_at = now()')
      },
    })
    await ended()
    expect(await task()).toMatchObject({ status: 'cancelled' })
    expect(await database.sql('select from effects')).toEqual([])
  })

  it('shows how far a request has come', async () => {
    await add(1)
    const { promise, resolve } = Promise.withResolvers<void>()
    await begin({
      perform: async ({ progress }) => {
        progress(1, 3, 'begun')
        await promise
        progress(3, 3)
      },
    })
    await until(async () => (await task()).progress !== null)
    expect(await task()).toMatchObject({ status: 'running', progress: { done: 1, total: 3, note: 'begun' } })
    resolve()
    await ended()
  })

  it.each(['succeeds', 'succeeds with what it wrote', 'fails'])('shows what a request that %s told last', async how => {
    await add(1)
    await begin({
      attempts: 1,
      perform: async ({ progress, db: tx }) => {
        progress(1, 3, 'begun')
        if (how.includes('wrote')) await tx.updateTable('tasks').set({ label: 'written' }).execute()
        progress(2, 3, 'half')
        progress(3, 3, 'done')
        if (how === 'fails') throw new Error('no')
      },
    })
    await ended()
    expect((await task()).progress).toEqual({ done: 3, total: 3, note: 'done' })
  })

  it('does not wait for itself to tell how far it has come, where it has changed its own row', async () => {
    await add(1)
    const worker = await begin({
      perform: async ({ row, db, progress }) => {
        await db.updateTable('tasks').set({ lane: 'own' }).where('id', '=', row.id).execute()
        progress(1, 2)
      },
    })
    await ended()
    expect(await task()).toMatchObject({ status: 'succeeded', lane: 'own', attempts: 1 })
    expect(worker.errors).toEqual([])
  })

  it('gives the commands of a schedule once, though three workers run', async () => {
    const words: TaskWords = {
      schedule: { tick: { cron: '* * * * * *', row: at => ({ label: at.toISOString() }) } },
      perform: () => undefined,
    }
    await Promise.all([begin(words), begin(words), begin(words)])
    await until(async () => (await database.sql("select from tasks where status = 'succeeded'")).length >= 3)
    const rows = await database.sql<{ label: string; at: Date; as: { id: null } }>(
      'select label, schedule_at as at, run_as as "as" from tasks order by 2',
    )
    expect(new Set(rows.map(({ at }) => at.toISOString())).size).toBe(rows.length)
    for (const { label, at, as } of rows) {
      expect(label).toBe(at.toISOString())
      expect(as.id).toBeNull()
    }
  })

  it('makes up for the last time of a schedule that nobody was there for', async () => {
    await database.sql(
      "insert into tasks (label, status, schedule, schedule_at) values ('old', 'succeeded', 'daily', now() - interval '3 hours')",
    )
    await begin({ schedule: { daily: { cron: '0 * * * *', row: { label: 'made up for' } } }, perform: () => undefined })
    await until(
      async () =>
        (await database.sql("select from tasks where label = 'made up for' and status = 'succeeded'")).length === 1,
    )
  })

  it('waits for what runs when it stops, and gives back what it had not begun', async () => {
    await add(50)
    const worker = await begin({ concurrency: 2, perform: () => pause(300) })
    await until(() => worker.running() === 2)
    await worker.stop()
    expect(await statuses()).toEqual({ pending: 48, succeeded: 2 })
    expect(
      await database.sql('select from tasks where status = $1 and (attempts > 0 or lease_owner is not null)', [
        'pending',
      ]),
    ).toEqual([])
  })

  it('gives back what does not end in time when it stops, as if it had not been begun', async () => {
    await add(1)
    const worker = await begin({ perform: () => new Promise(() => undefined) }, { drainMs: 100, graceMs: 50 })
    await until(() => worker.running() === 1)
    await worker.stop()
    expect(await task()).toMatchObject({ status: 'pending', attempts: 0, lease_owner: null })
  })
})
