// Reports in an older version in camelCase with numbers for states, in JSON:API, in operations, under servers and racks, by natural keys.
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import {
  committed,
  serveTraffic,
  type TrafficReply,
  type TrafficUnderTest,
  type trafficApi,
} from '../reports/traffic-reports.ts'
import { readEvents } from '../requests/read-events.ts'
import { until } from '../requests/tasks.ts'
import { describeEachServer, servers } from '../support/databases.ts'

const far = '2999-01-01T00:00:00Z'
const jsonApi = 'application/vnd.api+json'
const atomic = `${jsonApi};ext="https://jsonapi.org/ext/atomic"`
const csv = (month: string) => `report_month,servers\r\n${month},1\r\n`

describeEachServer('reports', server => {
  let api: TrafficUnderTest
  beforeAll(async () => {
    api = await serveTraffic(server)
  })
  afterAll(() => api.close())
  afterEach(async () => {
    expect(api.errors.splice(0)).toEqual([])
    await api.sql('delete from traffic_reports')
  })
  const get = (path: string, headers?: Readonly<Record<string, string>>) => api.ask('GET', path, undefined, headers)
  const post = (path: string, body: unknown, headers?: Readonly<Record<string, string>>) =>
    api.ask('POST', path, body, headers)
  const wait = { prefer: 'wait=20' }
  /** A path from `Location`, as it is asked for here. */
  const at = ({ headers }: TrafficReply) => (headers.get('location') ?? '').replace(/^\/api/, '')

  it('are asked for, listed, read, fetched and used again in camelCase and with numbers', async () => {
    const list = '/v1/trafficReports'
    const made = await post(list, { reportMonth: '2026-02', bareMetal: 1234 }, wait)
    expect([made.status, made.json.data]).toMatchObject([
      201,
      {
        ...{ status: 9, statusDescription: 'Succeeded', reportMonth: '2026-02', bareMetal: { id: 1234 } },
        ...{ available: true, contentType: 'text/csv; charset=utf-8; header=present', contentSize: '33' },
        ...{ listedUntil: expect.any(String), expiresAt: expect.any(String), progress: { done: 1, total: 1 } },
      },
    ])
    const { id } = made.json.data
    expect(made.headers.get('location')).toBe(`/api/v1/traffic-reports/${id}`)
    const item = await get(at(made))
    expect(item.json.data).toEqual(made.json.data)
    const found = await get(`${list}?available=true&filter[status]=9&sort=-createdAt&fields=status,available`)
    expect(found.json.data).toEqual([{ id, status: 9, available: true }])
    expect((await get(`${list}?status=succeeded`)).status).toBe(400)
    const content = await get(`${at(made)}/content`)
    expect([content.status, content.text]).toEqual([200, csv('2026-02')])
    expect(content.headers.get('content-disposition')).toMatch(/filename="(traffic_reports|trafficReports)-/)
    const again = await post(list, { reportMonth: '2026-02', bareMetal: 1234 })
    expect([again.status, again.headers.get('location'), again.json.data.id]).toEqual([
      200,
      `/api/v1/traffic-reports/${id}`,
      id,
    ])
    // Of another version, with words in place of numbers, it is the same report.
    const current = await post('/traffic-reports', { report_month: '2026-02', bare_metal: 1234 })
    expect([current.status, current.json.data]).toMatchObject([200, { id, status: 'succeeded', available: true }])
  })

  it('that are not ready or have failed say so in camelCase and with numbers', async () => {
    const waiting = await post('/v1/trafficReports', { runAt: far })
    expect(waiting.json.data).toMatchObject({ status: 1, statusDescription: 'Pending', available: false })
    const early = await get(`${at(waiting)}/content`)
    expect([early.status, early.headers.get('retry-after'), early.json.data]).toMatchObject([
      202,
      '1',
      { status: 1, statusDescription: 'Pending', runAt: far },
    ])
    const failed = await post('/v1/trafficReports', { reportMonth: 'never' }, wait)
    expect(failed.json.data).toMatchObject({ status: 3, statusDescription: 'Failed', error: { code: 'internal' } })
    const none = await get(`${at(failed)}/content`)
    expect([none.status, none.json.errors[0].code, none.json.errors[0].meta.cause.code]).toEqual([
      409,
      'report_failed',
      'internal',
    ])
  })

  it('are cancelled, followed and waited for in camelCase', async () => {
    const made = await post('/v1/trafficReports', { runAt: far })
    const reader = await readEvents(`${api.url}${at(made)}`, { token: api.token })
    await until(() => reader.events.length > 0)
    const { etag } = Object.fromEntries((await get(at(made))).headers) as { etag: string }
    const held = get(at(made), { 'if-none-match': etag, prefer: 'wait=20' })
    const cancelled = await api.ask('DELETE', at(made))
    expect([cancelled.status, cancelled.json.data]).toMatchObject([
      200,
      { statusDescription: 'Cancelled', finishedAt: expect.any(String) },
    ])
    expect((await held).json.data).toEqual(cancelled.json.data)
    expect(await reader.ended).toBe(true)
    expect(reader.events.map(({ data }) => JSON.parse(data).statusDescription)).toEqual(['Pending', 'Cancelled'])
    const none = await get(`${at(made)}/content`)
    expect([none.status, none.json.errors[0].code]).toEqual([409, 'report_cancelled'])
    expect((await api.ask('DELETE', at(made))).status).toBe(409)
  })

  it('are documents of JSON:API, with the same content', async () => {
    const headers = { accept: jsonApi, 'content-type': jsonApi }
    const attributes = { report_month: '2026-03' }
    const relationships = { bare_metal: { data: { type: 'bare_metals', id: '1234' } } }
    const document = { data: { type: 'traffic_reports', attributes, relationships } }
    const made = await post('/traffic-reports', document, { ...headers, ...wait })
    expect([made.status, made.headers.get('content-type')]).toEqual([201, jsonApi])
    expect(made.json.data).toMatchObject({
      type: 'traffic_reports',
      attributes: { status: 'succeeded', status_description: 'Succeeded', available: true },
      relationships: { bare_metal: { data: { type: 'bare_metals', id: '1234' } } },
    })
    const { id } = made.json.data
    const content = await get(`${at(made)}/content`, { accept: jsonApi })
    expect([content.status, content.text]).toEqual([200, csv('2026-03')])
    const again = await post('/traffic-reports', document, headers)
    expect([again.status, again.json.data.id, again.json.links.self]).toEqual([200, id, `/api/traffic-reports/${id}`])
    const listed = await get('/traffic-reports?filter[available]=true&sort=-created_at', { accept: jsonApi })
    expect(listed.json.data.map((one: { id: string }) => one.id)).toEqual([id])
    const late = { data: { type: 'traffic_reports', attributes: { run_at: far } } }
    const waiting = await post('/traffic-reports', late, headers)
    const early = await get(`${at(waiting)}/content`, { accept: jsonApi })
    expect([early.status, early.json.data.attributes.status]).toEqual([202, 'pending'])
    const cancelled = await api.ask('DELETE', at(waiting), undefined, { accept: jsonApi })
    expect([cancelled.status, cancelled.text]).toEqual([204, ''])
    const none = await get(`${at(waiting)}/content`, { accept: jsonApi })
    expect([none.status, none.headers.get('content-type'), none.json.errors[0].code]).toEqual([
      409,
      jsonApi,
      'report_cancelled',
    ])
    const old = await get('/v1/traffic-reports?filter[available]=true', { accept: jsonApi })
    expect(old.json.data[0]).toMatchObject({ type: 'trafficReports', id, attributes: { status: 9 } })
  })

  it('come by operations, several at once or none, and go by them', async () => {
    const add = (data: object) => ({ op: 'add', resource: 'traffic_reports', data })
    const both = await post('/operations', {
      operations: [add({ report_month: '2026-04' }), add({ report_month: '2026-05', run_at: far })],
    })
    expect([both.status, both.json.data.map((one: { status: string }) => one.status)]).toEqual([
      200,
      ['pending', 'pending'],
    ])
    const [first, second] = both.json.data
    await until(async () => (await get(`/traffic-reports/${first.id}`)).json.data.available)
    expect((await get(`/traffic-reports/${first.id}/content`)).text).toBe(csv('2026-04'))
    const gone = await post('/operations', {
      operations: [{ op: 'remove', resource: 'traffic_reports', id: second.id }],
    })
    expect(gone.status).toBe(200)
    expect((await get(`/traffic-reports/${second.id}`)).json.data.status).toBe('cancelled')
    const over = await post('/operations', {
      operations: [add({}), { op: 'remove', resource: 'traffic_reports', id: first.id }],
    })
    expect([over.status, over.json.errors[0]]).toMatchObject([
      409,
      { code: 'already_finished', source: { pointer: '/operations/1' } },
    ])
    expect(await api.sql('select count(*)::int as n from traffic_reports')).toEqual([{ n: 2 }])
    const old = await post('/v1/operations', {
      operations: [{ op: 'add', resource: 'trafficReports', data: { reportMonth: '2026-06', runAt: far } }],
    })
    expect(old.json.data).toMatchObject([{ status: 1, statusDescription: 'Pending', reportMonth: '2026-06' }])
    const document = {
      'atomic:operations': [
        { op: 'add', data: { type: 'traffic_reports', attributes: { run_at: far } } },
        { op: 'remove', ref: { type: 'traffic_reports', id: old.json.data[0].id } },
      ],
    }
    const done = await post('/operations', document, { 'content-type': atomic, accept: atomic })
    expect(done.json['atomic:results']).toMatchObject([{ data: { attributes: { status: 'pending' } } }, {}])
    expect((await get(`/traffic-reports/${old.json.data[0].id}`)).json.data.status).toBe('cancelled')
  })

  it('are used again for who asks with an Idempotency-Key, and the key leads to the same report from then on', async () => {
    const body = { report_month: '2026-11' }
    const { id } = (await post('/traffic-reports', body, wait)).json.data
    const key = { 'idempotency-key': 'november' }
    const used = await post('/traffic-reports', body, key)
    expect([used.status, used.json.data.id, used.headers.get('location')]).toEqual([
      200,
      id,
      `/api/traffic-reports/${id}`,
    ])
    expect(used.headers.get('idempotency-replayed')).toBe(null)
    await api.sql(`update traffic_reports set expires_at = now() - interval '1 s'`)
    const replayed = await post('/traffic-reports', body, key)
    expect([replayed.status, replayed.text, replayed.headers.get('location')]).toEqual([
      ...[200, used.text],
      used.headers.get('location'),
    ])
    expect(replayed.headers.get('idempotency-replayed')).toBe('true')
    expect((await post('/traffic-reports', { report_month: '2026-12' }, key)).status).toBe(422)
    // A new one, by a key of its own, once and not again.
    const other = { 'idempotency-key': 'anew' }
    const made = await post('/traffic-reports', body, other)
    expect([made.status, made.json.data.id === id]).toEqual([201, false])
    const again = await post('/traffic-reports', body, other)
    expect([again.status, again.text, again.headers.get('idempotency-replayed')]).toEqual([201, made.text, 'true'])
    expect(await api.sql('select count(*)::int as n from traffic_reports')).toEqual([{ n: 2 }])
  })

  it('are used again however quick the worker is, and leave no row and no trace of the second request', async () => {
    const body = { report_month: '2025-01' }
    const { id } = (await post('/traffic-reports', body, wait)).json.data
    const asked = await Promise.all(Array.from({ length: 20 }, () => post('/traffic-reports', body)))
    expect(asked.map(({ status, json }) => [status, json.data.id])).toEqual(asked.map(() => [200, id]))
    expect(await api.sql('select count(*)::int as n from traffic_reports')).toEqual([{ n: 1 }])
    expect(await api.sql(`select count(*)::int as n from orders where month = '2025-01'`)).toEqual([{ n: 1 }])
    expect(committed.splice(0).filter(month => month === '2025-01')).toHaveLength(1)
  })

  it('of a list in one body are each made anew', async () => {
    const body = { report_month: '2025-02' }
    const { id } = (await post('/traffic-reports', body, wait)).json.data
    const both = await post('/traffic-reports', [body, body])
    expect([both.status, new Set([id, ...both.json.data.map((one: { id: string }) => one.id)]).size]).toEqual([201, 3])
  })

  it('are found by a query in a body', async () => {
    const made = await post('/traffic-reports', { report_month: '2026-07' }, wait)
    const query = { filter: { available: true, report_month: '2026-07' }, fields: ['available'] }
    for (const [method, path] of [
      ['QUERY', '/traffic-reports'],
      ['POST', '/traffic-reports/query'],
    ] as const)
      expect((await api.ask(method, path, query)).json.data).toEqual([{ id: made.json.data.id, available: true }])
    const old = { filter: { available: true, statusDescription: 'Succeeded', status: 9 }, fields: ['reportMonth'] }
    expect((await api.ask('QUERY', '/v1/trafficReports', old)).json.data).toEqual([
      { id: made.json.data.id, reportMonth: '2026-07' },
    ])
  })

  it('stand under a server: asked for, read, fetched, cancelled and followed there', async () => {
    const list = '/bare-metals/1234/traffic-reports'
    const made = await post(list, { report_month: '2026-08' }, wait)
    expect([made.status, made.json.data]).toMatchObject([201, { status: 'succeeded', bare_metal: { id: 1234 } }])
    const { id } = made.json.data
    expect(made.headers.get('location')).toBe(`/api/traffic-reports/${id}`)
    expect((await get(`${list}?available=true&fields=id`)).json.data).toEqual([{ id }])
    expect((await get(`${list}/${id}`)).json.data).toEqual(made.json.data)
    const again = await post(list, { report_month: '2026-08' })
    expect([again.status, again.headers.get('location')]).toEqual([200, `/api/traffic-reports/${id}`])
    const old = await post('/v1/bareMetals/1234/trafficReports', { reportMonth: '2026-08' })
    expect([old.status, old.headers.get('location'), old.json.data.status]).toEqual([
      200,
      `/api/v1/traffic-reports/${id}`,
      9,
    ])
    const waiting = await post(list, { run_at: far })
    const place = `${list}/${waiting.json.data.id}`
    const reader = await readEvents(`${api.url}${place}`, { token: api.token })
    await until(() => reader.events.length > 0)
    const held = get(place, { ...wait, 'if-none-match': (await get(place)).headers.get('etag') ?? '' })
    expect((await api.ask('DELETE', place)).status).toBe(200)
    expect((await held).json.data.status).toBe('cancelled')
    expect(await reader.ended).toBe(true)
    for (const path of ['/bare-metals/1235/traffic-reports', `/bare-metals/1235/traffic-reports/${id}`])
      expect([path, (await get(path)).status]).toEqual([path, 404])
    expect((await post('/bare-metals/1235/traffic-reports', {})).status).toBe(404)
  })

  it('stand under a rack with a key of two columns', async () => {
    const list = '/racks/wdc~102,7/traffic-reports'
    const made = await post(list, { report_month: '2026-09' }, wait)
    expect([made.status, made.json.data]).toMatchObject([
      201,
      { status: 'succeeded', rack: { site: 'wdc,02', number: 7 } },
    ])
    const { id } = made.json.data
    expect((await get(`${list}?available=true&fields=id`)).json.data).toEqual([{ id }])
    const again = await post(list, { report_month: '2026-09' })
    expect([again.status, again.json.data.id]).toEqual([200, id])
    const direct = await post('/traffic-reports', { report_month: '2026-09', rack: { site: 'wdc,02', number: 7 } })
    expect([direct.status, direct.json.data.id]).toEqual([200, id])
    expect((await post('/racks/ams-01,7/traffic-reports', {})).status).toBe(404)
    const theirs = await post('/traffic-reports', { rack: { site: 'ams-01', number: 7 } })
    expect(theirs.status).toBe(422)
  })

  it('go by their natural key: read, fetched, waited for, followed, cancelled', async () => {
    const made = await post('/v1/trafficReports', { slug: 'jan', reportMonth: '2026-10' }, wait)
    const byKey = await get('/traffic-reports/jan')
    expect([byKey.status, byKey.headers.get('content-location')]).toEqual([
      200,
      `/api/traffic-reports/${made.json.data.id}`,
    ])
    const content = await get('/traffic-reports/jan/content')
    expect([content.status, content.text]).toEqual([200, csv('2026-10')])
    expect((await get('/v1/trafficReports/jan/content')).text).toBe(csv('2026-10'))
    await post('/traffic-reports', { slug: 'feb', run_at: far })
    const reader = await readEvents(`${api.url}/traffic-reports/feb`, { token: api.token })
    await until(() => reader.events.length > 0)
    const held = get('/traffic-reports/feb', wait)
    const cancelled = await api.ask('DELETE', '/traffic-reports/feb')
    expect([cancelled.status, cancelled.json.data.status]).toEqual([200, 'cancelled'])
    expect((await held).json.data.status).toBe('cancelled')
    expect(await reader.ended).toBe(true)
  })
})

it('are one queue in all versions, so that key and kind of their rows have to be the same in each', async () => {
  const [server] = servers()
  if (!server) throw new Error('a server is needed')
  const refusal = (version: Parameters<typeof trafficApi>[1]) => serveTraffic(server, '/api', version).catch(String)
  expect(await refusal({ key: ['bare_metal'] })).toContain(
    'versions.1: traffic_reports.key: must be that of version 2, so that requests of both exclude each other',
  )
  expect(await refusal({ key: () => 'one' })).toContain('versions.1: traffic_reports.key: must be that of version 2')
  expect(await refusal('requests')).toContain(
    'versions.1: traffic_reports: the rows of public.traffic_reports are reports in every version or in none, and version 2 says otherwise',
  )
})

it('that only older versions have are made as the newest of those says', async () => {
  const [server] = servers()
  if (!server) throw new Error('a server is needed')
  const api = await serveTraffic(server, '/', 'older alone')
  try {
    expect((await api.ask('GET', '/traffic-reports')).status).toBe(404)
    const made = await api.ask('POST', '/v9/traffic-reports', { report_month: '2026-01' }, { prefer: 'wait=20' })
    expect([made.status, made.headers.get('location')]).toEqual([201, `/v9/traffic-reports/${made.json.data.id}`])
    expect((await api.ask('GET', `/v9/traffic-reports/${made.json.data.id}/content`)).text).toBe('by\r\n10\r\n')
    expect((await api.ask('GET', `/v10/traffic-reports/${made.json.data.id}/content`)).text).toBe('by\r\n10\r\n')
  } finally {
    await api.close()
  }
})

it('are the same at the root of a host: the query of a report, its content, its events', async () => {
  const [server] = servers()
  if (!server) throw new Error('a server is needed')
  const api = await serveTraffic(server, '/')
  try {
    const made = await api.ask('POST', '/v1/bareMetals/1234/trafficReports', {}, { prefer: 'wait=20' })
    expect([made.status, made.json.data.status]).toEqual([201, 9])
    const place = made.headers.get('location') ?? ''
    expect(place).toBe(`/v1/traffic-reports/${made.json.data.id}`)
    expect((await api.ask('GET', `${place}/content`)).text).toBe('report_month,servers\r\n2026-01,1\r\n')
    const again = await api.ask('POST', '/bare-metals/1234/traffic-reports', {})
    expect([again.status, again.headers.get('location')]).toEqual([200, `/traffic-reports/${made.json.data.id}`])
    const reader = await readEvents(`${api.url}${place}`, { token: api.token })
    expect(await reader.ended).toBe(true)
    expect(reader.events.map(({ data }) => JSON.parse(data).statusDescription)).toEqual(['Succeeded'])
    const described = await api.ask('OPTIONS', place)
    expect([described.json.data.links, described.json.data.command]).toEqual([
      { self: place },
      { maxWaitSeconds: 60, cancel: true },
    ])
    expect(api.errors).toEqual([])
  } finally {
    await api.close()
  }
})
