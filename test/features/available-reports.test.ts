// The list of what is available: a time to live of its own, the caller's own access, and an index that finds it.
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { withClient } from '../../src/databases/postgres/with-client.ts'
import { given } from '../../src/index.ts'
import { lines, type ReportsUnderTest, serveReports, tokens } from '../reports/reports.ts'
import { until } from '../requests/tasks.ts'
import { describeEachServer, servers } from '../support/databases.ts'

describeEachServer('the list of available reports', server => {
  let reports: ReportsUnderTest
  const statements: string[] = []
  beforeAll(async () => {
    reports = await serveReports(
      server,
      { expiresAfter: '24h', listedFor: '1h', reuse: true, generate: ({ row }) => lines(row.lines) },
      { onStatement: text => void statements.push(text) },
    )
  })
  afterAll(() => reports.close())
  afterEach(() => expect(reports.errors.splice(0)).toEqual([]))

  const made = async (body: object, token = tokens.ann) => {
    const id = await reports.ask(body, token)
    await until(async () => (await reports.get(`/reports/${id}`, { token })).json.data.status === 'succeeded')
    return id
  }
  const listed = async (token = tokens.ann, query = '') =>
    (await reports.get(`/reports?available=true&fields=id${query}`, { token })).json.data.map(
      (one: { id: string }) => one.id,
    )
  const later = (id: string, by: string) =>
    reports.sql(
      `update reports set expires_at = expires_at - interval '${by}', listed_until = listed_until - interval '${by}' where id = $1`,
      [id],
    )

  it('has a report for as long as `listedFor` says, and its content is there for longer', async () => {
    const id = await made({ lines: 1, format: 'csv' })
    const [times] = await reports.sql<{ listed: number; kept: number }>(
      `select round(extract(epoch from listed_until - finished_at) / 60)::int as listed,
         round(extract(epoch from expires_at - finished_at) / 60)::int as kept from reports where id = $1`,
      [id],
    )
    expect(times).toEqual({ listed: 60, kept: 24 * 60 })
    expect(await listed()).toContain(id)
    expect((await reports.get(`/reports/${id}`)).json.data).toMatchObject({ available: true })
    await later(id, '61 min')
    expect(await listed()).not.toContain(id)
    const row = await reports.get(`/reports/${id}`)
    expect(row.json.data).toMatchObject({ status: 'succeeded', available: false })
    expect(row.json.data.listed_until < new Date().toISOString()).toBe(true)
    const content = await reports.get(`/reports/${id}/content`)
    expect([content.status, content.text]).toEqual([200, 'n,text\r\n1,"line 1, ""quoted"""\r\n'])
    const [, left] = /max-age=(\d+)/.exec(content.headers.get('cache-control') ?? '') ?? []
    expect(Number(left)).toBeGreaterThan(22 * 3_600)
    await later(id, '24 h')
    expect((await reports.get(`/reports/${id}/content`)).status).toBe(410)
  })

  it('is that of each caller, as any other list is', async () => {
    const mine = await made({ lines: 2, format: 'csv', team: 'red' })
    const theirs = await made({ lines: 2, format: 'csv' }, tokens.bob)
    expect(await listed()).toContain(mine)
    expect(await listed()).not.toContain(theirs)
    expect(await listed(tokens.bob)).toEqual([theirs])
    expect(await listed(tokens.colleague)).toEqual([mine])
    // By its own fields, and not to a role that does not read what it looks at.
    expect(await listed(tokens.ann, '&lines=2&sort=-created_at&page[size]=1')).toEqual([mine])
    expect(await listed(tokens.auditor)).toEqual([])
    const { data } = (await reports.get('/reports', { method: 'OPTIONS' })).json
    expect(data.schema.properties).toMatchObject({
      available: { type: 'boolean' },
      listed_until: { anyOf: [{ type: 'string', format: 'date-time' }, { type: 'null' }] },
    })
    expect(data.filters.available).toContain('eq')
    expect(JSON.stringify(data.write)).not.toContain('listed_until')
  })

  it('is what is used again for who asks for the same: one that has left it is made anew', async () => {
    const id = await made({ lines: 3, format: 'json' })
    const ask = () =>
      reports.get('/reports', {
        ...{ method: 'POST', body: JSON.stringify({ lines: 3, format: 'json' }) },
        headers: { 'content-type': 'application/json' },
      })
    const again = await ask()
    expect([again.status, again.json.data.id]).toEqual([200, id])
    await later(id, '61 min')
    const anew = await ask()
    expect([anew.status, anew.json.data.id === id]).toEqual([201, false])
  })

  it('is found by an index, however many reports there were', async () => {
    await reports.sql(
      `insert into reports (id, lines, format, owner, status, finished_at, expires_at, listed_until)
       select gen_random_uuid(), n, 'csv', 'zoe', 'succeeded', now() - n * interval '1 h', now() - n * interval '1 h', now() - n * interval '1 h'
       from generate_series(1, 5000) as n`,
    )
    await reports.sql('analyze reports')
    statements.length = 0
    await listed()
    const [text = ''] = statements.filter(one => one.includes('expires_at'))
    const count = Math.max(...[...text.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number)))
    const plan = await withClient(reports.database.config as pg.ClientConfig, async client => {
      await client.query(`set plan_cache_mode = force_generic_plan`)
      await client.query(`prepare asked as ${text}`)
      const { rows } = await client.query(
        `explain execute asked(${Array.from({ length: count }, () => 'null').join()})`,
      )
      return rows.map(row => row['QUERY PLAN']).join('\n')
    })
    expect(plan).toContain('reports_request_expires')
  })
})

