import { connect } from 'node:net'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createServer, type RunningServer } from '../../src/create-server.ts'
import { connectPostgres } from '../../src/databases/postgres/connect.ts'
import { withClient } from '../../src/databases/postgres/with-client.ts'
import { emptyDatabase, servers } from '../support/databases.ts'
import { RawConnection, type RawReply } from '../support/raw-http.ts'

describe('requests that are no proper HTTP', () => {
  let server: RunningServer
  const errors: unknown[] = []
  beforeAll(async () => {
    const [first] = servers()
    if (!first) throw new Error('a server is needed')
    const database = await emptyDatabase(first)
    await withClient(database.config as pg.ClientConfig, client =>
      client.query(`create table pets (id int primary key, name text); insert into pets values (1, 'Rex')`),
    )
    server = await createServer({
      database: connectPostgres({ config: database.config as pg.ClientConfig, poolSize: 2 }),
      api: 'open',
      onError: error => void errors.push(error),
      timeouts: { headersMs: 700, requestMs: 1_000, keepAliveMs: 2_000 },
    })
  })
  afterAll(() => server.close())

  async function say(text: string | Buffer, head = false): Promise<RawReply> {
    const connection = new RawConnection(server.port)
    const reply = await connection.exchange(Buffer.from(text as string), { head })
    connection.close()
    if (typeof reply === 'string') throw new Error(`the server ${reply}`)
    return reply
  }
  const host = () => `Host: 127.0.0.1:${server.port}\r\n`
  const errorOf = ({ body }: RawReply) => JSON.parse(body).errors[0]

  it.each([
    ['no request line', 'hello\r\n\r\n'],
    ['an unknown protocol', 'GET /api FTP/1.0\r\n\r\n'],
    ['TLS on a plain port', Buffer.from('160301020001000001fc0303', 'hex')],
    ['a NUL in the URL', 'GET /api/pets?a=\0 HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['a space in the URL', 'GET /api/pets?a= b HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['an unknown method', 'FROBNICATE /api HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['a header without a colon', 'GET /api HTTP/1.1\r\nHost localhost\r\n\r\n'],
    ['a control character in a header', 'GET /api HTTP/1.1\r\nHost: localhost\r\nX: a\u0001b\r\n\r\n'],
    [
      'two lengths',
      'POST /api/pets/query HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}',
    ],
    [
      'a length and chunks',
      'POST /api/pets/query HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a length that is no number', 'POST /api/pets/query HTTP/1.1\r\nHost: localhost\r\nContent-Length: two\r\n\r\n{}'],
    ['no Host', 'GET /api/pets HTTP/1.1\r\n\r\n'],
    ['two Hosts', 'GET /api/pets HTTP/1.1\r\nHost: localhost\r\nHost: 127.0.0.1\r\n\r\n'],
    ['a tunnel', 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n'],
  ])('answers %s with 400 in the words of every other error, and closes', async (_, text) => {
    const reply = await say(text)
    expect(reply.status).toBe(400)
    expect(reply.headers).toMatchObject({
      'content-type': 'application/json',
      connection: 'close',
      'cache-control': 'no-store',
    })
    expect(errorOf(reply)).toMatchObject({ code: 'bad_request', status: '400', id: reply.headers['request-id'] })
    expect(errorOf(reply).detail.length).toBeGreaterThan(15)
  })

  it('answers broken chunks with 400 or closes', async () => {
    const connection = new RawConnection(server.port)
    const reply = await connection.exchange(
      Buffer.from(
        `POST /api/pets/query HTTP/1.1\r\n${host()}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n`,
      ),
    )
    if (reply !== 'closed') expect(reply).toMatchObject({ status: 400 })
  })

  it('answers headers that are too large with 431, below and above what the parser takes', async () => {
    for (const size of [17_000, 40_000, 200_000]) {
      const reply = await say(`GET /api/pets HTTP/1.1\r\n${host()}X-Large: ${'x'.repeat(size)}\r\n\r\n`)
      expect([size, reply.status, errorOf(reply).code]).toEqual([size, 431, 'headers_too_large'])
    }
    expect((await say(`GET /api/pets HTTP/1.1\r\n${host()}X-Large: ${'x'.repeat(15_000)}\r\n\r\n`)).status).toBe(200)
  })

  it('answers a URL that is too long with 414, below and above what the parser takes', async () => {
    for (const size of [17_000, 40_000]) {
      const reply = await say(`GET /api/pets?name=${'x'.repeat(size)} HTTP/1.1\r\n${host()}\r\n`)
      expect([size, reply.status, errorOf(reply).code]).toEqual([size, 414, 'uri_too_long'])
    }
    expect((await say(`GET /api/pets?name=${'x'.repeat(16_000)} HTTP/1.1\r\n${host()}\r\n`)).status).toBe(200)
  })

  const tooLarge = 3_000_000
  it.each([
    ['announced', (body: string) => `Content-Length: ${body.length}\r\n\r\n${body}`],
    [
      'in chunks',
      (body: string) => `Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
    ],
  ])('answers a body that is too large, %s, with 413 that arrives, and closes', async (_, framed) => {
    const reply = await say(
      `QUERY /api/pets HTTP/1.1\r\n${host()}Content-Type: application/json\r\n${framed(`{"name":"${'x'.repeat(tooLarge)}"}`)}`,
    )
    expect(reply.status).toBe(413)
    expect(reply.headers.connection).toBe('close')
    expect(errorOf(reply)).toMatchObject({ code: 'payload_too_large', meta: { max: 1_048_576 } })
  })

  it('refuses a large body before it is sent where the client asks first', async () => {
    const large = await say(
      `QUERY /api/pets HTTP/1.1\r\n${host()}Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: ${tooLarge}\r\n\r\n`,
    )
    expect(large.status).toBe(413)
    const small = await say(
      `QUERY /api/pets HTTP/1.1\r\n${host()}Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 12\r\n\r\n{"name":"R"}`,
    )
    expect(small.status).toBe(200)
  })

  it('does not wait for a request that is sent too slowly', async () => {
    for (const text of [
      `GET /api/pets HTTP/1.1\r\n${host()}X-Slow: `,
      `QUERY /api/pets HTTP/1.1\r\n${host()}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
    ]) {
      const since = performance.now()
      const reply = await say(text)
      expect([408, 'request_timeout']).toEqual([reply.status, errorOf(reply).code])
      expect(performance.now() - since).toBeLessThan(4_500)
    }
  })

  it('drops a request whose body is cut short, and serves on', async () => {
    const socket = connect(server.port, '127.0.0.1')
    await new Promise(resolve =>
      socket.write(
        `QUERY /api/pets HTTP/1.1\r\n${host()}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
        resolve,
      ),
    )
    socket.destroy()
    expect((await say(`GET /api/pets HTTP/1.1\r\n${host()}\r\n`)).status).toBe(200)
  })

  it('understands an absolute target, whose host counts in place of the header', async () => {
    const here = await say(`GET http://localhost:${server.port}/api/pets/1 HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n`)
    expect([here.status, JSON.parse(here.body)]).toEqual([200, { data: { id: 1, name: 'Rex' } }])
    expect((await say(`GET http://elsewhere.example/api/pets/1 HTTP/1.1\r\nHost: localhost\r\n\r\n`)).status).toBe(403)
  })

  it('answers HEAD as GET without the body, and several requests on one connection', async () => {
    const connection = new RawConnection(server.port)
    const get = (await connection.exchange(Buffer.from(`GET /api/pets HTTP/1.1\r\n${host()}\r\n`))) as RawReply
    const head = (await connection.exchange(Buffer.from(`HEAD /api/pets HTTP/1.1\r\n${host()}\r\n`), {
      head: true,
    })) as RawReply
    const again = (await connection.exchange(Buffer.from(`GET /api/pets/1 HTTP/1.1\r\n${host()}\r\n`))) as RawReply
    connection.close()
    expect([get.status, head.status, again.status]).toEqual([200, 200, 200])
    expect(head.headers['content-length']).toBe(get.headers['content-length'])
  })

  it('redirects within the API only', async () => {
    expect((await say(`GET /api/pets/?name=Rex HTTP/1.1\r\n${host()}\r\n`)).headers.location).toBe('/api/pets?name=Rex')
    for (const path of ['//evil.example/', '/\\evil.example/', '/api//', '/api/pets//', '/elsewhere/']) {
      expect([path, (await say(`GET ${path} HTTP/1.1\r\n${host()}\r\n`)).status]).toEqual([path, 404])
    }
  })

  it('keeps an open server to loopback names', async () => {
    for (const name of [
      'evil.example',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      '0.0.0.0',
      '10.0.0.1',
      '[::2]',
      '',
      'localhost:8080@evil.example',
    ]) {
      const reply = await say(`GET /api/pets HTTP/1.1\r\nHost: ${name}\r\n\r\n`)
      expect([name, reply.status, errorOf(reply).code]).toEqual([name, 403, 'host_not_allowed'])
    }
    for (const name of ['localhost', 'LOCALHOST:1', '127.0.0.1', '127.9.9.9:80', '[::1]:8080']) {
      expect([name, (await say(`GET /api/pets HTTP/1.1\r\nHost: ${name}\r\n\r\n`)).status]).toEqual([name, 200])
    }
  })

  it('logs none of it as a failure of ours', () => {
    expect(errors).toEqual([])
  })
})

describe('an open server', () => {
  it('is refused in production', async () => {
    const [first] = servers()
    const database = connectPostgres({ config: first?.config as pg.ClientConfig })
    const before = process.env.NODE_ENV
    process.env.NODE_ENV = 'production'
    try {
      await expect(createServer({ database, api: 'open' })).rejects.toThrow('refused in production')
    } finally {
      if (before === undefined) delete process.env.NODE_ENV
      else process.env.NODE_ENV = before
      await database.close()
    }
  })

  it('listens on loopback addresses only', async () => {
    const [first] = servers()
    const database = connectPostgres({ config: first?.config as pg.ClientConfig })
    for (const host of ['0.0.0.0', '::', '10.0.0.1'])
      await expect(createServer({ database, api: 'open', host })).rejects.toThrow('loopback')
    await database.close()
  })
})
