// Waiting for the outcome of a command: with the request that gives it, and with GET.
import { type AddressInfo, connect } from 'node:net'
import Fastify from 'fastify'
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { connectPostgres } from '../../src/databases/postgres/connect.ts'
import { fastifyPlugin } from '../../src/fastify.ts'
import { mountApi } from '../../src/mount-api.ts'
import { type PortsUnderTest, portsApi, servePorts, shortToken } from '../requests/port-requests.ts'
import { pause, until } from '../requests/tasks.ts'
import { describeEachServer } from '../support/databases.ts'

const json = { 'content-type': 'application/json' }

describeEachServer('waiting for a command', server => {
  let ports: PortsUnderTest
  beforeAll(async () => {
    ports = await servePorts(server)
  })
  afterAll(() => ports.close())

  const post = (
    prefer: string,
    more: Readonly<Record<string, string>> = {},
    path = '/port-requests',
    body = '{"bare_metal":{"id":1},"port":5}',
  ) =>
    ports.get(path, {
      method: 'POST',
      token: ports.tokens.ann,
      headers: { ...json, prefer, ...more },
      body,
    })
  const read = (id: string, prefer: string, more: Readonly<Record<string, string>> = {}, token = ports.tokens.ann) =>
    ports.get(`/port-requests/${id}`, { token, headers: { prefer, ...more } })
  const as = (status: string, id?: string) =>
    ports.sql(
      `update port_requests set status = $1 where ${id === undefined ? `status in ('pending', 'running')` : 'id = $2'}`,
      [status, ...(id === undefined ? [] : [id])],
    )
  const held = () => ports.server.runtime().followers.figures()
  const isHeld = () => until(() => held().answers > 0 && held().reads > 0)
  afterEach(async () => {
    await ports.sql('delete from port_requests')
    await until(() => held().answers === 0 && held().reads === 0)
    expect(ports.errors).toEqual([])
  })

  it('answers a command with its outcome, once it is over', async () => {
    const asked = post('wait=20')
    await isHeld()
    await as('running')
    await pause(150)
    await as('succeeded')
    const reply = await asked
    expect(reply.status).toBe(201)
    expect(reply.json.data).toMatchObject({ status: 'succeeded', status_description: 'Succeeded' })
    expect(reply.headers.get('preference-applied')).toBe('wait=20')
    expect(reply.headers.get('retry-after')).toBeNull()
    expect(reply.headers.get('location')).toBe(`/api/port-requests/${reply.json.data.id}`)
    const seen = await read(reply.json.data.id, 'handling=lenient')
    expect([reply.headers.get('etag'), reply.text]).toEqual([seen.headers.get('etag'), seen.text])
  })

  it('answers with the command as it is when the time is up', async () => {
    const since = performance.now()
    const reply = await post('wait=1')
    expect(performance.now() - since).toBeGreaterThan(950)
    expect([reply.status, reply.json.data.status, reply.headers.get('retry-after')]).toEqual([201, 'pending', '1'])
    expect(reply.headers.get('preference-applied')).toBe('wait=1')
  })

  it('answers 202 when the time is up and the caller prefers that, 201 when it is over by then', async () => {
    const late = await post('respond-async, wait=1')
    expect([late.status, late.headers.get('preference-applied')]).toEqual([202, 'wait=1, respond-async'])
    await as('cancelled')
    const asked = post('respond-async, wait=20')
    await isHeld()
    await as('failed')
    const reply = await asked
    expect([reply.status, reply.json.data.status, reply.headers.get('preference-applied')]).toEqual([
      201,
      'failed',
      'wait=20',
    ])
  })

  it.each(['wait=9999', 'wait=2147484', 'wait=99999999999999999999', `wait=${'9'.repeat(400)}`])(
    'bounds an enormous wait (%s), and says so',
    async prefer => {
      const asked = post(prefer)
      await isHeld()
      await as('succeeded')
      expect((await asked).headers.get('preference-applied')).toBe('wait=60')
    },
  )

  it('refuses an enormous wait where the caller would rather have nothing', async () => {
    const reply = await post('wait=9999, handling=strict')
    expect([reply.status, reply.json.errors[0].code, reply.json.errors[0].meta]).toEqual([
      400,
      'limit_exceeded',
      { limit: 'wait', max: 60 },
    ])
  })

  it('tells nobody who may not read states how long they could be waited for', async () => {
    const prefer = { prefer: 'wait=9999, handling=strict' }
    for (const path of ['/port-requests', '/bare-metals/1/port-requests', '/port-requests/17', '/bare-metals']) {
      const reply = await ports.get(path, { headers: prefer })
      expect([path, reply.status, reply.json.errors[0].meta]).toEqual([path, 401, undefined])
    }
    expect((await ports.get('/port-requests', { token: ports.tokens.ann, headers: prefer })).status).toBe(400)
  })

  it.each([
    'wait=0',
    'wait=-1',
    'wait=soon',
    'wait',
    'wait=1.5',
    'wait=+5',
    'wait=1e1',
    'wait=0x5',
    'wait=-99999999999',
  ])('takes %s for nothing', async prefer => {
    const reply = await post(prefer)
    expect([reply.status, reply.json.data.status]).toEqual([201, 'pending'])
    expect(reply.headers.get('preference-applied')).toBeNull()
  })

  it('shows of the outcome what the request asked for, and nothing where it asked for nothing', async () => {
    const chosen = post('wait=20', {}, '/port-requests?fields=port,status_description')
    await isHeld()
    await as('succeeded')
    const { id, ...rest } = (await chosen).json.data
    expect(rest).toEqual({ port: 5, status_description: 'Succeeded' })
    const minimal = post('wait=20, return=minimal')
    await isHeld()
    await as('succeeded')
    const reply = await minimal
    expect([reply.status, reply.text, reply.headers.get('preference-applied')]).toEqual([
      201,
      '',
      'return=minimal, wait=20',
    ])
    expect(id).toMatch(/-/)
  })

  it('waits in JSON:API and in versions with numbers all the same', async () => {
    const document = post('wait=20', { accept: 'application/vnd.api+json' })
    await isHeld()
    await as('succeeded')
    const reply = await document
    expect(reply.headers.get('content-type')).toBe('application/vnd.api+json')
    expect(reply.json.data).toMatchObject({ type: 'port_requests', attributes: { status: 'succeeded' } })
    const old = post('wait=20', {}, '/v1/bareMetals/1/portRequests', '{"port":5}')
    await isHeld()
    await as('failed')
    expect((await old).json.data).toMatchObject({ status: 3, status_description: 'Failed' })
  })

  it('waits again when a request with an Idempotency-Key is sent again', async () => {
    const asked = post('wait=1', { 'idempotency-key': 'once' })
    const first = await asked
    expect(first.json.data.status).toBe('pending')
    const again = post('wait=20', { 'idempotency-key': 'once' })
    await isHeld()
    await as('succeeded')
    const reply = await again
    expect([reply.status, reply.json.data.id, reply.json.data.status]).toEqual([201, first.json.data.id, 'succeeded'])
    expect(reply.headers.get('idempotency-replayed')).toBe('true')
    expect(await ports.sql('select count(*)::int from port_requests')).toEqual([{ count: 1 }])
  })

  it('holds GET until the command is over', async () => {
    const id = await ports.ask(5)
    const asked = read(id, 'wait=20')
    await isHeld()
    await as('running', id)
    await pause(150)
    expect(held().answers).toBe(1)
    await as('failed', id)
    const reply = await asked
    expect([reply.status, reply.json.data.status]).toEqual([200, 'failed'])
    expect(reply.headers.get('preference-applied')).toBe('wait=20')
    expect(reply.headers.get('vary')).toContain('Prefer')
    // What is over is answered at once.
    const since = performance.now()
    expect((await read(id, 'wait=20')).json.data.status).toBe('failed')
    expect(performance.now() - since).toBeLessThan(5_000)
  })

  it('holds GET with If-None-Match until it is another, and answers 304 when the time is up', async () => {
    const id = await ports.ask(5)
    const { headers } = await read(id, 'x')
    const etag = headers.get('etag') ?? ''
    const asked = read(id, 'wait=20', { 'if-none-match': etag })
    await isHeld()
    await as('running', id)
    const changed = await asked
    expect([changed.status, changed.json.data.status]).toEqual([200, 'running'])
    expect((await read(id, 'wait=20', { 'if-none-match': etag })).json.data.status).toBe('running')
    const same = await read(id, 'wait=1', { 'if-none-match': changed.headers.get('etag') ?? '' })
    expect(same.status).toBe(304)
  })

  it('looks at the row through access at every change: what is hidden now was deleted', async () => {
    const [hidden, deleted] = [await ports.ask(5), await ports.ask(6)]
    const both = [read(hidden, 'wait=20'), read(deleted, 'wait=20')]
    await until(() => held().reads === 2)
    await ports.sql('update port_requests set hidden = true, attempts = 1 where id = $1', [hidden])
    await ports.sql('delete from port_requests where id = $1', [deleted])
    const [one, other] = await Promise.all(both)
    expect([one?.status, other?.status]).toEqual([404, 404])
    const told = (reply: typeof one) => reply?.json.errors.map(({ id: _, ...rest }: { id: string }) => rest)
    expect(told(one)).toEqual(told(other))
  }, 20_000)

  it('ends with the token', async () => {
    const id = await ports.ask(5)
    const token = await shortToken('ann', 2)
    const reply = await read(id, 'wait=30', {}, token)
    expect([reply.status, reply.json.errors[0].code]).toEqual([401, 'invalid_token'])
  })

  it('frees everything when the client hangs up', async () => {
    const id = await ports.ask(5)
    const socket = connect(ports.server.port, '127.0.0.1')
    socket.write(
      `GET /api/port-requests/${id} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ports.tokens.ann}\r\nPrefer: wait=50\r\n\r\n`,
    )
    await isHeld()
    socket.destroy()
    await until(() => held().answers === 0 && held().reads === 0, 3_000)
  })

  it('takes no connection while it waits', async () => {
    const ids = await Promise.all(Array.from({ length: 40 }, (_, port) => ports.ask(port)))
    const asked = ids.map(id => read(id, 'wait=30'))
    await until(() => held().answers === 40)
    await pause(300)
    const busy = await ports.sql(
      `select count(*)::int from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'`,
    )
    expect(busy).toEqual([{ count: 0 }])
    const since = performance.now()
    expect((await ports.get('/bare-metals/1', { token: ports.tokens.admin })).status).toBe(200)
    expect(performance.now() - since).toBeLessThan(2_000)
    const listening = await ports.sql(
      `select count(*)::int from pg_stat_activity where datname = current_database() and query = 'listen colonnade_requests'`,
    )
    expect(listening).toEqual([{ count: 1 }])
    await as('succeeded')
    for (const reply of await Promise.all(asked)) expect(reply.json.data.status).toBe('succeeded')
  })

  it('sees what became of it even where nobody tells of changes', async () => {
    const id = await ports.ask(5)
    const asked = read(id, 'wait=30')
    await isHeld()
    await pause(200)
    await ports.sql(`set session_replication_role = replica; update port_requests set status = 'succeeded'`)
    expect((await asked).json.data.status).toBe('succeeded')
  }, 20_000)
})

