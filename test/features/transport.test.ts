// TLS, proxies, other origins, and bounds: what happens before the street, over real sockets.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type TLSSocket, connect as tlsConnect } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createServer, type RunningServer, type ServerOptions } from '../../src/create-server.ts'
import { boardApi, makeBoard } from '../mounting/board-api.ts'
import { optionsFor } from '../mounting/hosts.ts'
import { servers, type TestDatabase } from '../support/databases.ts'
import { RawConnection, type RawReply } from '../support/raw-http.ts'

const [server] = servers()
if (!server) throw new Error('a server is needed')
let database: TestDatabase
const started: RunningServer[] = []
const errors: unknown[] = []
beforeAll(async () => {
  database = await makeBoard(server)
})
afterEach(async () => {
  await Promise.all(started.splice(0).map(one => one.close()))
  errors.length = 0
})

async function start(options: Partial<ServerOptions> = {}): Promise<RunningServer> {
  const one = await createServer({ ...optionsFor(database, boardApi(), errors), ...options })
  started.push(one)
  return one
}

async function ask(
  { port }: RunningServer,
  headers: readonly string[] = [],
  { line = 'GET /api/notes/1', body = '' } = {},
): Promise<RawReply> {
  const connection = new RawConnection(port)
  const head = [`${line} HTTP/1.1`, `Host: api.example.com:${port}`, ...headers, '', ''].join('\r\n')
  const reply = await connection.exchange(Buffer.from(head + body))
  connection.close()
  if (typeof reply === 'string') throw new Error(`the server ${reply}`)
  return reply
}
const codeOf = ({ body }: RawReply) => JSON.parse(body).errors[0].code

describe('plain HTTP, where TLS is required', () => {
  it('is refused with 403 before anything else', async () => {
    const one = await start({ requireTls: true })
    for (const line of [
      'GET /api/notes/1',
      'GET /nowhere',
      `GET /api/notes?a=${'x'.repeat(9_000)}`,
      'FETCH /api',
    ].slice(0, 3)) {
      const reply = await ask(one, ['Authorization: Bearer nonsense'], { line })
      expect([line, reply.status, codeOf(reply), reply.headers.connection]).toEqual([
        line,
        403,
        'tls_required',
        'close',
      ])
      expect(reply.headers['strict-transport-security']).toBeUndefined()
    }
    const preflight = await ask(one, ['Origin: https://a.example', 'Access-Control-Request-Method: GET'], {
      line: 'OPTIONS /api/notes',
    })
    expect(preflight.status).toBe(403)
  })

  it('is not taken for TLS because its client says so', async () => {
    const one = await start({ requireTls: true })
    for (const header of ['X-Forwarded-Proto: https', 'Forwarded: proto=https', 'Forwarded: for=1.2.3.4;proto=https'])
      expect([header, (await ask(one, [header])).status]).toEqual([header, 403])
    const other = await start({ requireTls: true, trustedProxies: ['10.0.0.0/8'] })
    expect((await ask(other, ['X-Forwarded-Proto: https'])).status).toBe(403)
  })

  it('is taken from a trusted proxy that says its client came over TLS', async () => {
    const one = await start({ requireTls: true, trustedProxies: ['127.0.0.1'] })
    for (const headers of [
      ['X-Forwarded-Proto: https'],
      ['X-Forwarded-For: 192.0.2.1', 'X-Forwarded-Proto: https'],
      ['Forwarded: for=192.0.2.1;proto=https'],
      ['Forwarded: for="[2001:db8::1]:4711";proto=HTTPS, for=127.0.0.1'],
    ]) {
      const reply = await ask(one, headers)
      expect([headers, reply.status]).toEqual([headers, 200])
      expect(reply.headers['strict-transport-security']).toBe('max-age=31536000')
    }
    for (const headers of [
      [],
      ['X-Forwarded-Proto: http'],
      // The client wrote the first, the proxy the second.
      ['X-Forwarded-For: 127.0.0.1, 192.0.2.1', 'X-Forwarded-Proto: https, http'],
      ['Forwarded: for=127.0.0.1;proto=https, for=192.0.2.1;proto=http'],
      ['Forwarded: proto=https, for="'],
      ['X-Forwarded-Proto: http', 'Forwarded: proto=https'],
    ])
      expect([headers, (await ask(one, headers)).status]).toEqual([headers, 403])
  })
})

