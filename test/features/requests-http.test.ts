// Commands over HTTP: given, read, cancelled, listed, described; and in a version with numbers for states.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type PortsUnderTest, servePorts } from '../requests/port-requests.ts'
import { describeEachServer } from '../support/databases.ts'

const json = { 'content-type': 'application/json' }
const unknownId = '00000000-0000-4000-8000-000000000000'

describeEachServer('request resources over HTTP', server => {
  let ports: PortsUnderTest
  beforeAll(async () => {
    ports = await servePorts(server)
  })
  afterAll(() => ports.close())

  const post = (
    body: unknown,
    headers: Readonly<Record<string, string>> = {},
    path = '/port-requests',
    token = ports.tokens.ann,
  ) => ports.get(path, { method: 'POST', token, headers: { ...json, ...headers }, body: JSON.stringify(body) })
  const as = (status: string, id: string) =>
    ports.sql(
      `update port_requests set status = $1, finished_at = case when $1 in ('pending', 'running') then null else now() end where id = $2`,
      [status, id],
    )

  it('answers a command with 201, where it is, and when to ask', async () => {
    const reply = await post({ bare_metal: { id: 1 }, port: 5 })
    expect(reply.status).toBe(201)
    const { id } = reply.json.data
    expect(reply.headers.get('location')).toBe(`/api/port-requests/${id}`)
    expect(reply.headers.get('retry-after')).toBe('1')
    expect(reply.headers.get('cache-control')).toBe('no-store')
    expect(reply.json.data).toMatchObject({
      status: 'pending',
      status_description: 'Pending',
      port: 5,
      attempts: 0,
      error: null,
    })
    expect(reply.json.data).not.toHaveProperty('run_as')
    const [row] = await ports.sql('select run_as from port_requests where id = $1', [id])
    expect(row?.run_as).toMatchObject({ id: 'ann' })
  })

  it('answers 202 to who prefers not to wait', async () => {
    const reply = await post({ bare_metal: { id: 1 }, port: 5 }, { prefer: 'respond-async' })
    expect(reply.status).toBe(202)
    expect(reply.headers.get('preference-applied')).toBe('respond-async')
    expect(reply.headers.get('location')).toBe(`/api/port-requests/${reply.json.data.id}`)
    expect(reply.headers.get('etag')).toBeNull()
    expect(reply.headers.get('cache-control')).toBe('no-store')
    expect(reply.json.data.status).toBe('pending')
  })

  it('takes a command under the record that it is about, at its camel-case path', async () => {
    const reply = await post({ port: 8 }, {}, '/v1/bareMetals/1/portRequests')
    expect(reply.status).toBe(201)
    expect(reply.json.data).toMatchObject({ status: 1, status_description: 'Pending', port: 8 })
    const listed = await ports.get(`/v1/bareMetals/1/portRequests/${reply.json.data.id}`, { token: ports.tokens.ann })
    expect(listed.status).toBe(200)
    expect(listed.headers.get('retry-after')).toBe('1')
  })

  it('refuses a command about a record that its caller may not see, as about one that is not there', async () => {
    const hidden = await post({ bare_metal: { id: 2 }, port: 5 })
    const missing = await post({ bare_metal: { id: 99 }, port: 5 })
    expect([hidden.status, missing.status]).toEqual([422, 422])
    // The same bytes and headers, but for what names the request itself.
    const told = ({ text, headers, json: { errors } }: typeof hidden) => [
      text.replaceAll(errors[0].id, 'ID'),
      Object.fromEntries([...headers].filter(([name]) => name !== 'date' && name !== 'request-id')),
    ]
    expect(told(hidden)).toEqual(told(missing))
  })

  it('shows a command with a strong tag, and Retry-After until it is over', async () => {
    const id = await ports.ask(5)
    const pending = await ports.get(`/port-requests/${id}`, { token: ports.tokens.ann })
    expect(pending.status).toBe(200)
    expect(pending.headers.get('retry-after')).toBe('1')
    expect(pending.headers.get('cache-control')).toBe('private, no-cache')
    const etag = pending.headers.get('etag') ?? ''
    expect(etag).toMatch(/^"[\w-]+"$/)
    const again = await ports.get(`/port-requests/${id}`, {
      token: ports.tokens.ann,
      headers: { 'if-none-match': etag },
    })
    expect(again.status).toBe(304)
    await as('running', id)
    const running = await ports.get(`/port-requests/${id}`, {
      token: ports.tokens.ann,
      headers: { 'if-none-match': etag },
    })
    expect([running.status, running.json.data.status, running.headers.get('retry-after')]).toEqual([
      200,
      'running',
      '1',
    ])
    await as('succeeded', id)
    const over = await ports.get(`/port-requests/${id}`, { token: ports.tokens.ann })
    expect(over.json.data).toMatchObject({ status: 'succeeded', status_description: 'Succeeded' })
    expect(over.headers.get('retry-after')).toBeNull()
  })

  it('says Retry-After by the time that a command is due', async () => {
    const runAt = new Date(Date.now() + 100_000).toISOString()
    const made = await post({ bare_metal: { id: 1 }, port: 5, run_at: runAt })
    const reply = await ports.get(`/port-requests/${made.json.data.id}`, { token: ports.tokens.ann })
    expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(90)
    expect(Number(reply.headers.get('retry-after'))).toBeLessThanOrEqual(101)
  })

  it('says nothing of the state to who may not read it', async () => {
    const id = await ports.ask(5)
    const { watcher } = ports.tokens
    const seen = async (headers = {}) => {
      const reply = await ports.get(`/port-requests/${id}`, { token: watcher, headers })
      const { 'request-id': _, date: __, ...rest } = Object.fromEntries(reply.headers)
      return { status: reply.status, text: reply.text, headers: rest }
    }
    const before = await seen()
    expect(before).toMatchObject({ status: 200, text: `{"data":{"id":"${id}","port":5}}` })
    expect(before.headers).not.toHaveProperty('retry-after')
    await as('failed', id)
    expect(await seen()).toEqual(before)
    // Nor is it waited for: how long that took would say it.
    const since = performance.now()
    await as('running', id)
    expect(await seen({ prefer: 'wait=20' })).toEqual(before)
    expect(performance.now() - since).toBeLessThan(5_000)
  })

  it('cancels what is pending at once', async () => {
    const id = await ports.ask(5)
    const reply = await ports.get(`/port-requests/${id}`, { method: 'DELETE', token: ports.tokens.ann })
    expect(reply.status).toBe(200)
    expect(reply.json.data).toMatchObject({ id, status: 'cancelled', status_description: 'Cancelled' })
    expect(reply.json.data.finished_at).not.toBeNull()
    expect(reply.headers.get('cache-control')).toBe('no-store')
    const [row] = await ports.sql('select status, cancel_requested_at from port_requests where id = $1', [id])
    expect(row?.status).toBe('cancelled')
  })

  it('asks the worker to let go of what runs, and answers 202', async () => {
    const id = await ports.ask(5)
    await as('running', id)
    const reply = await ports.get(`/port-requests/${id}`, { method: 'DELETE', token: ports.tokens.ann })
    expect([reply.status, reply.json.data.status]).toEqual([202, 'running'])
    expect(reply.headers.get('location')).toBe(`/api/port-requests/${id}`)
    const [row] = await ports.sql('select status, cancel_requested_at from port_requests where id = $1', [id])
    expect(row?.status).toBe('running')
    expect(row?.cancel_requested_at).not.toBeNull()
    // Once more is no mistake.
    const again = await ports.get(`/port-requests/${id}`, { method: 'DELETE', token: ports.tokens.ann })
    expect(again.status).toBe(202)
  })

  it.each(['succeeded', 'failed', 'cancelled'])('refuses to cancel what has %s, and leaves it', async status => {
    const id = await ports.ask(5)
    await as(status, id)
    const before = await ports.sql('select * from port_requests where id = $1', [id])
    const reply = await ports.get(`/port-requests/${id}`, { method: 'DELETE', token: ports.tokens.ann })
    expect([reply.status, reply.json.errors[0].code]).toEqual([409, 'already_finished'])
    expect(await ports.sql('select * from port_requests where id = $1', [id])).toEqual(before)
  })

  it('lets cancel who may delete, and tells nobody else whether it is there', async () => {
    const id = await ports.ask(5)
    const cancel = (token: string, which = id) => ports.get(`/port-requests/${which}`, { method: 'DELETE', token })
    expect((await cancel(ports.tokens.bob)).status).toBe(404)
    expect((await cancel(ports.tokens.bob, unknownId)).status).toBe(404)
    expect((await cancel(ports.tokens.watcher)).status).toBe(403)
    expect((await ports.sql('select status from port_requests where id = $1', [id]))[0]?.status).toBe('pending')
    expect((await cancel(ports.tokens.admin)).status).toBe(200)
  })

  it('cancels many in one request, and never removes a row', async () => {
    const ids = [await ports.ask(5), await ports.ask(6)]
    const reply = await ports.get('/port-requests', {
      method: 'DELETE',
      token: ports.tokens.ann,
      headers: json,
      body: JSON.stringify(ids),
    })
    expect(reply.status).toBe(200)
    expect(reply.json.data.map(({ status }: { status: string }) => status)).toEqual(['cancelled', 'cancelled'])
    const third = await ports.ask(77)
    const filtered = await ports.get('/port-requests?port=77&max_affected=5', {
      method: 'DELETE',
      token: ports.tokens.ann,
    })
    expect([filtered.status, filtered.json.meta.affected]).toEqual([200, 1])
    const rows = await ports.sql('select status from port_requests where id = any($1)', [[...ids, third]])
    expect(rows).toEqual([{ status: 'cancelled' }, { status: 'cancelled' }, { status: 'cancelled' }])
  })

  it('holds a cancellation to If-Match', async () => {
    const id = await ports.ask(5)
    const refused = await ports.get(`/port-requests/${id}`, {
      method: 'DELETE',
      token: ports.tokens.ann,
      headers: { 'if-match': '"other"' },
    })
    expect(refused.status).toBe(412)
    const { headers } = await ports.get(`/port-requests/${id}`, { token: ports.tokens.ann })
    const done = await ports.get(`/port-requests/${id}`, {
      method: 'DELETE',
      token: ports.tokens.ann,
      headers: { 'if-match': headers.get('etag') ?? '' },
    })
    expect(done.status).toBe(200)
  })

  it('cancels in JSON:API without a body', async () => {
    const id = await ports.ask(5)
    const headers = { accept: 'application/vnd.api+json' }
    const reply = await ports.get(`/port-requests/${id}`, { method: 'DELETE', token: ports.tokens.ann, headers })
    expect([reply.status, reply.text]).toEqual([204, ''])
    const other = await ports.ask(5)
    await as('running', other)
    const running = await ports.get(`/port-requests/${other}`, { method: 'DELETE', token: ports.tokens.ann, headers })
    expect([running.status, running.text]).toEqual([202, ''])
  })

  it('lets nobody write what the worker writes, by any method', async () => {
    const id = await ports.ask(5)
    const patch = await ports.get(`/port-requests/${id}`, {
      method: 'PATCH',
      token: ports.tokens.admin,
      headers: json,
      body: '{"status":"succeeded"}',
    })
    expect(patch.status).toBe(405)
    expect(patch.headers.get('allow')).not.toContain('PATCH')
    const put = await ports.get(`/port-requests/${id}`, {
      method: 'PUT',
      token: ports.tokens.ann,
      headers: json,
      body: '{"port":1,"status":"succeeded"}',
    })
    expect([403, 405]).toContain(put.status)
    for (const token of [ports.tokens.ann, ports.tokens.admin]) {
      const made = await post({ bare_metal: { id: 1 }, port: 5, status: 'succeeded' }, {}, '/port-requests', token)
      expect([403, 422]).toContain(made.status)
    }
    expect((await ports.sql('select status from port_requests where id = $1', [id]))[0]?.status).toBe('pending')
  })

  it('lists and filters commands like any records', async () => {
    const id = await ports.ask(4711)
    await as('failed', id)
    const by = async (query: string) => {
      const reply = await ports.get(`/port-requests?port=4711&${query}`, { token: ports.tokens.ann })
      return reply.status === 200 ? reply.json.data.map((one: { id: string }) => one.id) : reply.json.errors[0].code
    }
    expect(await by('status=failed')).toEqual([id])
    expect(await by('filter[status][in]=pending,running')).toEqual([])
    expect(await by('status_description=Failed')).toEqual([id])
    expect(await by('status=finished')).toBe('invalid_value')
    const grouped = await ports.get('/port-requests?aggregate[id]=count&group=status&port=4711', {
      token: ports.tokens.ann,
    })
    expect(grouped.json.meta.groups).toEqual([{ group: { status: 'failed' }, aggregate: { id: { count: 1 } } }])
    const other = await ports.get('/port-requests?port=4711', { token: ports.tokens.bob })
    expect(other.json.data).toEqual([])
  })

  it('says states as numbers in a version that does, both ways', async () => {
    const id = await ports.ask(4712)
    const read = async (query = '') =>
      (await ports.get(`/v1/port-requests${query}`, { token: ports.tokens.ann })).json.data
    expect(await read(`/${id}`)).toMatchObject({ status: 1, status_description: 'Pending' })
    const shown: number[] = []
    for (const status of ['running', 'failed', 'succeeded', 'cancelled']) {
      await as(status, id)
      shown.push((await read(`/${id}`)).status)
    }
    // Pending and failed are named; the others have the least numbers that were free.
    expect(shown).toEqual([2, 3, 4, 5])
    expect((await read('?port=4712&filter[status]=5')).length).toBe(1)
    expect((await read('?port=4712&filter[status][ne]=5')).length).toBe(0)
    expect((await read('?port=4712&sort=-status')).length).toBe(1)
    const wrong = await ports.get('/v1/port-requests?filter[status]=cancelled', { token: ports.tokens.ann })
    expect([wrong.status, wrong.json.errors[0].code]).toEqual([400, 'invalid_value'])
    expect(wrong.json.errors[0].detail).toContain('1 (pending)')
    const included = await ports.get(
      '/v1/bare-metals/1?include=port_requests&include[port_requests][filter][port]=4712',
      { token: ports.tokens.ann },
    )
    expect(included.json.data.port_requests).toMatchObject([{ status: 5, status_description: 'Cancelled' }])
    const cancelled = await ports.get(`/v1/port-requests/${await ports.ask(4713)}`, {
      method: 'DELETE',
      token: ports.tokens.ann,
    })
    expect(cancelled.json.data).toMatchObject({ status: 5, status_description: 'Cancelled' })
  })

  it('describes states, and how long it waits, by OPTIONS', async () => {
    const id = await ports.ask(5)
    const now = await ports.get(`/port-requests/${id}`, { method: 'OPTIONS', token: ports.tokens.ann })
    expect(now.json.data.schema.properties.status).toMatchObject({
      enum: ['pending', 'running', 'succeeded', 'failed', 'cancelled'],
    })
    expect(now.json.data.formats).toContain('text/event-stream')
    expect(now.json.data.command).toEqual({ maxWaitSeconds: 60, cancel: true })
    expect(now.headers.get('allow')).toBe('DELETE, GET, HEAD, OPTIONS')
    const old = await ports.get('/v1/port-requests', { method: 'OPTIONS', token: ports.tokens.ann })
    expect(old.json.data.schema.properties.status).toMatchObject({ type: 'integer', enum: [1, 2, 4, 3, 5] })
    expect(old.json.data.schema.properties.status_description).toMatchObject({ type: 'string' })
    expect(old.json.data.formats).not.toContain('text/event-stream')
    expect(old.json.data.write.create.properties).not.toHaveProperty('status')
  })
})
