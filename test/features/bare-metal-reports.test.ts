// The client of the bare-metal example that fetches a report, as a process of its own, against a real server.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import api from '../../examples/bare-metal/api.ts'
import { fetchReport } from '../../examples/bare-metal/fetch-report.ts'
import type { ServerOptions } from '../../src/create-server.ts'
import { withClient } from '../../src/databases/postgres/with-client.ts'
import { bareMetalTokens, openBareMetal } from '../bare-metal/start-bare-metal.ts'
import { type ApiUnderTest, startApi } from '../support/api-under-test.ts'
import { makeFolder } from '../support/cli.ts'
import { type Server, servers, type TestDatabase } from '../support/databases.ts'
import { freePort } from '../support/free-port.ts'
import { startS3Server } from '../support/s3-server.ts'

const program = resolve(import.meta.dirname, '../../examples/bare-metal/get-report.ts')
const tokens = await bareMetalTokens()
const folder = makeFolder()
const storage = { directory: join(folder.path, 'storage') }
const ends: (() => unknown)[] = []
let database: TestDatabase
let port: number

beforeAll(async () => {
  const [server] = servers() as readonly [Server]
  database = await openBareMetal(server)
  port = await freePort()
})
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})
afterAll(async () => {
  await database.drop()
  folder.remove()
})

/** At the same address each time. */
async function serve(options: Pick<ServerOptions, 'storage' | 'worker'> = {}): Promise<ApiUnderTest> {
  const served = await startApi(api, database, {}, { storage, port, ...options })
  ends.push(() => served.close())
  return served
}

interface Getting {
  /** Resolves once it says this. */
  says(text: string): Promise<void>
  readonly ended: Promise<{ readonly code: number | null; readonly out: string; readonly said: string }>
}

function getReport(args: readonly string[], token = tokens.regular): Getting {
  const env = { ...process.env, TOKEN: token }
  const child: ChildProcess = spawn(process.execPath, [program, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  ends.push(() => child.kill('SIGKILL'))
  let out = ''
  let said = ''
  child.stdout?.setEncoding('utf8').on('data', text => {
    out += text
  })
  child.stderr?.setEncoding('utf8').on('data', text => {
    said += text
    child.emit('said')
  })
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, out, said }))
  return {
    ended,
    async says(text) {
      while (!said.includes(text)) {
        const gone = await Promise.race([once(child, 'said').then(() => false), ended.then(() => true)])
        if (gone && !said.includes(text)) throw new Error(`It ended without "${text}": ${said}`)
      }
    },
  }
}

const url = () => `http://127.0.0.1:${port}/api`
const sql = (text: string, values: readonly unknown[] = []) =>
  withClient(database.config, async client => (await client.query(text, [...values])).rows)
/** Where it was asked for. */
const idIn = (said: string) => /\/traffic-reports\/([0-9a-f-]{36})/.exec(said)?.[1] ?? ''
const requestsIn = (said: string) => said.match(/^\d+ of \d+: .*$/gm) ?? []

it('looks again while the server is away and while the report is not ready, and has the content in the end', async () => {
  const getting = getReport([url(), '1234', '--until', '2014-09-29T01:00:00Z'])
  await getting.says('No answer: ')
  const first = await serve({ worker: false })
  await getting.says('The report is not ready; looking again')
  await first.close()
  await serve()
  const { code, out, said } = await getting.ended
  expect([said, code]).toEqual([expect.any(String), 0])
  expect(out.split('\r\n').slice(0, 2)).toEqual([
    'server,measured_at,bytes_in,bytes_out',
    '1234,2014-09-29T00:00:00Z,6531000,9260000',
  ])
  expect(out.trimEnd().split('\r\n')).toHaveLength(13)
  expect(await sql('select id, bare_metal_id from traffic_reports')).toEqual([{ id: idIn(said), bare_metal_id: 1234 }])
})

