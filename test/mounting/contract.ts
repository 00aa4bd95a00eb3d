// What an API promises on every host: the same answers, bytes and all, whoever holds the socket.
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Server, TestDatabase } from '../support/databases.ts'
import { RawConnection, type RawReply } from '../support/raw-http.ts'
import { boardApi, lineCount, makeBoard } from './board-api.ts'
import { type Host, type HostKind, optionsFor } from './hosts.ts'

export function describeContract(kind: HostKind, server: Server): void {
  describe(`an API on ${kind.name}`, () => {
    let database: TestDatabase
    let host: Host
    const errors: unknown[] = []
    beforeAll(async () => {
      database = await makeBoard(server)
      host = await kind.start(optionsFor(database, boardApi(), errors))
    })
    afterAll(() => host.close())

    async function say(text: string | Buffer, connection = new RawConnection(host.port)): Promise<RawReply> {
      const reply = await connection.exchange(Buffer.from(text as string), { head: String(text).startsWith('HEAD') })
      connection.close()
      if (typeof reply === 'string') throw new Error(`the server ${reply}`)
      return reply
    }
    const ask = (line: string, headers: readonly string[] = [], body?: string) =>
      say(
        [
          `${line} HTTP/1.1`,
          'Host: localhost',
          ...headers,
          ...(body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
          '',
          body ?? '',
        ].join('\r\n'),
      )
    const json = 'Content-Type: application/json'
    const errorOf = ({ body }: RawReply) => JSON.parse(body).errors[0]

    it('answers below its base path, and an item', async () => {
      expect((await ask('GET /api')).status).toBe(200)
      const reply = await ask('GET /api/notes/1')
      expect([reply.status, JSON.parse(reply.body)]).toEqual([200, { data: { id: 1, text: 'first' } }])
      expect(reply.headers).toMatchObject({
        'content-type': 'application/json',
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'cache-control': 'private, no-cache',
      })
    })

    it('writes links as the client sees them', async () => {
      const reply = await ask('GET /api/notes?page[size]=1&sort=id')
      expect(reply.headers.link).toContain('</api/notes?page[size]=1&sort=id')
    })

    it('leaves other paths to its host', async () => {
      const reply = await ask('GET /other')
      expect([reply.status, reply.body]).toEqual(kind.hasOthers ? [200, 'other'] : [404, reply.body])
      expect((await ask('GET /apiary')).status).toBe(404)
    })

    it('answers HEAD as GET without the body', async () => {
      const get = await ask('GET /api/notes/1')
      const head = await ask('HEAD /api/notes/1')
      expect([head.status, head.body]).toEqual([200, ''])
      for (const name of ['content-length', 'etag', 'content-type', 'vary'])
        expect([name, head.headers[name]]).toEqual([name, get.headers[name]])
    })

    it('answers 304 with what a cache needs, and nothing more', async () => {
      const { headers } = await ask('GET /api/notes/1')
      const reply = await ask('GET /api/notes/1', [`If-None-Match: ${headers.etag}`, 'Cache-Control: no-cache'])
      expect([reply.status, reply.body]).toEqual([304, ''])
      const known = [
        'cache-control',
        'vary',
        'request-id',
        'etag',
        'content-location',
        'date',
        'connection',
        'keep-alive',
      ]
      expect(Object.keys(reply.headers).filter(name => !known.includes(name))).toEqual([])
    })

    it('answers OPTIONS with Allow and the schema', async () => {
      const reply = await ask('OPTIONS /api/notes')
      expect([reply.status, reply.headers.allow]).toEqual([200, 'GET, HEAD, OPTIONS, POST, QUERY'])
      expect(JSON.parse(reply.body).data.name).toBe('notes')
    })

    it('refuses a method that no path takes with 405 and Allow', async () => {
      for (const method of ['PATCH', 'PROPFIND', 'TRACE']) {
        const reply = await ask(`${method} /api/notes/query`)
        expect([method, reply.status, reply.headers.allow]).toEqual([method, 405, 'OPTIONS, POST'])
      }
    })

    it('says in its own words what is wrong', async () => {
      const unknown = await ask('GET /api/notes?filter[txet]=1')
      expect([unknown.status, errorOf(unknown).code]).toEqual([400, 'unknown_field'])
      const nothing = await ask('GET /api/notes/99')
      expect([nothing.status, errorOf(nothing).id]).toEqual([404, nothing.headers['request-id']])
      expect(nothing.headers['x-content-type-options']).toBe('nosniff')
      const twice = await say('GET /api/notes/1 HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n')
      expect(twice.status).toBe(400)
    })

    it('redirects a trailing slash', async () => {
      const reply = await ask('GET /api/notes/?sort=id')
      expect([reply.status, reply.headers.location]).toEqual([308, '/api/notes?sort=id'])
    })

    it('decodes a percent-encoded path once, and a query too', async () => {
      expect((await ask('GET /api/%6Eotes/%31')).status).toBe(200)
      expect((await ask('GET /api/notes/%2531')).status).toBe(404)
      expect((await ask('GET /api/notes%2F1')).status).toBe(404)
      const found = await ask('GET /api/notes?filter[text]=%C3%A5%2F%C3%A4%20%C3%B6')
      expect(JSON.parse(found.body).data).toEqual([{ id: 2, text: 'å/ä ö' }])
    })

    it('answers 400 for a path that is badly encoded', async () => {
      const reply = await ask('GET /api/notes/%ZZ')
      expect(reply.status).toBe(400)
      if (!kind.decodesPaths) expect(errorOf(reply).code).toBe('bad_encoding')
    })

    it('reads a body, as it is written and in chunks', async () => {
      const made = await ask('POST /api/notes', [json], '{"text":"pinned ☃"}')
      expect([made.status, JSON.parse(made.body).data.text]).toEqual([201, 'pinned ☃'])
      const chunked = await say(
        `QUERY /api/notes HTTP/1.1\r\nHost: localhost\r\n${json}\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{"filter"\r\n12\r\n:{"text":"first"}}\r\n0\r\n\r\n`,
      )
      expect([chunked.status, JSON.parse(chunked.body).data]).toEqual([200, [{ id: 1, text: 'first' }]])
    })

    it('refuses other bodies than JSON', async () => {
      for (const type of ['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'no type at all']) {
        const reply = await ask('POST /api/notes', [`Content-Type: ${type}`], 'text=pinned')
        expect([type, reply.status, errorOf(reply).code]).toEqual([type, 415, 'unsupported_media_type'])
      }
      const none = await ask('QUERY /api/notes', [], '{}')
      expect([none.status, errorOf(none).code]).toEqual([400, 'missing_content_type'])
    })

    it('takes a body of its own bound, and refuses a larger one with 413', async () => {
      const fits = await ask('POST /api/notes', [json], JSON.stringify({ text: 'x'.repeat(900_000) }))
      expect(fits.status).toBe(201)
      const large = await ask('POST /api/notes', [json], JSON.stringify({ text: 'x'.repeat(1_100_000) }))
      expect([large.status, errorOf(large).code]).toEqual([413, 'payload_too_large'])
    })

    it('says once that a body is welcome', async () => {
      const socket = connect(host.port, '127.0.0.1')
      let text = ''
      socket.setEncoding('latin1').on('data', piece => {
        text += piece
      })
      socket.write(
        `QUERY /api/notes HTTP/1.1\r\nHost: localhost\r\n${json}\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 2\r\n\r\n`,
      )
      while (!text.includes('100 Continue')) await sleep(5)
      socket.write('{}')
      await new Promise(resolve => socket.once('close', resolve))
      expect(text.split('100 Continue')).toHaveLength(2)
      expect(text).toContain('HTTP/1.1 200 OK')
    })

    it('makes nothing of a body that is cut short, and answers on', async () => {
      const count = async () =>
        JSON.parse((await ask('GET /api/notes?page[total]=exact&fields=id')).body).meta.page.total
      const before = await count()
      const socket = connect(host.port, '127.0.0.1')
      await new Promise(resolve =>
        socket.write(
          `POST /api/notes HTTP/1.1\r\nHost: localhost\r\n${json}\r\nContent-Length: 100\r\n\r\n{"text":"half"}`,
          resolve,
        ),
      )
      await sleep(50)
      socket.destroy()
      await sleep(100)
      expect(await count()).toBe(before)
    })

    it('streams an export whole', async () => {
      const response = await fetch(`http://127.0.0.1:${host.port}/api/lines?fields=id`, {
        headers: { accept: 'application/x-ndjson' },
      })
      const lines = (await response.text()).trimEnd().split('\n')
      expect([response.status, lines.length]).toEqual([200, lineCount])
      expect(JSON.parse(lines.at(-1) as string)).toEqual({ id: lineCount })
    })

    it('stops reading for an export whose client hangs up, and answers on', async () => {
      for (let i = 0; i < 8; i++) {
        // fetch would open another connection in its place, on which nothing is ever asked.
        const socket = connect(host.port, '127.0.0.1')
        socket.write('GET /api/lines HTTP/1.1\r\nHost: localhost\r\nAccept: text/csv\r\n\r\n')
        await new Promise(resolve => socket.once('data', resolve))
        socket.destroy()
      }
      // More than there are connections to the database: none was kept.
      expect((await ask('GET /api/notes/1')).status).toBe(200)
    })

    it('keeps the order of pipelined requests', async () => {
      const socket = connect(host.port, '127.0.0.1')
      let text = ''
      socket.setEncoding('latin1').on('data', piece => {
        text += piece
      })
      const ids = [1, 2, 99, 2, 1, 1, 2]
      socket.write(
        ids
          .map((id, i) => {
            const last = i === ids.length - 1 ? 'Connection: close\r\n' : ''
            return `GET /api/notes/${id}?fields=id HTTP/1.1\r\nHost: localhost\r\nRequest-Id: r${i}\r\n${last}\r\n`
          })
          .join(''),
      )
      await new Promise(resolve => socket.once('close', resolve))
      expect([...text.matchAll(/request-id: (r\d)/gi)].map(found => found[1])).toEqual(ids.map((_, i) => `r${i}`))
      expect([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(found => Number(found[1]))).toEqual([
        200, 200, 404, 200, 200, 200, 200,
      ])
    })

    it('knows who asks', async () => {
      const seen: unknown[] = []
      const own = await kind.start({
        ...optionsFor(database, boardApi(), errors),
        requireTls: true,
        trustedProxies: ['127.0.0.1'],
        cors: {
          origins: origin => {
            seen.push(origin)
            return origin === 'https://app.example.com'
          },
        },
      })
      const send = (headers: Readonly<Record<string, string>>) =>
        fetch(`http://127.0.0.1:${own.port}/api/notes/1`, { headers })
      expect((await send({})).status).toBe(403)
      const response = await send({ 'x-forwarded-proto': 'https', origin: 'https://app.example.com' })
      expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([
        200,
        'https://app.example.com',
      ])
      expect(response.headers.get('strict-transport-security')).toBe('max-age=31536000')
      expect(seen).toContain('https://app.example.com')
      await own.close()
    })

    it('answers what runs before it closes', async () => {
      const own = await kind.start(optionsFor(database, boardApi(), errors))
      const response = await fetch(`http://127.0.0.1:${own.port}/api/lines?fields=id`, {
        headers: { accept: 'application/x-ndjson' },
      })
      const closed = own.close()
      expect((await response.text()).trimEnd().split('\n')).toHaveLength(lineCount)
      await closed
      await expect(fetch(`http://127.0.0.1:${own.port}/api/notes/1`)).rejects.toThrow()
    })

    it('logs none of it as a failure of ours', () => {
      expect(errors).toEqual([])
    })
  })
}