describeEachServer('waiting for a command that is performed', server => {
  it('answers with what its worker made of it, also after the connection that hears of it was cut', async () => {
    let fails = false
    const ports = await servePorts(server, {
      perform() {
        if (fails) throw new Error('The switch burns.')
      },
    })
    try {
      const ask = () =>
        ports.get('/port-requests', {
          method: 'POST',
          token: ports.tokens.ann,
          headers: { ...json, prefer: 'wait=20' },
          body: '{"bare_metal":{"id":1},"port":5}',
        })
      expect((await ask()).json.data).toMatchObject({ status: 'succeeded', attempts: 1 })
      await ports.sql(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query = 'listen colonnade_requests'`,
      )
      await pause(500)
      const since = performance.now()
      expect((await ask()).json.data).toMatchObject({ status: 'succeeded' })
      expect(performance.now() - since).toBeLessThan(4_000)
      fails = true
      const waiting = await ports.get('/port-requests', {
        method: 'POST',
        token: ports.tokens.ann,
        headers: { ...json, prefer: 'wait=1' },
        body: '{"bare_metal":{"id":1},"port":5}',
      })
      expect(waiting.json.data).toMatchObject({ status: 'pending', last_error: { code: 'internal' } })
      expect(waiting.text).not.toContain('burns')
    } finally {
      await ports.close()
    }
  }, 30_000)

  it('answers what is held when the server stops, as it is then', async () => {
    const ports = await servePorts(server)
    const id = await ports.ask(5)
    const asked = ports.get(`/port-requests/${id}`, { token: ports.tokens.ann, headers: { prefer: 'wait=50' } })
    await until(() => ports.server.runtime().followers.figures().reads > 0)
    await pause(100)
    const since = performance.now()
    const closed = ports.close()
    const reply = await asked
    expect([reply.status, reply.json.data.status]).toEqual([200, 'pending'])
    await closed
    expect(performance.now() - since).toBeLessThan(5_000)
  }, 20_000)

  it('answers what is held when the host that it is mounted on closes', async () => {
    const ports = await servePorts(server)
    const mounted = await mountApi({
      database: connectPostgres({ config: ports.database.config as pg.ClientConfig }),
      api: () => portsApi(),
      jwt: { key: 'a secret of the tests, 32 bytes or more', algorithm: 'HS256' },
      worker: false,
    })
    const app = Fastify()
    try {
      await app.register(fastifyPlugin(mounted))
      await app.listen({ port: 0, host: '127.0.0.1' })
      const { port } = app.server.address() as AddressInfo
      const id = await ports.ask(5)
      const asked = fetch(`http://127.0.0.1:${port}/api/port-requests/${id}`, {
        headers: { authorization: `Bearer ${ports.tokens.ann}`, prefer: 'wait=50' },
      })
      await until(() => mounted.runtime().followers.figures().reads > 0)
      await pause(100)
      const since = performance.now()
      await Promise.all([app.close(), asked.then(reply => expect(reply.status).toBe(200))])
      expect(performance.now() - since).toBeLessThan(5_000)
    } finally {
      await mounted.close()
      await ports.close()
    }
  }, 20_000)

  it('waits no longer than the resource says', async () => {
    const ports = await servePorts(server, { wait: { maxSeconds: 1 } })
    try {
      const id = await ports.ask(5)
      const reply = await ports.get(`/port-requests/${id}`, {
        token: ports.tokens.ann,
        headers: { prefer: 'wait=9999' },
      })
      expect([reply.json.data.status, reply.headers.get('preference-applied')]).toEqual(['pending', 'wait=1'])
    } finally {
      await ports.close()
    }
  })
})
