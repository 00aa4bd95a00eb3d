// Reports that workers write elsewhere: killed in the middle, into S3, and larger than memory.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it } from 'vitest'
import { connectPostgres } from '../../src/databases/postgres/connect.ts'
import { revokeTokens } from '../../src/identity/revoke-tokens.ts'
import { openStorage } from '../../src/storage/open-storage.ts'
import { type ReportsUnderTest, serveReports } from '../reports/reports.ts'
import { until } from '../requests/tasks.ts'
import { signToken } from '../support/api-under-test.ts'
import { type Server, servers } from '../support/databases.ts'
import { startS3Server } from '../support/s3-server.ts'

const s3Program = fileURLToPath(new URL('../support/s3-program.ts', import.meta.url))
const program = fileURLToPath(new URL('../reports/work-program.ts', import.meta.url))
/** 5 million where COLONNADE_REPORT_ROWS says so. */
const rows = Number(process.env.COLONNADE_REPORT_ROWS ?? 300_000)
const mebibyte = 1024 * 1024

interface Memory {
  readonly rss: number
  readonly held: number
}

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function serve(options: Parameters<typeof serveReports>[2] = {}): Promise<ReportsUnderTest> {
  const [server] = servers() as readonly Server[]
  if (!server) throw new Error('there is no server')
  const reports = await serveReports(server, {}, { worker: false, ...options })
  ends.push(() => reports.close())
  return reports
}

