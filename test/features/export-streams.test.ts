// Exports as streams: no faster than the client reads, broken for all to see where they fail, and gone with the client.
import { once } from 'node:events'
import { createServer, get as httpGet, type IncomingMessage, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { withClient } from '../../src/databases/postgres/with-client.ts'
import { handleRequest } from '../../src/handle-request.ts'
import { makeNodeHandler, type NodeHandlerOptions } from '../../src/http/node-handler.ts'
import { defineApi, resource, tables } from '../../src/index.ts'
import type { HttpRequest } from '../../src/request/http-request.ts'
import type { Runtime } from '../../src/runtime.ts'
import { type ApiUnderTest, startApi } from '../support/api-under-test.ts'
import { describeEachServer, emptyDatabase, type TestDatabase } from '../support/databases.ts'

const rows = 200_000
const sql = `
create table logs (id int primary key, body text not null);
insert into logs select i, repeat(md5(i::text), 8) from generate_series(1, ${rows}) i;
create view fragile as select id, 100 / (id - 20000) as ratio from logs;
create view broken as select id, 100 / (id - 20) as ratio from logs;
create function nap(id int) returns text stable language plpgsql as $$ begin perform pg_sleep(case when id = 20000 then 30 else 0 end), 1; return 'slept' || id; end $$;
create view slow as select id, nap(id) as body from logs;
vacuum analyze logs;`
const schema = {
  logs: { key: 'id', columns: { id: 'int4', body: 'text' } },
  fragile: { key: 'id', columns: { id: 'int4', ratio: 'int4 null' } },
  broken: { key: 'id', columns: { id: 'int4', ratio: 'int4 null' } },
  slow: { key: 'id', columns: { id: 'int4', body: 'text null' } },
} as const
const db = tables(schema)
const open = { roles: { guest: { read: 'all' } } } as const
const definition = (maxExportRows = 1_000_000) =>
  defineApi(
    {
      logs: resource(db.logs, open),
      fragile: resource(db.fragile, open),
      broken: resource(db.broken, open),
      slow: resource(db.slow, open),
    },
    { roles: { guest: 'anyone' }, limits: { maxExportRows } },
  )

const ndjson = { accept: 'application/x-ndjson' }
const sleep = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

async function until(what: string, holds: () => Promise<boolean> | boolean, timeoutMs = 10_000): Promise<void> {
  const last = performance.now() + timeoutMs
  while (!(await holds())) {
    if (performance.now() > last) throw new Error(`${what} did not come true in ${timeoutMs} ms`)
    await sleep(20)
  }
}

describeEachServer('exports as streams', server => {
  let database: TestDatabase
  let api: ApiUnderTest
  const others: Server[] = []
  beforeAll(async () => {
    database = await emptyDatabase(server)
    for (const statement of sql.split(';\n')) await withClient(database.config, client => client.query(statement))
    // Two of four connections may stream.
    api = await startApi(definition(), database, { poolSize: 4, statementTimeoutMs: 5_000 })
  })
  afterEach(async () => {
    await until('all exports end', async () => (await cursors()) === 0)
    api.errors.length = 0
    for (const other of others.splice(0)) other.close()
  })
  afterAll(() => api.close())

  /** Sessions of this database in which an export is open. */
  async function cursors(): Promise<number> {
    const found = await withClient(database.config, client =>
      client.query<{ pid: number }>(
        "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and (state like 'idle in transaction%' or query like 'fetch %' and state = 'active')",
      ),
    )
    return found.rows.length
  }
  /** An answer that is not read yet. */
  async function start(
    path: string,
    url = api.url,
    headers: { readonly accept: string } = ndjson,
  ): Promise<IncomingMessage> {
    const request = httpGet(`${url}${path}`, { headers, agent: false })
    request.on('error', () => undefined)
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    response.on('error', () => undefined)
    return response
  }
  /** Reads the rest of it. */
  async function finish(response: IncomingMessage): Promise<{ readonly records: number; readonly whole: boolean }> {
    let records = 0
    response.on('data', (chunk: Buffer) => {
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) records += 1
    })
    if (!response.closed) await new Promise(resolve => response.once('close', resolve))
    return { records, whole: response.complete }
  }
  const fetches = () => api.statements.filter(text => text.startsWith('fetch ')).length
  /** The same API behind a handler with other options, or another runtime. */
  async function serve(options: NodeHandlerOptions, runtime: Runtime = api.server.runtime()): Promise<string> {
    const other = createServer(makeNodeHandler(request => handleRequest(request, runtime), options))
    others.push(other)
    await once(other.listen(0, '127.0.0.1'), 'listening')
    return `http://127.0.0.1:${(other.address() as AddressInfo).port}/api`
  }

  it('fetch no more than is read', async () => {
    const http: HttpRequest = {
      method: 'GET',
      target: '/api/logs',
      headers: ndjson,
      body: async () => new Uint8Array(),
      isGone: () => false,
    }
    api.statements.length = 0
    const { stream } = await handleRequest(http, api.server.runtime())
    if (!stream) throw new Error('there is no stream')
    let read = 0
    let records = 0
    for await (const text of stream) {
      read += 1
      records += text.split('\n').length - 1
      expect(fetches()).toBe(read)
      // Rows of 280 bytes: a batch is a small part of all, and never grows.
      expect(text.length).toBeLessThan(600_000)
    }
    expect(records).toBe(rows)
    // The last fetch found that there is nothing more.
    expect(fetches() - read).toBeLessThanOrEqual(1)
  })

  it('say behind the body how many records there were, unless it was cut', async () => {
    for (const accept of ['application/x-ndjson', 'text/csv']) {
      const countOf = async (path: string) => {
        const response = await start(path, api.url, { accept })
        expect(response.headers['content-type']).toContain(accept)
        const { records, whole } = await finish(response)
        // The first line of CSV holds the names.
        const lines = accept === 'text/csv' ? records - 1 : records
        return [response.headers.trailer, response.trailers['record-count'], lines, whole]
      }
      expect(await countOf('/logs'), accept).toEqual(['Record-Count', String(rows), rows, true])
      expect(await countOf('/logs?page[size]=7'), accept).toEqual(['Record-Count', '7', 7, true])
      expect(await countOf('/logs?filter[id]=-1'), accept).toEqual(['Record-Count', '0', 0, true])
      const [told, count, , whole] = await countOf('/fragile')
      expect([told, count, whole], accept).toEqual(['Record-Count', undefined, false])
      const cut = await start('/fragile', api.url, { accept })
      const [error] = await Promise.all([new Promise(resolve => cut.once('error', resolve)), finish(cut)])
      expect([error, cut.trailers], accept).toMatchObject([{ code: 'ECONNRESET' }, {}])
    }
    const raw = async (head: string) => {
      const socket = connect(Number(new URL(api.url).port), '127.0.0.1')
      socket.write(`${head}\r\nHost: x\r\nAccept: text/csv\r\nConnection: close\r\n\r\n`)
      const chunks: Buffer[] = []
      for await (const chunk of socket) chunks.push(chunk as Buffer)
      return Buffer.concat(chunks).toString('latin1')
    }
    const old = await raw('GET /api/logs?page[size]=1&fields=id HTTP/1.0')
    expect(old).toMatch(/\r\n\r\nid\r\n1\r\n$/)
    expect(await raw('HEAD /api/logs HTTP/1.1')).toMatch(/^HTTP\/1\.1 200 /)
    for (const text of [old, await raw('HEAD /api/logs HTTP/1.1')]) expect(text).not.toMatch(/trailer|record-count/i)
    expect(await raw('GET /api/logs?page[size]=2&fields=id HTTP/1.1')).toMatch(/\r\n0\r\nRecord-Count: 2\r\n\r\n$/)
  })

  it('wait for a client that reads slowly, and lose nothing', async () => {
    api.statements.length = 0
    const response = await start('/logs?fields=id,body')
    let before = -1
    // All buffers on the way are full.
    await until('the stream stands still', async () => {
      const stands = fetches() === before
      before = fetches()
      await sleep(200)
      return stands && fetches() === before
    })
    const ahead = api.statements.reduce((sum, text) => sum + Number(/^fetch (\d+)/.exec(text)?.[1] ?? 0), 0)
    expect(ahead).toBeLessThan(rows / 2)
    expect(await cursors()).toBe(1)
    expect(await finish(response)).toEqual({ records: rows, whole: true })
    expect(api.errors).toEqual([])
  })

  it('give each fetch the time of a statement, not the whole', async () => {
    const hasty = await startApi(definition(), database, { statementTimeoutMs: 700 })
    try {
      const response = await start('/logs', hasty.url)
      await sleep(1_500)
      expect(await finish(response)).toEqual({ records: rows, whole: true })
      const late = await finish(await start('/slow', hasty.url))
      expect(late.whole).toBe(false)
      expect(hasty.errors).toMatchObject([{ code: 'timeout' }])
    } finally {
      await hasty.close()
    }
  })

  it('answer in JSON what goes wrong before the first record is sent', async () => {
    const reply = await api.get('/broken', { headers: ndjson })
    expect([reply.status, reply.json.errors[0].code]).toEqual([500, 'internal'])
    expect(reply.headers.get('content-type')).toBe('application/json')
    expect(api.errors).toHaveLength(1)
  })

  it('break where they fail midway', async () => {
    const { records, whole } = await finish(await start('/fragile'))
    expect(whole).toBe(false)
    expect(records).toBeLessThan(20_000)
    expect(api.errors).toMatchObject([{ message: expect.stringContaining('division by zero') }])
    await expect(fetch(`${api.url}/fragile`, { headers: ndjson }).then(reply => reply.text())).rejects.toThrow()
  })

  it('break where the connection to the database is lost', async () => {
    const response = await start('/logs')
    const terminate = () =>
      withClient(database.config, client =>
        client.query(
          "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and state like 'idle in transaction%'",
        ),
      )
    await until('the connection is lost', async () => (await terminate()).rows.length === 1)
    expect((await finish(response)).whole).toBe(false)
    expect(api.errors).toMatchObject([{ code: 'unavailable' }])
    expect((await finish(await start('/logs?id[lte]=3000'))).records).toBe(3_000)
  })

  it('break beyond the largest number of records, or are refused where that is known in time', async () => {
    const small = await startApi(definition(1_000), database)
    try {
      expect(await finish(await start('/logs?id[lte]=1000', small.url))).toEqual({ records: 1_000, whole: true })
      const { records, whole } = await finish(await start('/logs?id[lte]=1001', small.url))
      expect(whole).toBe(false)
      expect(records).toBeLessThanOrEqual(1_000)
      expect(small.errors).toMatchObject([{ message: expect.stringContaining('maxExportRows') }])
    } finally {
      await small.close()
    }
    const tiny = await startApi(definition(10), database)
    try {
      expect(await finish(await start('/logs?id[lte]=10', tiny.url))).toEqual({ records: 10, whole: true })
      const { status, json } = await tiny.get('/logs?id[lte]=11', { headers: ndjson })
      expect([status, json.errors[0].code, json.errors[0].meta]).toEqual([
        400,
        'limit_exceeded',
        { limit: 'maxExportRows', max: 10 },
      ])
    } finally {
      await tiny.close()
    }
  })

  it('reset a connection without chunks, which could not tell that they broke', async () => {
    const { port } = new URL(api.url)
    const socket = connect(Number(port), '127.0.0.1')
    socket.write('GET /api/fragile HTTP/1.0\r\naccept: application/x-ndjson\r\n\r\n')
    socket.resume()
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('ECONNRESET')
  })

  it('end with a client that hangs up, while it reads and while the database works', async () => {
    const reading = await start('/logs')
    await until('the export runs', async () => (await cursors()) === 1)
    reading.destroy()
    await until('the connection is free', async () => (await cursors()) === 0)
    const working = await start('/slow')
    working.resume()
    const asleep = () =>
      withClient(database.config, client =>
        client.query("select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'"),
      )
    await until('the database works', async () => (await asleep()).rows.length === 1)
    working.destroy()
    await until('the statement is cancelled', async () => (await asleep()).rows.length === 0, 2_000)
    expect(api.errors).toEqual([])
  })

  it('cut off a client that stalls', async () => {
    const response = await start('/logs', await serve({ stallMs: 300 }))
    await until('the connection is free', async () => (await cursors()) === 0)
    const { records, whole } = await finish(response)
    expect(whole).toBe(false)
    expect(records).toBeLessThan(rows)
    const slow = await start('/logs?id[lte]=2000', await serve({ stallMs: 300 }))
    expect(await finish(slow)).toEqual({ records: 2_000, whole: true })
  })

  it('end with the token', async () => {
    const runtime: Runtime = {
      ...api.server.runtime(),
      identify: () => ({ id: '1', claims: new Map([['exp', Date.now() / 1000]]) }),
    }
    const url = await serve({}, runtime)
    await expect(fetch(`${url}/logs`, { headers: ndjson }).then(reply => reply.text())).rejects.toThrow()
    expect(await finish(await start('/logs?id[lte]=40', url))).toEqual({ records: 40, whole: true })
    expect(api.errors).toEqual([])
  })

  it('leave connections for others: more than half of them at a time have to wait, then come again', async () => {
    const first = await start('/logs')
    const second = await start('/logs')
    const [refused, page, small] = await Promise.all([
      api.get('/logs', { headers: ndjson }),
      fetch(`${api.url}/logs?per_page=2`, { headers: ndjson }).then(reply => reply.text()),
      api.get('/logs?per_page=2'),
    ])
    expect([refused.status, refused.json.errors[0].code]).toEqual([503, 'unavailable'])
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(page.split('\n')).toHaveLength(3)
    expect(small.status).toBe(200)
    const waiting = start('/logs?id[lte]=100')
    await sleep(100)
    first.destroy()
    expect(await finish(await waiting)).toEqual({ records: 100, whole: true })
    second.destroy()
  })

  it('hold nothing for HEAD', async () => {
    const { status } = await fetch(`${api.url}/logs`, { method: 'HEAD', headers: ndjson })
    expect(status).toBe(200)
    await until('no cursor is open', async () => (await cursors()) === 0)
  })
})
