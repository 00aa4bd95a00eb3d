// Streams of commands and reports: what they hold ends with their attempt, and those that wait their turn neither fail nor keep clients waiting.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type ReportsUnderTest, serveReports } from '../reports/reports.ts'
import { until } from '../requests/tasks.ts'
import { servers } from '../support/databases.ts'

let reports: ReportsUnderTest
let go = Promise.withResolvers<void>()
let running = 0
const caught: unknown[] = []
const state = async (id: string) => (await reports.get(`/reports/${id}`)).json.data.status
const over = async (id: string) => {
  await until(async () => !['pending', 'running'].includes(await state(id)))
  return state(id)
}
const cursors = () =>
  reports.sql<{ count: number }>(
    `select count(*)::int from pg_stat_activity where datname = current_database() and state = 'idle in transaction'`,
  )
const noCursors = () => until(async () => (await cursors())[0]?.count === 0)

beforeAll(async () => {
  reports = await serveReports(
    servers()[0] as never,
    {
      ...{ attempts: 1, timeoutMs: 20_000, concurrency: 20 },
      async *generate({ row, stream, db, signal }) {
        const read = stream('servers', { sort: ['id'] })[Symbol.asyncIterator]()
        const { value } = await read.next()
        yield { id: (value as { id: number }).id }
        // Ends, and leaves the rest of what it reads where it is.
        if (row.lines === 1) return
        if (row.lines === 2) {
          await new Promise(resolve => signal.addEventListener('abort', resolve))
          for (let next = await read.next(); !next.done; next = await read.next());
          caught.push('came to an end')
        }
        if (row.lines === 3) await new Promise(() => undefined)
        running += 1
        // One of them within another, and beside a transaction.
        if (row.lines === 5) {
          for await (const _ of stream('servers')) break
          await db.selectFrom('servers' as never).execute()
        }
        await go.promise
        running -= 1
        await read.return?.()
      },
    },
    { worker: { graceMs: 100 } },
  )
  await reports.sql(`insert into servers select n, 'ann' from generate_series(11, 5000) as n`)
})
afterAll(() => reports.close())

it('gives back the connection of a stream that its report leaves unread', async () => {
  const ids = await Promise.all(Array.from({ length: 8 }, () => reports.ask({ lines: 1 })))
  for (const id of ids) expect(await over(id)).toBe('succeeded')
  await noCursors()
})

it('gives back the connection of a stream whose report was cancelled, whether that hangs or reads on', async () => {
  const ids = [await reports.ask({ lines: 2 }), await reports.ask({ lines: 3 })]
  await until(async () => (await cursors())[0]?.count === 2)
  for (const id of ids) expect((await reports.get(`/reports/${id}`, { method: 'DELETE' })).status).toBe(202)
  for (const id of ids) expect(await over(id)).toBe('cancelled')
  await noCursors()
  // What was cut off does not look whole.
  expect(caught).toEqual([])
})

it.each([4, 5])('lets reports that read by cursor take turns, while clients export (%i)', async lines => {
  go = Promise.withResolvers<void>()
  const ids = await Promise.all(Array.from({ length: 9 }, () => reports.ask({ lines })))
  await until(() => running === 3)
  const exported = await reports.get('/servers?filter[id][lt]=500', { headers: { accept: 'application/x-ndjson' } })
  expect([exported.status, running]).toEqual([200, 3])
  go.resolve()
  for (const id of ids) expect(await over(id)).toBe('succeeded')
  await noCursors()
  expect(reports.errors).toEqual([])
})
