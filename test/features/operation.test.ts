// Health, metrics, logs and traces of a running server: what they say, and to whom.

import { connect } from 'node:net'
import { context, SpanKind, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createServer, type RunningServer, type ServerOptions } from '../../src/create-server.ts'
import type { Database } from '../../src/databases/database.ts'
import { connectPostgres } from '../../src/databases/postgres/connect.ts'
import { withClient } from '../../src/databases/postgres/with-client.ts'
import { defineApi, resource, tables } from '../../src/index.ts'
import { makeReadiness } from '../../src/operation/readiness.ts'
import { makeRandom } from '../hostile/random.ts'
import { signToken } from '../support/api-under-test.ts'
import { describeEachServer, emptyDatabase, type Server, servers, type TestDatabase } from '../support/databases.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { freePort } from '../support/free-port.ts'

const sql = `
create table people (id int primary key, email text not null unique, name text not null);
create table pets (id int generated always as identity primary key, name text not null check (name <> 'wrong'), person_id int references people);
insert into people values (1, 'hidden@example.org', 'Ada'), (2, 'other@example.org', 'Bo');
insert into pets (name, person_id) values ('Rex', 1), ('Mio', 2);`

const db = tables({
  people: {
    key: 'id',
    columns: { id: 'int4', email: 'text', name: 'text' },
    uniques: [['email']],
    relationships: { pets: { hasMany: 'pets', by: 'person_id' } },
  },
  pets: {
    key: 'id',
    columns: { id: 'int4 generated', name: 'text', person_id: 'int4 null' },
    relationships: { person: { belongsTo: 'people', by: 'person_id' } },
  },
} as const)

const api = defineApi(
  {
    people: resource(db.people, {
      naturalKey: 'email',
      filters: ['email'],
      roles: { regular: { read: 'all' }, guest: { read: { only: ['id', 'name', 'pets'] } } },
    }),
    pets: resource(db.pets, {
      roles: {
        regular: { read: 'all', write: { create: { only: ['name'] } } },
        guest: { read: 'all' },
      },
      hooks: {
        beforeCreate: ({ record }) => {
          if (record.name === 'boom') throw new Error('the hook failed', { cause: new TypeError('because of this') })
        },
      },
    }),
  },
  { roles: { regular: 'authenticated', guest: 'anyone' }, responseCache: {} },
)

const secret = 'a secret of the tests, 32 bytes or more'
const metricsToken = 'the-token-of-those-who-read-metrics'