describe('headers that every answer has', () => {
  it('stand on answers and errors, and not on a 304', async () => {
    const one = await start()
    const usual = {
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'cross-origin-resource-policy': 'same-origin',
    }
    const found = await ask(one)
    expect(found.headers).toMatchObject(usual)
    expect(found.headers['strict-transport-security']).toBeUndefined()
    expect((await ask(one, [], { line: 'GET /api/notes/99' })).headers).toMatchObject(usual)
    expect((await ask(one, ['A broken header'])).headers).toMatchObject(usual)
    const kept = await ask(one, [`If-None-Match: ${found.headers.etag}`])
    expect(kept.status).toBe(304)
    for (const name of Object.keys(usual)) expect([name, kept.headers[name]]).toEqual([name, undefined])
  })

  it('can be others, or none', async () => {
    const other = await start({ securityHeaders: { 'cross-origin-resource-policy': 'cross-origin' } })
    const { headers } = await ask(other)
    expect([headers['cross-origin-resource-policy'], headers['x-content-type-options']]).toEqual([
      'cross-origin',
      'nosniff',
    ])
    expect((await ask(await start({ securityHeaders: false }))).headers['x-content-type-options']).toBeUndefined()
  })
})

describe('pages of other origins', () => {
  const origin = 'https://app.example.com'
  const preflight = ['Access-Control-Request-Method: DELETE', 'Access-Control-Request-Headers: authorization']

  it('ask beforehand, and hear what they may send: 204, whoever asks', async () => {
    const one = await start({ cors: { origins: [origin], credentials: true, maxAgeSeconds: 60, headers: ['X-Own'] } })
    const reply = await ask(one, [`Origin: ${origin}`, 'Authorization: Bearer nonsense', ...preflight], {
      line: 'OPTIONS /api/notes/1',
    })
    expect([reply.status, reply.body]).toEqual([204, ''])
    expect(reply.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'DELETE, GET, HEAD, OPTIONS',
      'access-control-max-age': '60',
      'cache-control': 'no-store',
      vary: 'Origin',
    })
    const allowed = reply.headers['access-control-allow-headers']?.toLowerCase().split(', ')
    const names = [
      'authorization',
      'content-type',
      'idempotency-key',
      'if-match',
      'if-range',
      'prefer',
      'range',
      'x-own',
    ]
    for (const name of names) expect(allowed).toContain(name)
    expect(reply.headers['content-length']).toBeUndefined()
  })

  it('come too late to a path that is none', async () => {
    const one = await start({ cors: { origins: '*' } })
    const reply = await ask(one, [`Origin: ${origin}`, ...preflight], { line: 'OPTIONS /api/nothing' })
    expect([reply.status, reply.headers['access-control-allow-origin']]).toEqual([404, '*'])
  })

  it('may read answers and errors, with the headers that matter', async () => {
    const jwt = { key: 'a secret of the tests, 32 bytes or more', algorithm: 'HS256' } as const
    const one = await start({ jwt, cors: { origins: [origin] } })
    const found = await ask(one, [`Origin: ${origin}`])
    expect(found.headers).toMatchObject({
      'access-control-allow-origin': origin,
      vary: 'Accept, Authorization, Origin',
    })
    expect(found.headers['access-control-expose-headers']?.split(', ')).toEqual(
      'ETag Link Location Content-Disposition Content-Location Content-Range Next-Range Accept-Ranges Accept-Query Request-Id RateLimit RateLimit-Policy Retry-After Preference-Applied Idempotency-Replayed Deprecation Sunset'.split(
        ' ',
      ),
    )
    const refused = await ask(one, [`Origin: ${origin}`, 'Authorization: Bearer nonsense'])
    expect([refused.status, refused.headers['access-control-allow-origin']]).toEqual([401, origin])
    const kept = await ask(one, [`Origin: ${origin}`, `If-None-Match: ${found.headers.etag}`])
    expect([kept.status, kept.headers['access-control-allow-origin'], kept.headers.vary]).toEqual([
      304,
      origin,
      'Accept, Authorization, Origin',
    ])
  })

  it('that are not welcome get no such header, and a cache is told that others might', async () => {
    for (const origins of [[origin], (one: string) => one === origin]) {
      const one = await start({ cors: { origins } })
      for (const other of ['https://evil.example', 'null', `${origin}.evil.example`, 'http://app.example.com']) {
        const reply = await ask(one, [`Origin: ${other}`])
        expect([reply.status, reply.headers.vary]).toEqual([200, 'Accept, Authorization, Origin'])
        const asked = await ask(one, [`Origin: ${other}`, ...preflight], { line: 'OPTIONS /api/notes' })
        expect([asked.status, asked.headers.vary]).toEqual([204, 'Origin'])
        for (const { headers } of [reply, asked])
          expect(Object.keys(headers).filter(name => name.startsWith('access-control'))).toEqual([])
      }
      expect((await ask(one)).headers.vary).toBe('Accept, Authorization, Origin')
    }
  })

  it("are all the same to '*', which varies by nothing", async () => {
    const one = await start({ cors: { origins: '*' } })
    for (const headers of [[], ['Origin: https://anybody.example']]) {
      const reply = await ask(one, headers)
      expect([reply.headers['access-control-allow-origin'], reply.headers.vary]).toEqual(['*', 'Accept, Authorization'])
    }
  })

  it('leave other OPTIONS as they are, and hear nothing without `cors`', async () => {
    const one = await start()
    expect((await ask(one, [`Origin: ${origin}`], { line: 'OPTIONS /api/notes' })).status).toBe(200)
    const reply = await ask(one, [`Origin: ${origin}`, ...preflight], { line: 'OPTIONS /api/notes' })
    expect(reply.status).toBe(204)
    expect(Object.keys(reply.headers).filter(name => name.startsWith('access-control'))).toEqual([])
  })

  it('are not let in by options that would hand them everything', async () => {
    await expect(start({ cors: { origins: '*', credentials: true } })).rejects.toThrow('by name')
    await expect(start({ cors: { origins: ['https://app.example.com/'] } })).rejects.toThrow('no origin')
    await expect(start({ trustedProxies: ['10.0.0.0/33'] })).rejects.toThrow('10.0.0.0/33')
    await expect(start({ trustedProxies: ['proxy.local'] })).rejects.toThrow('proxy.local')
  })
})

