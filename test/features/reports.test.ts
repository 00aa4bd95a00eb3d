// Reports over HTTP: from the request to the bytes, who gets them, and until when.
import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { SignJWT } from 'jose'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { connectPostgres } from '../../src/databases/postgres/connect.ts'
import { revokeTokens } from '../../src/identity/revoke-tokens.ts'
import { principal } from '../../src/index.ts'
import { queuesOf } from '../../src/jobs/queue.ts'
import { sweepReports } from '../../src/reports/sweep-reports.ts'
import { openStorage } from '../../src/storage/open-storage.ts'
import { lines, type ReportsUnderTest, serveReports, tokens } from '../reports/reports.ts'
import { readEvents } from '../requests/read-events.ts'
import { until } from '../requests/tasks.ts'
import { signToken } from '../support/api-under-test.ts'
import { describeEachServer } from '../support/databases.ts'

describeEachServer('reports', server => {
  let reports: ReportsUnderTest
  let go = Promise.withResolvers<void>()
  const post = (body: object, token = tokens.ann) =>
    reports.get('/reports', {
      ...{ token, method: 'POST', body: JSON.stringify(body) },
      headers: { 'content-type': 'application/json' },
    })
  const over = (id: string, token = tokens.ann) =>
    until(
      async () => !['pending', 'running'].includes((await reports.get(`/reports/${id}`, { token })).json.data.status),
    )
  const made = async (body: object, token = tokens.ann) => {
    const id = await reports.ask(body, token)
    await over(id, token)
    return id
  }
  /** Attempts whose outcome did not count. */
  const lostSoFar = async () => {
    const text = await (await fetch(`${reports.server.metricsUrl}/metrics`)).text()
    const [, count = '0'] = /^colonnade_request_attempts_total\{[^}]*outcome="lost"[^}]*\} (\d+)/m.exec(text) ?? []
    return Number(count)
  }
  const folder = () => (reports.storage as { readonly directory: string }).directory

  beforeAll(async () => {
    reports = await serveReports(
      server,
      {
        attempts: 1,
        reuse: true,
        generate: ({ row, stream }) => {
          if (row.lines === 7) return { resource: 'servers', query: { fields: ['id', 'owner'], sort: ['id'] } }
          if (row.lines === 71) return go.promise.then(() => ({ resource: 'servers', query: { sort: ['-id'] } }))
          return (async function* () {
            if (row.lines === 72)
              for await (const { id, owner } of stream('servers', { sort: ['id'] })) yield { id, whose: owner }
            else if (row.lines === 73) for await (const { id } of stream('nothing')) yield { id }
            else if (row.lines === 13) throw new Error('The disk of the switch is full.')
            if (row.lines === 99) await go.promise
            if (row.lines < 70 || row.lines === 99) yield* lines(row.lines)
          })()
        },
      },
      { metrics: { port: 0 } },
    )
  })
  afterAll(() => reports.close())
  afterEach(() => expect(reports.errors.splice(0)).toEqual([]))

  it('are 202 with Retry-After while they are not ready, then their content, with its type, name, size and checksum', async () => {
    go = Promise.withResolvers()
    const id = await reports.ask({ lines: 99, format: 'csv' })
    const early = await reports.get(`/reports/${id}/content`)
    expect(early.status).toBe(202)
    expect(early.headers.get('retry-after')).toBe('1')
    expect(early.headers.get('cache-control')).toBe('no-store')
    expect(early.json.data).toMatchObject({ id, available: false, content_size: null, expires_at: null })
    go.resolve()
    await over(id)
    const { status, headers, text } = await reports.get(`/reports/${id}/content`)
    expect(status).toBe(200)
    expect(text.split('\r\n').slice(0, 3)).toEqual(['n,text', '1,"line 1, ""quoted"""', '2,"line 2, ""quoted"""'])
    expect(text.split('\r\n').length).toBe(99 + 2)
    const sha256 = createHash('sha256').update(text).digest('hex')
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present')
    expect(headers.get('content-disposition')).toBe(`attachment; filename="reports-${id}.csv"`)
    expect(headers.get('content-length')).toBe(String(Buffer.byteLength(text)))
    expect(headers.get('etag')).toBe(`"${sha256}"`)
    expect(headers.get('accept-ranges')).toBe('bytes')
    const [, seconds] = /^private, max-age=(\d+)$/.exec(headers.get('cache-control') ?? '') ?? []
    expect(Number(seconds)).toBeGreaterThan(86_000)
    expect(Number(seconds)).toBeLessThanOrEqual(86_400)
    const { data } = (await reports.get(`/reports/${id}`)).json
    expect(data).toMatchObject({ status: 'succeeded', available: true, content_sha256: sha256 })
    expect(data.progress).toEqual({ done: 99, total: 99 })
    expect(Object.keys(data)).not.toContain('content_name')
  })

  it('are JSON and NDJSON alike, and records of a query as their giver may read them', async () => {
    const json = await reports.get(`/reports/${await made({ lines: 2, format: 'json' })}/content`)
    expect(json.json).toEqual([
      { n: 1, text: 'line 1, "quoted"' },
      { n: 2, text: 'line 2, "quoted"' },
    ])
    const none = await reports.get(`/reports/${await made({ lines: 0, format: 'json' })}/content`)
    expect(none.json).toEqual([])
    const asked = await reports.get(`/reports/${await made({ lines: 7, format: 'ndjson' })}/content`)
    expect(
      asked.text
        .trim()
        .split('\n')
        .map(line => JSON.parse(line)),
    ).toEqual([2, 4, 6, 8, 10].map(id => ({ id, owner: 'ann' })))
    expect((await post({ lines: 1, format: 'xml' })).status).toBe(422)
  })

  it('are all that a query means, however many, in each format, though the token is over by then', async () => {
    const many = 3_000
    await reports.sql(`insert into servers select n, 'eve' from generate_series(11, $1::int + 10) as n`, [many])
    go = Promise.withResolvers()
    const now = Math.floor(Date.now() / 1_000)
    const short = await new SignJWT({ exp: now + 2 })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject('eve')
      .sign(new TextEncoder().encode('a secret of the tests, 32 bytes or more'))
    const eve = await signToken('eve')
    const ids = await Promise.all(['json', 'ndjson', 'csv'].map(format => reports.ask({ lines: 71, format }, short)))
    const streamed = await reports.ask({ lines: 72, format: 'csv' }, short)
    await until(async () => (await reports.get('/reports', { token: short })).status === 401)
    go.resolve()
    const content = async (id: string) => {
      await until(async () => (await reports.get(`/reports/${id}`, { token: eve })).json.data.status === 'succeeded')
      return reports.get(`/reports/${id}/content`, { token: eve })
    }
    const [json, ndjson, csv] = await Promise.all(ids.map(content))
    const wanted = Array.from({ length: many }, (_, i) => ({ id: many + 10 - i, owner: 'eve' }))
    expect(json?.json).toEqual(wanted)
    expect(ndjson?.text).toBe(wanted.map(one => `${JSON.stringify(one)}\n`).join(''))
    expect(csv?.text).toBe(`id,owner\r\n${wanted.map(({ id }) => `${id},eve\r\n`).join('')}`)
    expect((await content(streamed)).text.split('\r\n').slice(0, 3)).toEqual(['id,whose', '11,eve', '12,eve'])
    const { progress } = (await reports.get(`/reports/${ids[0]}`, { token: eve })).json.data
    expect(progress).toEqual({ done: many, total: many })
    await reports.sql('delete from servers where id > 10')
    // Nothing is a list, too.
    const none = await made({ lines: 71, format: 'json' }, tokens.colleague)
    expect((await reports.get(`/reports/${none}/content`, { token: tokens.colleague })).json).toEqual([])
  })

  it('fail where they read what is not there', async () => {
    const id = await made({ lines: 73, format: 'json' })
    expect((await reports.get(`/reports/${id}`)).json.data).toMatchObject({ status: 'failed' })
  })

  it('answer ranges, conditions and HEAD as RFC 9110 has them', async () => {
    const id = await made({ lines: 3, format: 'ndjson' })
    const whole = await reports.get(`/reports/${id}/content`)
    const etag = whole.headers.get('etag') ?? ''
    const size = Buffer.byteLength(whole.text)
    const part = (range: string, more: Record<string, string> = {}) =>
      reports.get(`/reports/${id}/content`, { headers: { range, ...more } })
    for (const [range, from, to] of [
      ['bytes=0-4', 0, 4],
      ['bytes=5-', 5, size - 1],
      ['bytes=-6', size - 6, size - 1],
      [`bytes=2-${size + 100}`, 2, size - 1],
    ] as const) {
      const { status, headers, text } = await part(range)
      expect([range, status, text]).toEqual([range, 206, whole.text.slice(from, to + 1)])
      expect(headers.get('content-range')).toBe(`bytes ${from}-${to}/${size}`)
      expect(headers.get('content-length')).toBe(String(to - from + 1))
    }
    for (const range of ['bytes=0-1,4-5', 'lines=0-1', 'bytes=5-2', 'bytes=x'])
      expect([range, (await part(range)).status]).toEqual([range, 200])
    const beyond = await part(`bytes=${size}-`)
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${size}`])
    expect((await part('bytes=0-1', { 'if-range': etag })).status).toBe(206)
    expect((await part('bytes=0-1', { 'if-range': '"another"' })).text).toBe(whole.text)
    expect((await part('bytes=0-1', { 'if-range': `W/${etag}` })).status).toBe(200)
    expect((await reports.get(`/reports/${id}/content`, { headers: { 'if-none-match': etag } })).status).toBe(304)
    expect((await reports.get(`/reports/${id}/content`, { headers: { 'if-match': '"another"' } })).status).toBe(412)
    const head = await reports.get(`/reports/${id}/content`, { method: 'HEAD' })
    expect([head.status, head.text, head.headers.get('content-length')]).toEqual([200, '', String(size)])
    expect((await reports.get(`/reports/${id}/content`, { method: 'DELETE' })).status).toBe(405)
    expect((await reports.get(`/reports/${id}/content?x=1`)).status).toBe(400)
  })

  it('give their content to who asked for them and to roles that name it, on rows that these see', async () => {
    const id = await made({ lines: 4, team: 'red' })
    const other = await made({ lines: 4, format: 'csv', team: 'blue' })
    const status = async (token: string | null, of = id) =>
      (await reports.get(`/reports/${of}/content`, { token })).status
    expect(await status(tokens.ann)).toBe(200)
    expect(await status(tokens.bob)).toBe(404)
    expect(await status(null)).toBe(401)
    // He sees the row, and not what is in it.
    expect((await reports.get(`/reports/${id}`, { token: tokens.colleague })).status).toBe(200)
    expect(await status(tokens.colleague)).toBe(403)
    expect(await status(tokens.auditor)).toBe(200)
    expect(await status(tokens.auditor, other)).toBe(404)
    // The owner of the row was changed: who asked for it sees it no longer.
    await reports.sql("update reports set owner = 'bob' where id = $1", [id])
    expect(await status(tokens.ann)).toBe(404)
    expect(await status(tokens.bob)).toBe(403)
    expect(await status(tokens.ann, '00000000-0000-0000-0000-000000000000')).toBe(404)
    expect(await status(tokens.ann, 'nonsense')).toBe(404)
  })

  it('give their content to who may not read the state of any report', async () => {
    const read = { without: ['status', 'status_description'] }
    const asks = { write: { create: { only: ['lines', 'format', 'team'] } }, set: { owner: principal('id') } }
    const roles = {
      giver: { when: { owner: principal('id') }, read, ...asks },
      archivist: { when: { team: principal('archives') }, read: { only: ['id'] }, content: true },
    }
    const other = await serveReports(server, { roles } as never)
    try {
      const id = await other.ask({ lines: 2, format: 'json', team: 'red' })
      const content = (token: string) => other.get(`/reports/${id}/content`, { token })
      await until(async () => (await content(tokens.ann)).status === 200)
      for (const token of [tokens.ann, tokens.archivist]) expect((await content(token)).json).toHaveLength(2)
      expect((await content(tokens.bob)).status).toBe(404)
      const row = await other.get(`/reports/${id}`, { token: tokens.archivist })
      expect([row.text, row.headers.get('retry-after')]).toEqual([`{"data":{"id":"${id}"}}`, null])
    } finally {
      await other.close()
    }
  })

  it('are found as their rows are: a label like the key of another report leads to the content of its own row alone', async () => {
    const id = await reports.ask({ lines: 2, format: 'ndjson' }, tokens.bob)
    await until(async () => (await reports.get(`/reports/${id}/content`, { token: tokens.bob })).status === 200)
    const own = await reports.ask({ lines: 5, format: 'ndjson', team: 'red', label: id }, tokens.auditor)
    await until(async () => (await reports.get(`/reports/${own}/content`, { token: tokens.auditor })).status === 200)
    const row = await reports.get(`/reports/${id}`, { token: tokens.auditor })
    expect([row.status, row.json.data.id]).toEqual([200, own])
    const ofLabel = await reports.get(`/reports/${id}/content`, { token: tokens.auditor })
    expect([ofLabel.status, ofLabel.text.trim().split('\n').length]).toEqual([200, 5])
    const ofKey = await reports.get(`/reports/${id}/content`, { token: tokens.bob })
    expect([ofKey.status, ofKey.text.trim().split('\n').length]).toEqual([200, 2])
  })

  it('that failed or were cancelled answer 409, with the cause where its reader may see it', async () => {
    const failed = await made({ lines: 13, team: 'red' })
    const mine = await reports.get(`/reports/${failed}/content`)
    expect(mine.status).toBe(409)
    expect(mine.json.errors[0]).toMatchObject({ code: 'report_failed', meta: { cause: { code: 'internal' } } })
    const his = await reports.get(`/reports/${failed}/content`, { token: tokens.auditor })
    expect(his.status).toBe(409)
    expect(his.json.errors[0].meta).toBeUndefined()
    go = Promise.withResolvers()
    const id = await reports.ask({ lines: 99, format: 'json' })
    await until(async () => (await reports.get(`/reports/${id}`)).json.data.status === 'running')
    await reports.get(`/reports/${id}`, { method: 'DELETE' })
    await over(id)
    go.resolve()
    const cancelled = await reports.get(`/reports/${id}/content`)
    expect([cancelled.status, cancelled.json.errors[0].code]).toEqual([409, 'report_cancelled'])
  })

  it('expire: 410, no longer available, and swept from storage with all that nobody names', async () => {
    const id = await made({ lines: 5, format: 'csv' })
    const kept = await made({ lines: 6, format: 'csv' })
    expect(
      (await reports.get(`/reports?available=true&fields=id`)).json.data.map((one: { id: string }) => one.id),
    ).toEqual(expect.arrayContaining([id, kept]))
    await reports.sql("update reports set expires_at = now() - interval '1 s' where id = $1", [id])
    const gone = await reports.get(`/reports/${id}/content`)
    expect([gone.status, gone.json.errors[0].code]).toEqual([410, 'report_expired'])
    const available = (await reports.get('/reports?available=true&fields=id')).json.data.map(
      (one: { id: string }) => one.id,
    )
    expect(available).toContain(kept)
    expect(available).not.toContain(id)
    const [{ name } = { name: '' }] = await reports.sql<{ name: string }>(
      'select content_name as name from reports where id = $1',
      [id],
    )
    expect(name).toMatch(/^[0-9a-f]{32}$/)
    expect(await readdir(folder())).toContain(name)
    const storage = await openStorage(reports.storage)
    await storage.write('nobodys', lines(0) as never)
    const database = connectPostgres({ config: reports.database.config as never })
    const queues = queuesOf([reports.server.runtime().api])
    await sweepReports(storage, queues, database)
    // A young one may be about to be named.
    expect(await readdir(folder())).toEqual(expect.arrayContaining([name, 'nobodys']))
    await sweepReports(storage, queues, database, { olderThanMs: -1_000 })
    const left = await readdir(folder())
    expect(left).not.toContain(name)
    expect(left).not.toContain('nobodys')
    await database.close()
    expect((await reports.get(`/reports/${id}/content`)).status).toBe(410)
    expect((await reports.get(`/reports/${kept}/content`)).status).toBe(200)
  })

  it('are used again for the same parameters and rights alone, where the resource says so', async () => {
    const first = await post({ lines: 8, format: 'csv' })
    expect(first.status).toBe(201)
    const { id } = first.json.data
    await over(id)
    const again = await post({ lines: 8, format: 'csv' })
    expect([again.status, again.json.data.id]).toEqual([200, id])
    expect(again.headers.get('location')).toBe(`/api/reports/${id}`)
    for (const [body, token] of [
      [{ lines: 8, format: 'json' }, tokens.ann],
      [{ lines: 8, format: 'csv' }, tokens.bob],
    ] as const)
      expect((await post(body, token)).status).toBe(201)
    const [{ n } = { n: 0 }] = await reports.sql<{ n: number }>(
      "select count(*)::int as n from reports where lines = 8 and format = 'csv' and owner = 'ann'",
    )
    expect(n).toBe(1)
    await reports.sql("update reports set expires_at = now() - interval '1 s' where id = $1", [id])
    const anew = await post({ lines: 8, format: 'csv' })
    expect(anew.status).toBe(201)
    expect(anew.json.data.id).not.toBe(id)
    await over(anew.json.data.id)
  })

  it('tell nothing more to who shows a token that is revoked: content, a held answer, events', async () => {
    const ready = await made({ lines: 41, format: 'ndjson' })
    const token = await signToken('ann', { jti: 'gone' })
    go = Promise.withResolvers()
    const id = await reports.ask({ lines: 99, format: 'json' })
    await until(async () => (await reports.get(`/reports/${id}`)).json.data.status === 'running')
    expect((await reports.get(`/reports/${ready}/content`, { token })).status).toBe(200)
    const stream = await readEvents(`${reports.url}/reports/${id}`, { token })
    const held = reports.get(`/reports/${id}`, { token, headers: { prefer: 'wait=30' } })
    await until(() => stream.events.length === 1)
    await until(() => reports.server.runtime().followers.figures().answers === 1)
    const registry = connectPostgres({ config: reports.database.config })
    await revokeTokens(registry, { jti: 'gone', days: 1 }).finally(() => registry.close())
    await until(async () => (await reports.get(`/reports/${ready}/content`, { token })).status === 401)
    go.resolve()
    expect((await held).status).toBe(401)
    await stream.ended
    expect(stream.events.length).toBe(1)
    for (const accept of ['text/event-stream', 'application/json'])
      expect((await reports.get(`/reports/${id}`, { token, headers: { accept, prefer: 'wait=1' } })).status).toBe(401)
    await over(id)
    expect((await reports.get(`/reports/${id}/content`)).status).toBe(200)
  })

  it('are not used again where the claims of who asks are others, though he is the same', async () => {
    const id = await made({ lines: 9, format: 'csv' })
    const other = await post({ lines: 9, format: 'csv' }, tokens.annOfTeam)
    expect(other.status).toBe(201)
    expect(other.json.data.id).not.toBe(id)
    await over(other.json.data.id)
    const again = await post({ lines: 9, format: 'csv' })
    expect([again.status, again.json.data.id]).toEqual([200, id])
  })

  it('are not used again, nor told of, where who asked for them does not see them any more', async () => {
    const hidden = await made({ lines: 10, format: 'csv' })
    await reports.sql("update reports set owner = 'bob' where id = $1", [hidden])
    const anew = await post({ lines: 10, format: 'csv' })
    expect(anew.status).toBe(201)
    expect(JSON.stringify([anew.text, ...anew.headers])).not.toContain(hidden)
    const { id } = anew.json.data
    await over(id)
    // Of two that would do, the one that he sees; the other is there for longer.
    await reports.sql("update reports set expires_at = now() + interval '9 days' where id = $1", [hidden])
    const again = await post({ lines: 10, format: 'csv' })
    expect([again.status, again.json.data.id]).toEqual([200, id])
  })

  it('are not used again by another key: a label like the key of one of them leads nowhere', async () => {
    const old = await made({ lines: 11, format: 'csv' })
    await reports.sql("update reports set owner = 'bob' where id = $1", [old])
    await reports.ask({ lines: 12, format: 'csv', label: old })
    const anew = await post({ lines: 11, format: 'csv' })
    expect([anew.status, anew.json.data.lines]).toEqual([201, 11])
    await over(anew.json.data.id)
  })

  it('answer who waits for one that is hidden from him meanwhile with that one, not with another of which it is the label', async () => {
    go = Promise.withResolvers<void>()
    const label = 'waits'
    const asked = reports.get('/reports', {
      ...{ method: 'POST', body: JSON.stringify({ lines: 99, label }) },
      headers: { 'content-type': 'application/json', prefer: 'wait=2' },
    })
    await until(async () => (await reports.sql('select from reports where label = $1', [label])).length === 1)
    const [{ id } = { id: '' }] = await reports.sql<{ id: string }>('select id from reports where label = $1', [label])
    await reports.sql(`insert into reports (lines, owner, label, status) values (4, 'ann', $1, 'succeeded')`, [id])
    await reports.sql(`update reports set owner = 'bob', progress = '{}' where id = $1`, [id])
    const { status, json, headers } = await asked
    expect([status, json.data.id, json.data.lines, headers.get('location')]).toEqual([
      201,
      id,
      99,
      `/api/reports/${id}`,
    ])
    go.resolve()
    await over(id, tokens.bob)
    await reports.sql('delete from reports')
  })

  it('are listed as available to who sees them, and to nobody else', async () => {
    const id = await made({ lines: 51, format: 'csv', team: 'red' })
    const listed = async (token: string) => {
      const { status, json } = await reports.get('/reports?available=true&fields=id&per_page=100', { token })
      return status === 200 ? json.data.map((one: { id: string }) => one.id) : status
    }
    expect(await listed(tokens.ann)).toContain(id)
    expect(await listed(tokens.colleague)).toContain(id)
    expect(await listed(tokens.bob)).not.toContain(id)
    // He may fetch it, and does not read until when it is there.
    expect(await listed(tokens.auditor)).not.toContain(id)
    expect((await reports.get(`/reports/${id}/content`, { token: tokens.auditor })).status).toBe(200)
  })

  it('have another name of 128 random bits each, in which nothing of them stands', async () => {
    const ids = [await made({ lines: 41, format: 'json' }), await made({ lines: 41, format: 'csv' })]
    const rows = await reports.sql<{ name: string; sha256: string }>(
      'select content_name as name, content_sha256 as sha256 from reports where id = any ($1)',
      [ids],
    )
    expect(new Set(rows.map(({ name }) => name)).size).toBe(2)
    for (const { name, sha256 } of rows) {
      expect(name).toMatch(/^[0-9a-f]{32}$/)
      expect(sha256).not.toContain(name)
    }
  })

  it('whose lease was lost leave no file behind', async () => {
    go = Promise.withResolvers()
    const id = await reports.ask({ lines: 99, format: 'ndjson' })
    await until(async () => (await reports.get(`/reports/${id}`)).json.data.status === 'running')
    const before = await readdir(folder())
    await reports.sql("update reports set lease_owner = 'another' where id = $1", [id])
    const lost = await lostSoFar()
    go.resolve()
    await until(async () => (await lostSoFar()) > lost)
    await until(async () => (await readdir(folder())).every(one => before.includes(one)))
    const { data } = (await reports.get(`/reports/${id}`)).json
    expect(data).toMatchObject({ status: 'running', available: false, content_size: null })
    expect((await reports.get(`/reports/${id}/content`)).status).toBe(202)
    await reports.sql("update reports set status = 'failed' where id = $1", [id])
  })
})