describeEachServer('operation', server => {
  let database: TestDatabase
  const open: RunningServer[] = []
  beforeAll(async () => {
    database = await emptyDatabase(server)
    await withClient(database.config as pg.ClientConfig, client => client.query(sql))
  })
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close()
  })
  afterAll(() => database.drop())

  async function start(options: Partial<ServerOptions> = {}): Promise<RunningServer> {
    const running = await createServer({
      database: connectPostgres({ config: database.config as pg.ClientConfig }),
      api: () => api,
      jwt: { key: secret, algorithm: 'HS256' },
      ...options,
    })
    open.push(running)
    return running
  }
  const rootOf = ({ port }: RunningServer) => `http://127.0.0.1:${port}`

  it('leaves nothing open where the port was taken: no metrics, nobody who hears of changes', async () => {
    const running = await start()
    const inner = connectPostgres({ config: database.config as pg.ClientConfig })
    let listens = 0
    const counted: Database = {
      ...inner,
      async listen(listener) {
        const stop = await inner.listen(listener)
        listens += 1
        return async () => {
          listens -= 1
          await stop()
        }
      },
    }
    const metricsPort = await freePort()
    const started = createServer({
      database: counted,
      api: () => api,
      jwt: { key: secret, algorithm: 'HS256' },
      port: running.port,
      metrics: { port: metricsPort },
    })
    await expect(started).rejects.toMatchObject({ code: 'EADDRINUSE' })
    await expect(fetch(`http://127.0.0.1:${metricsPort}/metrics`)).rejects.toMatchObject({
      cause: { code: 'ECONNREFUSED' },
    })
    expect(listens).toBe(0)
    // The database is whose it was: another server can be put on it.
    const next = await start({ database: counted, metrics: { port: metricsPort } })
    expect((await fetch(`${next.metricsUrl}/metrics`)).status).toBe(200)
    expect(listens).toBe(1)
  })

  describe('health', () => {
    it('is told at the root to anybody, never stored, without what is missing', async () => {
      const running = await start()
      for (const [path, status] of [
        ['live', 'live'],
        ['ready', 'ready'],
      ]) {
        const response = await fetch(`${rootOf(running)}/health/${path}?x=1`, {
          headers: { authorization: 'Bearer none' },
        })
        expect(response.status).toBe(200)
        expect(response.headers.get('cache-control')).toBe('no-store')
        expect(await response.json()).toEqual({ status })
      }
      const posted = await fetch(`${rootOf(running)}/health/live`, { method: 'POST' })
      expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
      const below = await fetch(`${running.url}/health/live`)
      expect(below.status).toBe(404)
      expect((await fetch(`${rootOf(running)}/health/livery`)).status).toBe(404)
    })

    it('stands on paths of choice, or on none', async () => {
      const running = await start({ health: { live: '/alive', ready: '/api/ready' } })
      expect((await fetch(`${rootOf(running)}/alive`)).status).toBe(200)
      expect((await fetch(`${rootOf(running)}/api/ready`)).status).toBe(200)
      expect((await fetch(`${rootOf(running)}/health/live`)).status).toBe(404)
      const none = await start({ health: false })
      expect((await fetch(`${rootOf(none)}/health/live`)).status).toBe(404)
    })

    it('is not ready while the database is away, says so to those who look after it alone, and is ready again', async () => {
      const { host = '', port = 5432 } = database.config as pg.ClientConfig
      const proxy = await startFaultProxy({ host, port }, makeRandom(1))
      const running = await start({
        database: connectPostgres({
          config: { ...(database.config as pg.ClientConfig), host: '127.0.0.1', port: proxy.port },
        }),
        metrics: { port: 0 },
        readiness: { timeoutMs: 300, keepMs: 0 },
      })
      const ready = `${rootOf(running)}/health/ready`
      const detailed = `${running.metricsUrl}/health/ready`
      expect((await fetch(ready)).status).toBe(200)
      proxy.setRules({ refuse: 1, cut: 1 })
      await expect.poll(async () => (await fetch(ready)).status, { timeout: 5_000 }).toBe(503)
      const response = await fetch(ready)
      expect(await response.json()).toEqual({ status: 'not ready' })
      const { missing } = (await (await fetch(detailed)).json()) as { missing: string[] }
      expect(missing).toContain('database')
      expect((await fetch(`${rootOf(running)}/health/live`)).status).toBe(200)
      proxy.setRules({})
      await expect.poll(async () => (await fetch(ready)).status, { timeout: 15_000 }).toBe(200)
      await running.close()
      await proxy.close()
    })

    it('is alive and not ready while it is built the first time', async () => {
      const { promise, resolve } = Promise.withResolvers<typeof api>()
      const probe = await start()
      await probe.close()
      // A port that was free a moment ago: before the build nobody tells which one it is.
      const { port } = probe
      const starting = start({ api: () => promise, metrics: { port } })
      const ask = async (path: string) => {
        const response = await fetch(`http://127.0.0.1:${port}/health/${path}`)
        return { status: response.status, body: await response.json() }
      }
      await expect.poll(() => ask('live').catch(() => undefined)).toMatchObject({ status: 200 })
      expect(await ask('ready')).toEqual({ status: 503, body: { status: 'not ready', missing: ['build'] } })
      resolve(api)
      await starting
      expect(await ask('ready')).toEqual({ status: 200, body: { status: 'ready', missing: [] } })
    })
  })

  describe('metrics', () => {
    const readMetrics = async ({ metricsUrl }: RunningServer, token?: string) => {
      const response = await fetch(
        `${metricsUrl}/metrics`,
        token ? { headers: { authorization: `Bearer ${token}` } } : {},
      )
      return { status: response.status, type: response.headers.get('content-type'), text: await response.text() }
    }
    const numberOf = (text: string, line: string) => {
      const found = text.split('\n').find(one => one.startsWith(`${line} `))
      return found === undefined ? undefined : Number(found.slice(line.length + 1))
    }

    it('count requests by template, method and status, and never say an id, a path or a query', async () => {
      const running = await start({ metrics: { port: 0 } })
      const token = await signToken('20')
      const headers = { authorization: `Bearer ${token}` }
      await fetch(`${running.url}/pets/1`)
      await fetch(`${running.url}/pets/2`)
      await fetch(`${running.url}/pets/424242`)
      await fetch(`${running.url}/people/hidden@example.org`, { headers })
      await fetch(`${running.url}/people/1/pets`)
      await fetch(`${running.url}/people?filter[email]=hidden@example.org`, { headers })
      await fetch(`${running.url}/nothing-of-the-kind/7`)
      await fetch(`${running.url}/pets`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: '{"name":"Zoë"}',
      })
      await fetch(running.url, { method: 'PROPFIND' })
      const { status, type, text } = await readMetrics(running)
      expect([status, type]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8'])
      const count = (method: string, route: string, code: number) =>
        numberOf(text, `colonnade_http_requests_total{method="${method}",route="${route}",status="${code}"}`)
      expect(count('GET', '/api/pets/{id}', 200)).toBe(2)
      expect(count('GET', '/api/pets/{id}', 404)).toBe(1)
      expect(count('GET', '/api/people/{id}', 200)).toBe(1)
      expect(count('GET', '/api/people/{id}/pets', 200)).toBe(1)
      expect(count('GET', '/api/people', 200)).toBe(1)
      expect(count('GET', 'none', 404)).toBe(1)
      expect(count('POST', '/api/pets', 201)).toBe(1)
      expect(count('_OTHER', '/api', 405)).toBe(1)
      expect(numberOf(text, 'colonnade_http_request_duration_seconds_count{method="GET",route="/api/pets/{id}"}')).toBe(
        3,
      )
      expect(text).not.toMatch(/hidden|example\.org|424242|Zo|nothing-of|PROPFIND/)
    })

    it('count what was no request, and what did not come in time', async () => {
      const running = await start({ metrics: { port: 0 }, timeouts: { headersMs: 300, requestMs: 300 } })
      const answerTo = (text: string) =>
        new Promise<string>((resolve, reject) => {
          const socket = connect(running.port, '127.0.0.1', () => socket.write(text))
          let heard = ''
          socket.on('data', bytes => {
            heard += bytes.toString()
          })
          socket.on('close', () => resolve(heard))
          socket.on('error', reject)
        })
      expect(await answerTo('NO HTTP\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
      expect(await answerTo('GET /api/pets HTTP/1.1\r\nHost: x\r\n')).toMatch(/^HTTP\/1\.1 408 /)
      const { text } = await readMetrics(running)
      const count = (status: number) =>
        numberOf(text, `colonnade_http_requests_total{method="none",route="none",status="${status}"}`)
      expect([count(400), count(408)]).toEqual([1, 1])
    })

    it('tell the time in each room, plans, connections, shared and kept answers, the event loop', async () => {
      const running = await start({ metrics: { port: 0 } })
      const ask = (path: string) => fetch(`${running.url}${path}`, { headers: { prefer: 'x' } })
      await ask('/pets/1')
      await ask('/pets/2')
      await fetch(`${running.url}/pets?page[size]=1`)
      await fetch(`${running.url}/pets?page[size]=1`)
      // Of one turn of the event loop, so that they share a statement.
      await Promise.all(Array.from({ length: 40 }, () => ask('/people/2')))
      const { text } = await readMetrics(running)
      for (const stage of ['read', 'identify', 'allow', 'plan', 'execute', 'respond'])
        expect(numberOf(text, `colonnade_stage_duration_seconds_count{stage="${stage}"}`), stage).toBeGreaterThan(0)
      expect(numberOf(text, 'colonnade_plans')).toBe(3)
      expect(numberOf(text, 'colonnade_plan_lookups_total{result="miss"}')).toBe(3)
      expect(numberOf(text, 'colonnade_plan_lookups_total{result="hit"}')).toBe(40)
      expect(numberOf(text, 'colonnade_kept_answer_lookups_total{result="hit"}')).toBe(1)
      expect(numberOf(text, 'colonnade_kept_answers')).toBeGreaterThan(0)
      expect(numberOf(text, 'colonnade_database_connections{pool="wire",state="idle"}')).toBeGreaterThan(0)
      expect(numberOf(text, 'colonnade_database_queue_length{pool="wire"}')).toBe(0)
      expect(numberOf(text, 'colonnade_database_waits_total')).toBeGreaterThan(0)
      expect(numberOf(text, 'colonnade_shared_reads_total')).toBeGreaterThanOrEqual(0)
      expect(numberOf(text, 'colonnade_http_requests_in_flight')).toBe(0)
      expect(text).toContain('nodejs_eventloop_lag_p99_seconds')
      expect(text).toContain('process_resident_memory_bytes')

      const before = numberOf(text, 'colonnade_plan_lookups_total{result="miss"}')
      await running.reload()
      await ask('/pets/1')
      const after = await readMetrics(running)
      expect(numberOf(after.text, 'colonnade_plan_lookups_total{result="miss"}')).toBe((before ?? 0) + 1)
      expect(numberOf(after.text, 'colonnade_plans')).toBe(1)
    })

    it('are not on the server itself, take their token, and refuse names that are not this machine', async () => {
      const running = await start({ metrics: { port: 0, token: metricsToken } })
      expect((await fetch(`${rootOf(running)}/metrics`)).status).toBe(404)
      expect((await fetch(`${running.url}/metrics`)).status).toBe(404)
      expect((await readMetrics(running)).status).toBe(401)
      expect((await readMetrics(running, `${metricsToken}x`)).status).toBe(401)
      expect((await readMetrics(running, metricsToken)).status).toBe(200)
      expect((await fetch(`${running.metricsUrl}/health/ready`)).status).toBe(401)
      const plain = await start({ metrics: { port: 0 } })
      const rebound = await fetchWithHost(`${plain.metricsUrl}/metrics`, 'evil.example')
      expect(rebound).toBe(403)
      await expect(start({ metrics: { port: 0, host: '0.0.0.0' } })).rejects.toThrow('token')
      expect((await fetch(`${plain.metricsUrl}/api/pets`)).status).toBe(404)
    })
  })

  describe('the log', () => {
    it('has a line a request and none of its secrets', async () => {
      const lines: string[] = []
      const running = await start({ log: { level: 'trace', write: line => void lines.push(line) } })
      const token = await signToken('20', { card: 'claim-secret' })
      const headers = { authorization: `Bearer ${token}`, cookie: 'sid=cookie-secret', 'request-id': 'mine-1' }
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
      await fetch(`${running.url}/people/hidden@example.org?fields=name`, { headers: { ...headers, traceparent } })
      await fetch(`${running.url}/people?filter[email]=query-secret`, { headers })
      const post = (body: string) =>
        fetch(`${running.url}/pets`, {
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/json' },
          body,
        })
      await post('{"name":"body-secret"}')
      const failed = await post('{"name":"boom"}')
      expect(failed.status).toBe(500)
      expect(await failed.text()).not.toMatch(/hook failed|because/)
      await fetch(`${running.url}/people`, { headers: { authorization: 'Bearer bad-token-secret' } })

      const logged = lines.map(line => JSON.parse(line))
      const requests = logged.filter(({ msg }) => msg === 'request')
      expect(requests).toHaveLength(5)
      expect(requests[0]).toEqual({
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        msg: 'request',
        requestId: 'mine-1',
        traceId: '0af7651916cd43dd8448eb211c80319c',
        method: 'GET',
        route: '/api/people/{id}',
        status: 200,
        durationMs: expect.any(Number),
        bytes: expect.any(Number),
      })
      expect(requests.map(({ status }) => status)).toEqual([200, 200, 201, 500, 401])
      const [failure] = logged.filter(({ level }) => level === 'error')
      expect(failure).toMatchObject({
        requestId: 'mine-1',
        error: { type: 'Error', message: 'the hook failed', cause: { type: 'TypeError', message: 'because of this' } },
      })
      expect(failure.error.stack[0]).toMatch(/^at .*operation\.test\.ts/)
      const secrets = [
        token,
        'claim-secret',
        'cookie-secret',
        'hidden',
        'query-secret',
        'body-secret',
        'bad-token',
        '"20"',
        secret,
      ]
      for (const one of secrets) expect(lines.join(''), one).not.toContain(one)
    })

    it("tells of a database's error the SQLSTATE, and its words to debuggers alone", async () => {
      const ask = async (level: 'info' | 'debug', databaseWords: boolean) => {
        const lines: string[] = []
        const running = await start({ log: { level, databaseWords, write: line => void lines.push(line) } })
        await withClient(database.config as pg.ClientConfig, client =>
          client.query(`create or replace function raise() returns trigger language plpgsql as $$begin raise exception 'of %', new.name using errcode = 'XX001'; end$$;
            create or replace trigger raise before insert on pets for each row when (new.name = 'raised-secret') execute function raise()`),
        )
        const response = await fetch(`${running.url}/pets`, {
          method: 'POST',
          headers: { authorization: `Bearer ${await signToken('20')}`, 'content-type': 'application/json' },
          body: '{"name":"raised-secret"}',
        })
        expect(response.status).toBe(500)
        return lines.join('')
      }
      for (const text of [await ask('info', true), await ask('debug', false)]) {
        expect(text).toContain('XX001')
        expect(text).not.toContain('raised-secret')
      }
      expect(await ask('debug', true)).toContain('of raised-secret')
    })

    it('names the caller only when it is told to', async () => {
      const lines: string[] = []
      const running = await start({ log: { principal: true, write: line => void lines.push(line) } })
      const headers = { authorization: `Bearer ${await signToken('20')}` }
      for (let i = 0; i < 2; i += 1) await (await fetch(`${running.url}/pets`)).text()
      await fetch(`${running.url}/people/1`, { headers })
      expect(lines.map(line => JSON.parse(line).principal)).toEqual([null, null, '20'])
    })

    it('counts the bytes of a stream once it is over', async () => {
      const lines: string[] = []
      const running = await start({ log: { write: line => void lines.push(line) } })
      const text = await (await fetch(`${running.url}/people`, { headers: { accept: 'text/csv' } })).text()
      await expect.poll(() => lines.length).toBe(1)
      expect(JSON.parse(lines[0] ?? '')).toMatchObject({ status: 200, bytes: Buffer.byteLength(text) })
    })

    it('is readable for people', async () => {
      const lines: string[] = []
      const running = await start({ log: { format: 'pretty', write: line => void lines.push(line) } })
      await fetch(`${running.url}/pets/1`, { headers: { 'request-id': 'mine-2' } })
      expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} 200 GET \/api\/pets\/\{id\} [\d.]+ ms, \d+ bytes, mine-2\n$/)
    })
  })
})