it('gives up after as many requests as it may take, says so, and picks the report up later', async () => {
  const first = await serve({ worker: false })
  const early = await getReport([url(), '1234', '--max-requests', '2']).ended
  expect(early.code).toBe(1)
  expect(requestsIn(early.said)).toHaveLength(2)
  expect(early.said).toContain('The report is not ready, and all 2 requests that it may take were made.')
  expect(early.said).toContain(`The report: ${url()}/traffic-reports/${idIn(early.said)}\n`)
  expect(early.out).toBe('')
  await first.close()
  const nobody = await getReport([url(), '1234', '--max-requests', '2']).ended
  expect([nobody.code, requestsIn(nobody.said).length]).toEqual([1, 2])
  expect(nobody.said).toMatch(/^No answer: .+, and all 2 requests that it may take were made\.$/m)
  await serve()
  const later = await getReport([url(), '--report', idIn(early.said), '--max-requests', '9']).ended
  expect([later.code, later.out.trimEnd().split('\r\n').length]).toEqual([0, 289])
})

it('follows the link into S3 without its token, and saves the content under its name once it is whole', async () => {
  const s3 = await startS3Server()
  ends.push(() => s3.stop())
  const { errors } = await serve({ storage: { s3: s3.options } })
  const file = join(folder.path, 'traffic.ndjson')
  const { code, out, said } = await getReport([url(), '1233', '--format', 'ndjson', '--out', file]).ended
  expect([said, code, out]).toEqual([expect.any(String), 0, ''])
  const [sample, ...others] = (await readFile(file, 'utf8')).trimEnd().split('\n')
  expect([JSON.parse(sample ?? '').server, others.length]).toEqual([1233, 287])
  expect(requestsIn(said).at(-1)).toMatch(/^\d of 30: GET http:\/\/127\.0\.0\.1:\d+\/tests\/files\/[0-9a-f]{32}$/)
  // What is in the bucket no more is no content: it asks for another link, and gives up in the end.
  s3.refuses = /^GET .*X-Amz-Signature/
  const lost = join(folder.path, 'lost.csv')
  const refused = await getReport([url(), '--report', idIn(said), '--out', lost, '--max-requests', '3']).ended
  expect([refused.code, existsSync(lost)]).toEqual([1, false])
  expect(refused.said).toContain('The link is answered with 403')
  expect(errors).toEqual([])
})

it('says what became of a report that has expired, has failed, was cancelled, or is not to be had', async () => {
  await serve()
  const order = { url: `${url()}/traffic-reports`, token: tokens.regular }
  const content = await fetchReport({
    ...order,
    report: { bare_metal: 1232, measured_from: '2014-09-29', measured_until: '2014-09-30' },
  })
  expect((await content.text()).split('\r\n')).toHaveLength(290)
  const [{ id } = { id: '' }] = await sql('select id from traffic_reports where bare_metal_id = 1232')
  const fate = async (change: string, token = tokens.regular) => {
    await sql(`update traffic_reports set ${change} where id = $1`, [id])
    const { code, out, said } = await getReport([url(), '--report', id], token).ended
    return { code, out, requests: requestsIn(said).length, said: said.split('\n').at(-3) }
  }
  const ended = { code: 1, out: '', requests: 1 }
  const cannot = 'The content cannot be fetched:'
  expect(await fate('attempts = 1', tokens.other)).toMatchObject({
    ...ended,
    said: expect.stringMatching(`^${cannot} 404 `),
  })
  expect(await fate('attempts = 1', 'nonsense')).toMatchObject({
    ...ended,
    said: expect.stringMatching(`^${cannot} 401 `),
  })
  expect(await fate("expires_at = now() - interval '1 s'")).toMatchObject({
    ...ended,
    said: expect.stringMatching(`^${cannot} 410 `),
  })
  expect(await fate("status = 'cancelled'")).toMatchObject({
    ...ended,
    said: `${cannot} 409 The report was cancelled.`,
  })
  const error = `'{"code":"server_gone","message":"The server is not there any more."}'`
  expect(await fate(`status = 'failed', error = ${error}`)).toMatchObject({
    ...ended,
    said: `${cannot} 409 The report has failed. The server is not there any more.`,
  })
  const theirs = await getReport([url(), '1201']).ended
  expect([theirs.code, requestsIn(theirs.said).length, theirs.said]).toEqual([
    1,
    1,
    expect.stringContaining('The report was refused: 422 '),
  ])
})

it('tells how it is called where it is called in another way', async () => {
  for (const args of [[], [url()], [url(), '1234', '--report', 'x'], [url(), '1234', '--max-requests', 'x']])
    expect(await getReport(args).ended).toMatchObject({
      code: 2,
      said: expect.stringContaining('get-report.ts URL SERVER'),
    })
})