it('refuses a list that would outlive its files, or lasts for nothing', async () => {
  const [server] = servers()
  if (!server) throw new Error('a server is needed')
  for (const [expiresAfter, listedFor] of [
    ['24h', '25h'],
    ['24h', '0s'],
    ['1h', '2d'],
  ] as const)
    await expect(serveReports(server, { expiresAfter, listedFor })).rejects.toThrow(
      `reports.listedFor: '12h', at least a second, and at most as long as expiresAfter, ${expiresAfter}`,
    )
})

it('takes `available` and `status_description` as filters, sorts, and in scopes, where a definition lists them', async () => {
  const [server] = servers()
  if (!server) throw new Error('a server is needed')
  const listed = {
    filters: ['lines', 'available', 'status_description', { fresh: { available: given } }],
    sorts: ['lines', 'available', 'status_description'],
    defaultSort: ['-available', 'lines'],
    scopes: { fetchable: { where: { available: true, status_description: 'Succeeded' } } },
  }
  const reports = await serveReports(server, listed as object, { worker: false })
  try {
    const add = (lines: number, status: string, expires: string | null) =>
      reports.sql(
        `insert into reports (lines, owner, status, expires_at) values ($1, 'ann', $2, now() + $3::interval)`,
        [lines, status, expires],
      )
    await add(1, 'pending', null)
    await add(2, 'succeeded', '1 h')
    await add(3, 'succeeded', '-1 h')
    await add(4, 'failed', null)
    const of = async (query: string) =>
      (await reports.get(`/reports?fields=lines${query}`)).json.data?.map((one: { lines: number }) => one.lines)
    expect(await of('')).toEqual([2, 1, 3, 4])
    expect(await of('&available=true')).toEqual([2])
    expect(await of('&fresh=false&sort=lines')).toEqual([1, 3, 4])
    expect(await of('&scope=fetchable')).toEqual([2])
    expect(await of('&status_description=Succeeded&sort=-lines')).toEqual([3, 2])
    expect(await of('&sort=status_description,available,lines')).toEqual([4, 1, 3, 2])
    expect((await reports.get('/reports?status=failed')).status).toBe(400)
    const { data } = (await reports.get('/reports', { method: 'OPTIONS' })).json
    expect([Object.keys(data.filters).sort(), data.sorts.toSorted()]).toEqual([
      ['available', 'fresh', 'lines', 'status_description'],
      ['available', 'lines', 'status_description'],
    ])
    expect(reports.errors).toEqual([])
  } finally {
    await reports.close()
  }
})