async function startWorker(
  { database, storage }: ReportsUnderTest,
  pauseEvery = 0,
  settleMs = 0,
): Promise<ChildProcess> {
  const child = spawn(
    process.execPath,
    [program, JSON.stringify(database.config), JSON.stringify(storage), '1000', String(pauseEvery), String(settleMs)],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  ends.push(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child
}

it('leaves nothing to be seen of a report whose worker is killed, and another worker makes it whole', {
  timeout: 90_000,
}, async () => {
  const reports = await serve()
  const { directory } = reports.storage as { readonly directory: string }
  const first = await startWorker(reports, 1_000)
  const id = await reports.ask({ lines: 200_000, format: 'ndjson' })
  const files = () => readdir(directory).catch((): string[] => [])
  await until(async () => (await reports.get(`/reports/${id}`)).json.data.progress?.done >= 5_000, 30_000)
  expect(await files()).toEqual([expect.stringMatching(/\.part$/)])
  const exited = once(first, 'exit')
  first.kill('SIGKILL')
  await exited
  expect((await reports.get(`/reports/${id}`)).json.data).toMatchObject({ status: 'running', available: false })
  expect((await reports.get(`/reports/${id}/content`)).status).toBe(202)
  const left = await files()
  expect(left).toEqual([expect.stringMatching(/\.part$/)])
  await startWorker(reports)
  await until(async () => (await reports.get(`/reports/${id}`)).json.data.status === 'succeeded', 60_000)
  const { data } = (await reports.get(`/reports/${id}`)).json
  expect(data).toMatchObject({ attempts: 2, available: true })
  const content = await reports.get(`/reports/${id}/content`)
  expect(content.status).toBe(200)
  const found = content.text.trimEnd().split('\n')
  expect(found.length).toBe(200_000)
  expect(found.at(-1)).toBe('{"n":200000,"text":"line 200000, \\"quoted\\""}')
  // What the killed one has left goes with a sweep.
  const storage = await openStorage(reports.storage)
  await storage.sweep({ expiredBefore: new Date(0), unfinishedBefore: new Date() })
  expect((await files()).filter(file => left.includes(file))).toEqual([])
})

it('leaves nothing of a report whose giver was revoked while another process made it', {
  timeout: 60_000,
}, async () => {
  const reports = await serve()
  const { directory } = reports.storage as { readonly directory: string }
  await startWorker(reports, 1_000)
  const token = await signToken('ann', { jti: 'a' })
  const other = await signToken('ann', { jti: 'b' })
  const id = await reports.ask({ lines: 40_000, format: 'ndjson' }, token)
  const kept = await reports.ask({ lines: 10, format: 'ndjson' }, other)
  const files = () => readdir(directory).catch((): string[] => [])
  await until(async () => (await files()).some(file => file.endsWith('.part')), 30_000)
  const registry = connectPostgres({ config: reports.database.config })
  await revokeTokens(registry, { jti: 'a', days: 1 }).finally(() => registry.close())
  const row = async (of: string) => (await reports.get(`/reports/${of}`, { token: other })).json.data
  await until(async () => (await row(id)).status === 'failed', 30_000)
  expect(await row(id)).toMatchObject({ error: { code: 'revoked' }, attempts: 1, available: false, content_size: null })
  expect(await row(kept)).toMatchObject({ status: 'succeeded', available: true })
  await until(async () => (await files()).length === 1)
})

it('sends who fetches a report in S3 to a link of a minute, which nobody else may keep', {
  timeout: 60_000,
}, async () => {
  const s3 = await startS3Server()
  ends.push(() => s3.stop())
  const reports = await serve({ storage: { s3: s3.options }, worker: true })
  const id = await reports.ask({ lines: 1_000, format: 'csv' })
  await until(async () => (await reports.get(`/reports/${id}`)).json.data.status === 'succeeded', 30_000)
  const { status, headers, text: body } = await reports.get(`/reports/${id}/content`)
  expect([status, body, headers.get('cache-control')]).toEqual([307, '', 'no-store'])
  const link = new URL(headers.get('location') ?? '')
  expect(link.searchParams.get('X-Amz-Expires')).toBe('60')
  const fetched = await fetch(link)
  const content = await fetched.text()
  expect(fetched.status).toBe(200)
  expect(content.split('\r\n').length).toBe(1_002)
  expect(fetched.headers.get('content-type')).toMatch(/^text\/csv/)
  expect(fetched.headers.get('content-disposition')).toContain(`reports-${id}.csv`)
  const part = await fetch(link, { headers: { range: 'bytes=0-5' } })
  expect([part.status, await part.text()]).toEqual([206, 'n,text'])
  const head = await reports.get(`/reports/${id}/content`, { method: 'HEAD' })
  expect([head.status, head.headers.get('content-length')]).toEqual([200, String(Buffer.byteLength(content))])
  await reports.sql("update reports set expires_at = now() - interval '1 s' where id = $1", [id])
  expect((await reports.get(`/reports/${id}/content`)).status).toBe(410)
  expect(reports.errors).toEqual([])
})

async function startS3(): Promise<ReportsUnderTest['storage']> {
  const child = spawn(process.execPath, [s3Program], { stdio: ['pipe', 'pipe', 'inherit'] })
  ends.push(async () => {
    const exited = once(child, 'exit')
    child.stdin?.end()
    await exited
  })
  const [line] = await once(child.stdout, 'data')
  return { s3: JSON.parse(String(line)) }
}

it.each([
  { where: 'a folder', from: 'a generator', isS3: false, lines: rows },
  { where: 'S3', from: 'a generator', isS3: true, lines: rows },
  { where: 'a folder', from: 'a query', isS3: false, lines: -rows },
  { where: 'S3', from: 'a query', isS3: true, lines: -rows },
])(
  'writes a report of many rows from $from into $where in under 100 MB above what the worker takes idle',
  {
    timeout: 900_000,
  },
  async ({ where, from, isS3, lines }) => {
    const reports = await serve(isS3 ? { storage: await startS3() } : {})
    if (lines < 0)
      await reports.sql(`insert into servers select n, 'ann' from generate_series(11, $1::int + 5) as n`, [rows])
    const child = await startWorker(reports, 0, 1_500)
    const began = performance.now()
    const id = await reports.ask({ lines, format: 'json' })
    const data = async () => (await reports.get(`/reports/${id}`)).json.data
    await until(async () => !['pending', 'running'].includes((await data()).status), 800_000)
    const seconds = (performance.now() - began) / 1_000
    expect(await data()).toMatchObject({ status: 'succeeded', attempts: 1, progress: { done: rows } })
    const said = text(child.stdout as NonNullable<typeof child.stdout>)
    child.stdin?.end()
    const { idle, peak } = JSON.parse((await said).trim().split('\n').at(-1) ?? '') as Record<'idle' | 'peak', Memory>
    const above = (of: keyof Memory) => Math.round((peak[of] - idle[of]) / mebibyte)
    console.log(
      `${rows} rows of ${from} into ${where}: ${above('rss')} MB above idle (${Math.round(idle.rss / mebibyte)} MB), held by code ${above('held')} MB; ${seconds.toFixed(1)} s, ${Math.round(rows / seconds)} rows a second`,
    )
    expect(peak.rss - idle.rss).toBeLessThan(100 * mebibyte)
  },
)
