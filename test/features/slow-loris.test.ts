// Clients that send one byte after the other for ever: every one is answered 408 or closed in a bounded time, wherever it dawdles.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createServer, type RunningServer } from '../../src/create-server.ts'
import { boardApi, makeBoard } from '../mounting/board-api.ts'
import { optionsFor } from '../mounting/hosts.ts'
import { servers, type TestDatabase } from '../support/databases.ts'

const [server] = servers()
if (!server) throw new Error('a server is needed')

const headersMs = 1_500
const requestMs = 3_000
/** The sockets are looked at each `headersMs`; the rest is for a machine that is busy. */
const slackMs = headersMs + 4_000

const head = (line: string, ...headers: readonly string[]) =>
  [`${line} HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n')
const json = 'Content-Type: application/json'

interface Ended {
  readonly afterMs: number
  readonly said: string
}

describe('a client that sends a byte a second', () => {
  let database: TestDatabase
  let served: RunningServer
  const errors: unknown[] = []
  beforeAll(async () => {
    database = await makeBoard(server)
    const timeouts = { headersMs, requestMs, bodyBytesPerSecond: 0, keepAliveMs: 60_000 }
    served = await createServer({ ...optionsFor(database, boardApi(), errors), timeouts })
  })
  afterAll(async () => {
    await served.close()
    expect(errors).toEqual([])
  })

  /** Sends the beginning at once, and what follows byte by byte, again and again, until the server ends it. */
  async function dawdle(
    begin: string,
    drip: string,
    socket: Socket = connect(served.port, '127.0.0.1'),
  ): Promise<Ended> {
    const since = performance.now()
    let said = ''
    socket.setEncoding('latin1').on('data', text => {
      said += text
    })
    socket.on('error', () => undefined)
    if (begin !== '') socket.write(begin)
    let at = 0
    const dripping = setInterval(() => socket.write(drip.charAt(at++ % drip.length)), 1_000)
    await once(socket, 'close')
    clearInterval(dripping)
    return { afterMs: performance.now() - since, said }
  }

  const slow: readonly (readonly [string, string, string, number])[] = [
    ['in the request line', 'GET /api/no', 'x', headersMs],
    ['in a header', 'GET /api/notes HTTP/1.1\r\nHost: localhost\r\nX-Slow: ', 'x', headersMs],
    ['with header after header', 'GET /api/notes HTTP/1.1\r\nHost: localhost\r\n', 'X-A: 1\r\n', headersMs],
    ['in a body of known length', `${head('POST /api/notes', json, 'Content-Length: 1000')}{"text":"`, 'x', requestMs],
    [
      'in a body of chunks',
      `${head('POST /api/notes', json, 'Transfer-Encoding: chunked')}9\r\n{"text":"\r\n`,
      '1\r\nx\r\n',
      requestMs,
    ],
    ['in the length of a chunk', head('POST /api/notes', json, 'Transfer-Encoding: chunked'), '0', requestMs],
    ['in the body of a query', `${head('QUERY /api/notes', json, 'Content-Length: 1000')}{`, ' ', requestMs],
  ]
  it.concurrent.each(slow)('is answered 408, %s', { timeout: 30_000 }, async (_, begin, drip, limitMs) => {
    const { afterMs, said } = await dawdle(begin, drip)
    expect(said).toMatch(/^HTTP\/1\.1 408 /)
    expect(said).toContain('"code":"request_timeout"')
    expect(afterMs).toBeGreaterThan(limitMs - 100)
    expect(afterMs).toBeLessThan(limitMs + slackMs)
  })

  it.concurrent('is answered 408 in its second request as in the first', { timeout: 30_000 }, async () => {
    const socket = connect(served.port, '127.0.0.1')
    socket.write(head('GET /api/notes/1'))
    const [first] = (await once(socket, 'data')) as [Buffer]
    expect(first.toString('latin1')).toMatch(/^HTTP\/1\.1 (200|404) /)
    // An idle connection may wait, up to keepAliveMs: its time begins with its next byte.
    await sleep(headersMs + 1_000)
    const { afterMs, said } = await dawdle('GET /api/notes/1 HTTP/1.1\r\nX-Slow: ', 'x', socket)
    expect(said).toMatch(/^HTTP\/1\.1 408 /)
    expect(afterMs).toBeLessThan(headersMs + slackMs)
  })

  it.concurrent('is closed where it sends nothing at all', { timeout: 30_000 }, async () => {
    const since = performance.now()
    const socket = connect(served.port, '127.0.0.1').on('error', () => undefined)
    socket.resume()
    await once(socket, 'close')
    expect(performance.now() - since).toBeLessThan(headersMs + slackMs)
  })

  it.concurrent('is closed in the body of a path that is none, which nobody reads', { timeout: 30_000 }, async () => {
    const { afterMs, said } = await dawdle(`${head('POST /api/none', json, 'Content-Length: 1000')}{`, 'x')
    expect(said).toMatch(/^HTTP\/1\.1 404 /)
    expect(afterMs).toBeLessThan(requestMs + slackMs)
  })

  it.concurrent('keeps nobody else waiting, two hundred of them', { timeout: 40_000 }, async () => {
    const many = Array.from({ length: 200 }, () => dawdle('GET /api/notes HTTP/1.1\r\nX-Slow: ', 'x'))
    expect((await fetch(`${served.url}/notes/1`)).status).toBeLessThan(500)
    for (const { said, afterMs } of await Promise.all(many)) {
      expect(said).toMatch(/^HTTP\/1\.1 408 /)
      expect(afterMs).toBeLessThan(headersMs + slackMs)
    }
  })
})