describe('readiness', () => {
  const state = () => ({ isBuilt: true, isStopping: false, listens: true })

  it('asks the database once for all who want to know at the same time, and once a while', async () => {
    let now = 0
    let asked = 0
    const readiness = makeReadiness(
      state,
      {
        read: async (_, __, take) => {
          asked += 1
          return take({} as Parameters<typeof take>[0])
        },
      },
      { now: () => now },
    )
    expect(await Promise.all([readiness(), readiness(), readiness()])).toEqual([[], [], []])
    await readiness()
    expect(asked).toBe(1)
    now = 1_001
    await readiness()
    expect(asked).toBe(2)
  })

  it('does not wait for a database that says nothing, and lets it be cancelled', async () => {
    let isGone: (() => boolean) | undefined
    const readiness = makeReadiness(
      state,
      {
        read: (_, waiting) => {
          isGone = () => waiting.isGone()
          return new Promise(() => undefined)
        },
      },
      { timeoutMs: 20 },
    )
    expect(await readiness()).toEqual(['database'])
    expect(isGone?.()).toBe(true)
  })
})

/** `fetch` sets the header itself. */
async function fetchWithHost(url: string, host: string): Promise<number | undefined> {
  const { get } = await import('node:http')
  return new Promise((resolve, reject) => {
    get(url, { headers: { host } }, response => resolve(response.resume().statusCode)).on('error', reject)
  })
}