describe('bounds of a connection', () => {
  it('drop a client that takes nothing of a large answer', async () => {
    const one = await start({ timeouts: { stallMs: 500 } })
    const text = JSON.stringify({ text: 'x'.repeat(900_000) })
    for (let i = 0; i < 12; i++)
      await fetch(`${one.url}/notes`, { method: 'POST', body: text, headers: { 'content-type': 'application/json' } })
    const socket = connect(one.port, '127.0.0.1')
    socket.pause()
    const closed = new Promise<void>(resolve =>
      one.server.once('connection', (peer: TLSSocket) => peer.once('close', () => resolve())),
    )
    socket.write('GET /api/notes HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await closed
    socket.destroy()
    expect((await fetch(`${one.url}/notes?fields=id`)).status).toBe(200)
  })

  it('do not wait for a body that comes too slowly, though it comes', async () => {
    const one = await start({ timeouts: { bodyBytesPerSecond: 1_000 } })
    const socket = connect(one.port, '127.0.0.1')
    let text = ''
    socket.setEncoding('latin1').on('data', piece => {
      text += piece
    })
    socket.on('error', () => undefined)
    socket.write(
      'POST /api/notes HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{"text":"',
    )
    const drip = setInterval(() => socket.write('x'.repeat(10)), 100)
    await new Promise(resolve => socket.once('close', resolve))
    clearInterval(drip)
    expect(text).toMatch(/^HTTP\/1\.1 408 /)
    expect(text).toContain('"code":"request_timeout"')
  })

  it('close a connection after so many requests, and take no more than so many at once', async () => {
    const one = await start({ connections: { max: 2, maxRequests: 3 } })
    const connection = new RawConnection(one.port)
    const seen: unknown[] = []
    for (let i = 0; i < 3; i++) {
      const reply = await connection.exchange(Buffer.from('GET /api/notes/1 HTTP/1.1\r\nHost: localhost\r\n\r\n'))
      seen.push(typeof reply === 'string' ? reply : reply.headers.connection)
    }
    connection.close()
    expect(seen).toEqual(['keep-alive', 'keep-alive', 'close'])
    const held = [connect(one.port, '127.0.0.1'), connect(one.port, '127.0.0.1')]
    await Promise.all(held.map(socket => new Promise(resolve => socket.once('connect', resolve))))
    await sleep(50)
    const third = connect(one.port, '127.0.0.1').on('error', () => undefined)
    await new Promise(resolve => third.once('close', resolve))
    for (const socket of held) socket.destroy()
  })
})

const openssl = (() => {
  try {
    return execFileSync('openssl', ['version'], { encoding: 'utf8' })
  } catch {
    return undefined
  }
})()

describe.skipIf(!openssl)(
  openssl ? 'TLS from files' : 'TLS from files (openssl is not there to make certificates)',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'colonnade-tls-'))
    const cert = join(folder, 'cert.pem')
    const key = join(folder, 'key.pem')
    afterAll(() => rmSync(folder, { recursive: true, force: true }))

    function make(name: string): { cert: string; key: string } {
      const files = { cert: join(folder, `${name}.cert`), key: join(folder, `${name}.key`) }
      const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
      const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30']
      execFileSync('openssl', ['req', '-x509', ...curve, '-keyout', files.key, '-out', files.cert, ...subject], {
        stdio: 'pipe',
      })
      return files
    }
    function put(name: string): void {
      const made = make(name)
      renameSync(made.cert, cert)
      renameSync(made.key, key)
    }
    /** The name in the certificate that a new connection meets. */
    async function nameAt({ port }: RunningServer): Promise<string> {
      const socket = tlsConnect({ port, host: '127.0.0.1', rejectUnauthorized: false })
      await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
      const name = String(socket.getPeerCertificate().subject.CN)
      socket.destroy()
      return name
    }
    async function until(what: () => Promise<boolean> | boolean): Promise<void> {
      for (let i = 0; !(await what()); i++) {
        if (i > 400) throw new Error('it did not come true')
        await sleep(25)
      }
    }
    async function get(url: string, agent: Agent): Promise<{ status: number; hsts: unknown; connection: unknown }> {
      return new Promise((resolve, reject) => {
        httpsRequest(url, { agent, rejectUnauthorized: false }, reply => {
          reply.resume().once('end', () =>
            resolve({
              status: reply.statusCode ?? 0,
              hsts: reply.headers['strict-transport-security'],
              connection: reply.headers.connection,
            }),
          )
        })
          .once('error', reject)
          .end()
      })
    }

    it('serves over TLS 1.2 and 1.3 alone, with HSTS, and closes', async () => {
      put('first')
      const one = await start({
        tls: { cert, key },
        requireTls: true,
        hsts: { maxAgeSeconds: 60, includeSubDomains: true },
      })
      expect(one.url).toMatch(/^https:/)
      const agent = new Agent({ keepAlive: true })
      expect(await get(`${one.url}/notes/1`, agent)).toMatchObject({
        status: 200,
        hsts: 'max-age=60; includeSubDomains',
      })
      for (const [version, works] of [
        ['TLSv1.1', false],
        ['TLSv1.2', true],
        ['TLSv1.3', true],
      ] as const) {
        const socket = tlsConnect({
          port: one.port,
          host: '127.0.0.1',
          rejectUnauthorized: false,
          minVersion: version,
          maxVersion: version,
          ciphers: 'DEFAULT@SECLEVEL=0',
        })
        const worked = await new Promise(resolve =>
          socket.once('secureConnect', () => resolve(true)).once('error', () => resolve(false)),
        )
        socket.destroy()
        expect([version, worked]).toEqual([version, works])
      }
      // One that never shakes hands does not keep it from closing.
      const silent = connect(one.port, '127.0.0.1').on('error', () => undefined)
      await new Promise(resolve => silent.once('connect', resolve))
      await started.splice(0)[0]?.close()
      agent.destroy()
      expect(errors).toEqual([])
    })

    it('takes a new pair over when the files change, and drops no connection', async () => {
      put('first')
      const one = await start({ tls: { cert, key } })
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      await get(`${one.url}/notes/1`, agent)
      const [held] = Object.values(agent.freeSockets).flat()
      put('second')
      await until(async () => (await nameAt(one)) === 'second')
      expect((await get(`${one.url}/notes/1`, agent)).status).toBe(200)
      expect(Object.values(agent.freeSockets).flat()[0]).toBe(held)
      agent.destroy()
      expect(errors).toEqual([])
    })

    it('keeps the old pair where the new one is broken, and says so', async () => {
      put('first')
      const one = await start({ tls: { cert, key } })
      const other = make('other')
      // A certificate without its key.
      renameSync(other.cert, cert)
      await until(() => errors.length > 0)
      expect(String(errors[0])).toContain("can't be used")
      expect(await nameAt(one)).toBe('first')
      await expect(one.reload()).rejects.toThrow("can't be used")
      expect(await nameAt(one)).toBe('first')
      renameSync(other.key, key)
      await one.reload()
      expect(await nameAt(one)).toBe('other')
      writeFileSync(cert, 'nonsense')
      await until(() => errors.length > 1)
      expect(await nameAt(one)).toBe('other')
    })

    it('does not start with a pair that does not fit, or is not there', async () => {
      put('first')
      const other = make('other')
      await expect(start({ tls: { cert, key: other.key } })).rejects.toThrow("can't be used")
      await expect(start({ tls: { cert, key: join(folder, 'none') } })).rejects.toThrow("can't be used")
    })
  },
)
