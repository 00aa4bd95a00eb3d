// An API at the root of its host: the paths of another API, to the letter, and all that has a path in it.
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BareMetalUnderTest, startBareMetal } from '../bare-metal/start-bare-metal.ts'
import { boardApi, makeBoard } from '../mounting/board-api.ts'
import { hostKinds, optionsFor } from '../mounting/hosts.ts'
import { servers } from '../support/databases.ts'

const [server] = servers()
if (!server) throw new Error('a server is needed')

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const utc = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

describe('an API at the root of its host', () => {
  let api: BareMetalUnderTest
  beforeAll(async () => {
    api = await startBareMetal(server, { basePath: '/' })
  })
  afterAll(async () => {
    expect(api.errors).toEqual([])
    await api.close()
  })
  const get = (path: string, headers?: Readonly<Record<string, string>>) =>
    api.get(path, { token: api.tokens.regular, ...(headers && { headers }) })

  it('has an address without a slash at its end, and lists its resources at the slash', async () => {
    expect(api.url).toBe(`http://127.0.0.1:${api.server.port}`)
    const { status, json } = await get('/')
    expect([status, json.data.find((one: { name: string }) => one.name === 'bare_metals').links.self]).toEqual([
      200,
      '/bare-metals',
    ])
    expect((await get('')).json).toEqual(json)
    expect((await get('/v1')).json.data[0].links.self).toMatch(/^\/v1\/[a-z-]+$/)
    expect((await api.get('/', { token: api.tokens.regular, method: 'OPTIONS' })).headers.get('allow')).toBe(
      'GET, HEAD, OPTIONS',
    )
  })

  it('lists the ports of a server: GET /v1/bareMetals/1234/switchPorts', async () => {
    const { status, json } = await get('/v1/bareMetals/1234/switchPorts')
    expect([status, json.data]).toMatchObject([200, [{ id: 67, switchNode: 'sw2.wdc-02', bareMetal: { id: 1234 } }]])
    expect(json.links).toEqual({ next: null, prev: null })
  })

  it('takes a command, and tells its state as a number and a word: POST /v1/bareMetals/1234/switchPortOpenRequests', async () => {
    const path = '/v1/bareMetals/1234/switchPortOpenRequests'
    const made = await api.post(path, { runAt: '2999-01-01T00:00:00Z' })
    expect(made.status).toBe(201)
    expect(made.json.data).toMatchObject({
      id: expect.stringMatching(uuid),
      status: 1,
      statusDescription: 'Pending',
      createdAt: expect.stringMatching(utc),
      updatedAt: expect.stringMatching(utc),
    })
    const { id } = made.json.data
    expect(made.headers.get('location')).toBe(`/v1/switch-port-open-requests/${id}`)
    const cancelled = await api.get(`${path}/${id}`, { token: api.tokens.regular, method: 'DELETE' })
    expect([cancelled.status, cancelled.json.data.statusDescription]).toEqual([200, 'Cancelled'])
  })

  it('shows what became of a command that failed: GET /v1/bareMetals/1234/switchPortOpenRequests/{id}', async () => {
    const [{ id } = { id: '' }] = await api.sql(
      `insert into switch_port_open_requests (switch_port_id, bare_metal_id, status, attempts, error, finished_at)
       values (67, 1234, 'failed', 5, '{"code":"no_answer","message":"The switch did not answer."}', now()) returning id::text`,
    )
    const { status, json } = await get(`/v1/bareMetals/1234/switchPortOpenRequests/${id}`)
    expect([status, json.data]).toMatchObject([
      200,
      { id, status: 3, statusDescription: 'Failed', error: { code: 'no_answer' } },
    ])
  })

  it('holds the answer until the port is open, for who prefers to wait: the synchronous form of the same', async () => {
    const made = await api.post('/v1/bareMetals/1234/switchPortOpenRequests', {}, { headers: { prefer: 'wait=20' } })
    expect([made.status, made.headers.get('preference-applied'), made.json.data]).toMatchObject([
      201,
      'wait=20',
      { status: 4, statusDescription: 'Succeeded' },
    ])
    expect((await get('/v1/bareMetals/1234/switchPorts')).json.data).toMatchObject([{ id: 67, status: 'opened' }])
    // The article's own form: a job with an id, which is asked for until it is over.
    const { json } = await get(`/v1/bareMetals/1234/switchPortOpenRequests/${made.json.data.id}`)
    expect(json.data).toMatchObject({ status: 4, statusDescription: 'Succeeded', updatedAt: expect.any(String) })
  })

  it('links pages, and follows its own links and cursors', async () => {
    const first = await get('/switch-ports?page[size]=2&sort=-id')
    const { next } = first.json.links
    expect(next).toMatch(/^\/switch-ports\?page\[size\]=2&sort=-id&page\[after\]=/)
    expect(first.headers.get('link')).toContain(`<${next}>; rel="next"`)
    expect((await get(next)).json.data).toHaveLength(2)
    const older = (await get('/v1/switchPorts?page[size]=2&sort=-id')).json.links.next
    expect(older).toMatch(/^\/v1\/switch-ports\?/)
    expect((await get(older)).status).toBe(200)
  })

  it('writes: with a key for who asks again, in operations, by actions and in lists', async () => {
    const headers = { 'idempotency-key': 'once' }
    const body = { switch_port: 75, run_at: '2999-01-01T00:00:00Z' }
    const made = await api.post('/switch-port-open-requests', body, { headers })
    const again = await api.post('/switch-port-open-requests', body, { headers })
    expect([made.status, again.status, again.json]).toEqual([201, 201, made.json])
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect(made.headers.get('location')).toBe(`/switch-port-open-requests/${made.json.data.id}`)
    expect((await get(made.headers.get('location') ?? '')).json).toEqual(made.json)
    const both = await api.post('/operations', {
      operations: [{ op: 'add', resource: 'switch_port_open_requests', data: body }],
    })
    expect([both.status, both.text]).toEqual([200, expect.stringContaining('"pending"')])
    const ids = (await get('/accounts?fields=id&page[size]=2')).json.data.map(({ id }: { id: number }) => id)
    expect((await api.post('/actions/activate/accounts', { ids })).status).toBe(200)
  })

  it('takes a query in a body', async () => {
    const query = { filter: { number: { gte: 1 } }, page: { size: 1 } }
    const asked = await Promise.all(
      [
        ['QUERY', '/switch-ports'],
        ['POST', '/switch-ports/query'],
      ].map(([method = '', path = '']) =>
        api.get(path, {
          ...{ method, token: api.tokens.regular, body: JSON.stringify(query) },
          headers: { 'content-type': 'application/json' },
        }),
      ),
    )
    expect(asked.map(({ status, json }) => [status, json.data.length])).toEqual([
      [200, 1],
      [200, 1],
    ])
  })

  it('speaks JSON:API, whose links lead where they say', async () => {
    const accept = { accept: 'application/vnd.api+json' }
    const { json } = await get('/bare-metals/1234?include=switch_ports', accept)
    expect(json.links.self).toBe('/bare-metals/1234?include=switch_ports')
    expect(json.data.relationships.switch_ports.links).toEqual({
      self: '/bare-metals/1234/relationships/switch-ports',
      related: '/bare-metals/1234/switch-ports',
    })
    for (const link of Object.values<string>(json.data.relationships.switch_ports.links))
      expect([link, (await get(link, accept)).status]).toEqual([link, 200])
    const atomic = 'application/vnd.api+json;ext="https://jsonapi.org/ext/atomic"'
    const done = await api.get('/operations', {
      ...{ method: 'POST', token: api.tokens.regular, headers: { 'content-type': atomic, accept: atomic } },
      body: JSON.stringify({
        'atomic:operations': [
          {
            ...{ op: 'add', href: '/switch-port-open-requests' },
            data: {
              type: 'switch_port_open_requests',
              attributes: { run_at: '2999-01-01T00:00:00Z' },
              relationships: { switch_port: { data: { type: 'switch_ports', id: '75' } } },
            },
          },
        ],
      }),
    })
    expect([done.status, done.json['atomic:results']?.[0].data.attributes.status]).toEqual([200, 'pending'])
    const [{ id }] = [done.json['atomic:results'][0].data]
    const removed = await api.get('/operations', {
      ...{ method: 'POST', token: api.tokens.regular, headers: { 'content-type': atomic, accept: atomic } },
      body: JSON.stringify({ 'atomic:operations': [{ op: 'remove', href: `/switch-port-open-requests/${id}` }] }),
    })
    expect([removed.status, removed.json['atomic:results']]).toEqual([200, [{}]])
  })

  it('leads from a slash at the end to the same path without, and never to another host', async () => {
    // `fetch` would mend the path before it is sent.
    for (const [path, location] of [
      ['/switch-ports/?sort=id', '/switch-ports?sort=id'],
      ['/v1/', '/v1'],
      ['//example.org/', '/example.org'],
      ['/\\example.org/', '/example.org'],
      ['/\\/\\example.org/', '/example.org'],
    ] as const)
      expect([path, await locationOf(path)]).toEqual([path, location])
    for (const path of ['//', '/v1//switch-ports', '/switch-ports//'])
      expect([path, (await get(path)).status]).toEqual([path, 404])
  })

  async function locationOf(path: string): Promise<string | undefined> {
    const socket = connect(api.server.port, '127.0.0.1')
    socket.end(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
    let text = ''
    for await (const chunk of socket) text += chunk
    expect(text).toMatch(/^HTTP\/1\.1 308 /)
    return /^location: (.*)\r$/im.exec(text)?.[1]
  }

  it('is alive and ready at the paths of the server, which are no resources', async () => {
    expect((await api.get('/health/live')).json).toEqual({ status: 'live' })
    expect((await api.get('/health/ready')).status).toBe(200)
    for (const path of ['/health', '/favicon.ico', '/docs', '/api', '/api/switch-ports'])
      expect([path, (await get(path)).status]).toEqual([path, 404])
  })
})

it.each(hostKinds.filter(kind => kind.name !== 'Express at a path, after its parsers'))(
  'is at the root of $name',
  async kind => {
    const errors: unknown[] = []
    const api = boardApi()
    const atRoot = { ...api, options: { ...api.options, basePath: '/' as const } }
    const host = await kind.start(optionsFor(await makeBoard(server), atRoot, errors))
    try {
      const ask = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${host.port}${path}`, init)
      expect(await (await ask('/notes/1')).json()).toEqual({ data: { id: 1, text: 'first' } })
      expect(((await (await ask('/')).json()) as { data: { name: string }[] }).data.map(one => one.name)).toContain(
        'notes',
      )
      const queried = await ask('/notes', {
        ...{ method: 'QUERY', body: '{"page":{"size":1}}' },
        headers: { 'content-type': 'application/json' },
      })
      expect([queried.status, await queried.text()]).toEqual([200, expect.stringContaining('"first"')])
      const made = await ask('/notes', {
        ...{ method: 'POST', body: '{"text":"new"}' },
        headers: { 'content-type': 'application/json' },
      })
      expect([made.status, made.headers.get('location')]).toEqual([201, expect.stringMatching(/^\/notes\/\d+$/)])
      const none = await ask('/nothing')
      expect([none.status, await none.text()]).toEqual([404, expect.stringContaining('"not_found"')])
      // Fastify takes its own paths before ours.
      if (kind.name === 'Fastify') expect(await (await ask('/other')).text()).toBe('other')
      expect(errors).toEqual([])
    } finally {
      await host.close()
    }
  },
)