describe('traces', () => {
  const exporter = new InMemorySpanExporter()
  let database: TestDatabase
  let running: RunningServer
  const lines: string[] = []
  beforeAll(async () => {
    // As an SDK does when it is registered.
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }))
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    database = await emptyDatabase(servers()[0] as Server)
    await withClient(database.config as pg.ClientConfig, client => client.query(sql))
    running = await createServer({
      database: connectPostgres({ config: database.config as pg.ClientConfig }),
      api: () => api,
      jwt: { key: secret, algorithm: 'HS256' },
      log: { write: line => void lines.push(line) },
    })
    exporter.reset()
  })
  afterAll(async () => {
    await running.close()
    trace.disable()
    context.disable()
    await database.drop()
  })

  it('go on from traceparent, with a span a request and one a statement, without values', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c'
    await fetch(`${running.url}/people/hidden@example.org?filter[x]=query-secret`)
    exporter.reset()
    lines.length = 0
    const headers = {
      authorization: `Bearer ${await signToken('20')}`,
      traceparent: `00-${traceId}-b7ad6b7169203331-01`,
    }
    const response = await fetch(`${running.url}/people/hidden@example.org`, { headers })
    expect(response.status).toBe(200)
    const spans = exporter.getFinishedSpans()
    const server = spans.find(({ kind }) => kind === SpanKind.SERVER)
    const statement = spans.find(({ kind }) => kind === SpanKind.CLIENT)
    expect(spans).toHaveLength(2)
    expect(server).toMatchObject({ name: 'GET /api/people/{id}', parentSpanContext: { spanId: 'b7ad6b7169203331' } })
    expect(server?.attributes).toEqual({
      'http.request.method': 'GET',
      'http.route': '/api/people/{id}',
      'url.path': '/api/people/{id}',
      'http.response.status_code': 200,
    })
    expect(statement?.spanContext().traceId).toBe(traceId)
    expect(statement?.parentSpanContext?.spanId).toBe(server?.spanContext().spanId)
    expect(statement?.attributes).toMatchObject({ 'db.system.name': 'postgresql', 'db.operation.name': 'SELECT' })
    expect(statement?.attributes['db.query.text']).toMatch(/^select .*\$1/s)
    expect(JSON.stringify(spans.map(({ name, attributes, events }) => ({ name, attributes, events })))).not.toContain(
      'hidden',
    )
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ traceId, spanId: server?.spanContext().spanId })
  })

  it('mark what failed, by the SQLSTATE alone', async () => {
    exporter.reset()
    const headers = { authorization: `Bearer ${await signToken('20')}`, 'content-type': 'application/json' }
    const response = await fetch(`${running.url}/pets`, { method: 'POST', headers, body: '{"name":"wrong"}' })
    expect(response.status).toBe(422)
    const spans = exporter.getFinishedSpans()
    const failed = spans.find(({ attributes }) => attributes['db.response.status_code'] === '23514')
    expect(failed?.attributes).toMatchObject({ 'error.type': '23514', 'db.operation.name': 'INSERT' })
    expect(spans.find(({ kind }) => kind === SpanKind.SERVER)?.status.code).toBe(0)
  })

  it('belong to their own request where many run at once', async () => {
    exporter.reset()
    await Promise.all([1, 2, 1, 2, 1].map(id => fetch(`${running.url}/people/${id}?fields=name&x${id}`)))
    await Promise.all([1, 2, 3, 4].map(id => fetch(`${running.url}/pets/${id}`)))
    const spans = exporter.getFinishedSpans()
    const parents = new Set(spans.filter(({ kind }) => kind === SpanKind.SERVER).map(one => one.spanContext().spanId))
    for (const span of spans.filter(({ kind }) => kind === SpanKind.CLIENT))
      expect(parents.has(span.parentSpanContext?.spanId ?? '')).toBe(true)
  })
})
