// The bare-metal example over HTTP: who sees which servers, and commands that a switch carries out.
import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { db } from '../../examples/bare-metal/schema.ts'
import { connectPostgres } from '../../src/databases/postgres/connect.ts'
import { defineTables } from '../../src/schema/define-tables.ts'
import { type BareMetalUnderTest, startBareMetal } from '../bare-metal/start-bare-metal.ts'
import { makeFolder, startCli } from '../support/cli.ts'
import { describeEachServer } from '../support/databases.ts'

const opens = '/switch-port-open-requests'
const closes = '/switch-port-close-requests'

describeEachServer('the bare-metal example', server => {
  let api: BareMetalUnderTest
  beforeAll(async () => {
    api = await startBareMetal(server)
  })
  afterEach(() => api.switch.setWeather({}))
  afterAll(async () => {
    expect(api.errors).toEqual([])
    await api.close()
  })
  const command = async (path: string, body: unknown) => {
    const made = await api.post(path, body)
    expect([made.status, made.json.data?.status]).toEqual([201, 'pending'])
    return made.headers.get('location')?.replace('/api', '') ?? ''
  }
  const portOf = async (id: number) => (await api.get(`/switch-ports/${id}`, { token: api.tokens.regular })).json.data
  const atSwitch = async (id: number) => {
    const [port] = await api.sql('select switch_node as node, number as port from switch_ports where id = $1', [id])
    return api.switch.ports().find(one => one.node === port?.node && one.port === port?.port)
  }

  it('shows each client its own servers, their ports, traffic and accounts, and everything to an admin', async () => {
    const count = async (path: string, token: string) =>
      (await api.get(`${path}?page[total]=exact&page[size]=1`, { token })).json.meta.page.total
    const { regular, other, admin } = api.tokens
    const counts = async (path: string) =>
      [await count(path, regular), await count(path, other), await count(path, admin)].join()
    expect(await counts('/clients')).toBe('1,1,5')
    expect(await counts('/bare-metals')).toBe('20,20,60')
    expect(await counts('/switch-ports')).toBe('24,24,72')
    expect(await counts('/traffic')).toBe(`${20 * 288},${20 * 288},${60 * 288}`)
    expect(await counts('/accounts')).toBe('20,20,100')
    const statuses = async (path: string) =>
      Promise.all([null, regular, other, admin].map(async token => (await api.get(path, { token })).status))
    for (const path of ['/bare-metals/1234', '/bare-metals/1234/switch-ports', '/switch-ports/67'])
      expect([path, await statuses(path)]).toEqual([path, [401, 200, 404, 200]])
  })

  it('asks for ports by their commands, and for commands with their ports', async () => {
    const ask = async (path: string) => (await api.get(path, { token: api.tokens.regular })).json.data
    const listed = await ask('/bare-metals/1234/switch-ports?fields=status,switch_node,number')
    expect(listed).toEqual([{ id: 67, status: 'closed', switch_node: 'sw2.wdc-02', number: 19 }])
    const path = await command(opens, { switch_port: 75, run_at: '2999-01-01' })
    const waiting = '/switch-ports?filter[switch_port_open_requests][some][status]=pending'
    expect((await ask(waiting)).map((one: { id: number }) => one.id)).toEqual([75])
    const withPort = await ask(`${opens}?filter[status]=pending&sort=-created_at&include=switch_port`)
    expect(withPort).toMatchObject([{ status: 'pending', switch_port: { id: 75, switch_node: expect.any(String) } }])
    await api.sql('delete from switch_port_open_requests where id = $1', [path.split('/').at(-1)])
  })

  it('lets nobody write what the switch says', async () => {
    for (const [token, body] of [
      [api.tokens.regular, { status: 'opened' }],
      [api.tokens.admin, { status: 'opened' }],
    ] as const) {
      const options = {
        method: 'PATCH',
        token,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }
      expect((await api.get('/switch-ports/67', options)).status).toBe(405)
    }
    expect((await portOf(67)).switch_revision).toBeUndefined()
  })

  it('activates many accounts at once, but none of another client', async () => {
    const ids = (await api.get('/accounts?fields=id&filter[active]=false&page[size]=100', { token: api.tokens.admin }))
      .json.data as { id: number }[]
    const done = await api.post(
      '/actions/activate/accounts',
      { ids: ids.map(one => one.id) },
      { token: api.tokens.admin },
    )
    expect([done.status, (await api.sql('select count(*)::int from accounts where not active'))[0]]).toEqual([
      200,
      { count: 0 },
    ])
    const [theirs] = await api.sql('select id from accounts where client_id = 2 limit 1')
    const refused = await api.post('/actions/deactivate/accounts', { ids: [theirs?.id] })
    expect(refused.json.data).toEqual({ changed: 0, not_found: [theirs?.id], not_permitted: [] })
  })

  it('opens and closes a port: the command, the port and the switch say the same', async () => {
    const opened = await api.ended(await command(opens, { switch_port: 67 }))
    expect(opened.json.data).toMatchObject({
      ...{ status: 'succeeded', attempts: 1, error: null, switch_port: { id: 67 }, bare_metal: { id: 1234 } },
    })
    expect(await portOf(67)).toMatchObject({ status: 'opened' })
    expect(await atSwitch(67)).toMatchObject({ status: 'opened', operations: 1 })
    await api.ended(await command(closes, { switch_port_id: 67 }))
    expect(await portOf(67)).toMatchObject({ status: 'closed' })
    expect(await atSwitch(67)).toMatchObject({ status: 'closed', operations: 2, overlaps: 0 })
  })

  it('answers in the first version with numbers and in camelCase, and holds the answer for who prefers to wait', async () => {
    const path = '/v1/bareMetals/1229/switchPortOpenRequests'
    const made = await api.post(path, {})
    expect([made.status, made.json.data]).toMatchObject([
      201,
      { status: 1, statusDescription: 'Pending', switchPort: { id: 57 }, bareMetal: { id: 1229 } },
    ])
    const held = await api.post(path, { switchPort: 57 }, { headers: { prefer: 'wait=20' } })
    expect([held.status, held.headers.get('preference-applied'), held.json.data]).toMatchObject([
      201,
      'wait=20',
      { status: 4, statusDescription: 'Succeeded', attempts: 1 },
    ])
    const listed = await api.get(`${path}?filter[status]=4&sort=-createdAt`, { token: api.tokens.regular })
    expect(listed.json.data.map((one: { id: string }) => one.id)).toEqual([held.json.data.id, made.json.data.id])
    const [port] = (await api.get('/v1/bareMetals/1229/switchPorts', { token: api.tokens.regular })).json.data
    expect(port).toMatchObject({ id: 57, status: 'opened', switchNode: expect.any(String) })
  })

  it('takes a command under the server, which need not name the only port', async () => {
    const path = await command(`/bare-metals/1231${opens}`, {})
    expect((await api.ended(path)).json.data).toMatchObject({ status: 'succeeded', switch_port: { id: 61 } })
    const listed = await api.get(`/bare-metals/1231${opens}`, { token: api.tokens.regular })
    expect(listed.json.data.map((one: { id: string }) => `${opens}/${one.id}`)).toEqual([path])
    const two = await api.post(`/bare-metals/1235${opens}`, {})
    expect([two.status, two.json.errors[0].source]).toEqual([422, { pointer: '/switch_port' }])
  })

  it('refuses a command for a port of another client as one for a port that is not there', async () => {
    const before = await api.sql('select count(*) from switch_port_open_requests')
    const refusal = async (path: string, body: unknown) => {
      const { status, json } = await api.post(path, body)
      const [{ id: _, ...error }] = json.errors
      return { ...error, status }
    }
    const missing = await refusal(opens, { switch_port: 9999 })
    expect(missing).toMatchObject({ status: 422, source: { pointer: '/switch_port' } })
    expect(await refusal(opens, { switch_port: 1 })).toEqual(missing)
    expect(await refusal(`/bare-metals/1234${opens}`, { switch_port: 1 })).toEqual(missing)
    expect(await refusal(opens, { bare_metal: 1201 })).toEqual(await refusal(opens, { bare_metal: 9999 }))
    expect((await api.post(`/bare-metals/1201${opens}`, {})).status).toBe(404)
    // Its own, but of another server.
    expect(await refusal(`/bare-metals/1234${opens}`, { switch_port: 69 })).toMatchObject({ status: 422 })
    expect(await api.sql('select count(*) from switch_port_open_requests')).toEqual(before)
  })

  it('shows a command to who may give it, and takes no states from anybody', async () => {
    const path = await command(opens, { switch_port: 63 })
    const statuses = [null, api.tokens.other, api.tokens.admin].map(
      async token => (await api.get(path, { token })).status,
    )
    expect(await Promise.all(statuses)).toEqual([401, 404, 200])
    for (const token of [api.tokens.regular, api.tokens.admin])
      for (const body of [{ status: 'succeeded' }, { attempts: 3 }, { error: null }])
        expect((await api.post(opens, { switch_port: 63, ...body }, { token })).status).toBe(403)
    expect((await api.post(opens, { switch_port: 63, lease_owner: 'me' })).status).toBe(422)
    await api.ended(path)
  })

  it('tries again what the switch was too busy for, and says why meanwhile', async () => {
    api.switch.setWeather({ fails: 1 })
    const path = await command(opens, { switch_port: 65 })
    const row = async () => (await api.get(path, { token: api.tokens.regular })).json.data
    await expect
      .poll(async () => (await row()).last_error, { timeout: 10_000 })
      .toMatchObject({
        ...{ code: 'busy', message: 'The control card is busy. Ask again.' },
      })
    expect(await row()).toMatchObject({ status: expect.stringMatching(/pending|running/), error: null })
    api.switch.setWeather({})
    const ended = await api.ended(path)
    expect(ended.json.data).toMatchObject({ status: 'succeeded', error: null })
    expect(ended.json.data.attempts).toBeGreaterThan(1)
    expect(await atSwitch(65)).toMatchObject({ status: 'opened', operations: 1 })
  })

  it('is carried out once where the switch does it and says nothing of it', async () => {
    api.switch.setWeather({ cutAfter: 1 })
    const path = await command(opens, { switch_port: 71 })
    await expect.poll(async () => (await atSwitch(71))?.operations, { timeout: 10_000 }).toBe(1)
    expect(await portOf(71)).toMatchObject({ id: 71 })
    api.switch.setWeather({})
    expect((await api.ended(path)).json.data).toMatchObject({ status: 'succeeded', last_error: { code: 'switch_cut' } })
    expect(await atSwitch(71)).toMatchObject({ status: 'opened', operations: 1 })
    expect(await portOf(71)).toMatchObject({ status: 'opened' })
  })

  it('fails where the port is no longer that of who gave the command', async () => {
    const path = await command(opens, { switch_port: 73, run_at: new Date(Date.now() + 1_000).toISOString() })
    await api.sql('update bare_metals set client_id = 2 where id = 1237')
    expect((await api.ended(path)).json.data).toMatchObject({
      status: 'failed',
      attempts: 1,
      error: { code: 'port_gone' },
    })
    expect(await atSwitch(73)).toBeUndefined()
    await api.sql('update bare_metals set client_id = 1 where id = 1237')
  })

  it('does not put an older state of the port in the place of a newer one', async () => {
    await api.sql(`update switch_ports set status = 'closed', switch_revision = 9e15 where id = 77`)
    await api.ended(await command(opens, { switch_port: 77 }))
    expect(await portOf(77)).toMatchObject({ status: 'closed' })
  })

  it('carries out each of many commands once, in bad weather too', async () => {
    api.switch.setWeather({ fails: 0.1, cutBefore: 0.05, cutAfter: 0.1 })
    const ports = [41, 43, 45, 47, 51, 53, 55]
    const paths = await Promise.all(
      ports.flatMap(id => Array.from({ length: 5 }, () => command(opens, { switch_port: id }))),
    )
    const ended = await Promise.all(paths.map(path => api.ended(path)))
    expect(new Set(ended.map(one => one.json.data.status))).toEqual(new Set(['succeeded']))
    for (const id of ports) expect(await atSwitch(id)).toMatchObject({ status: 'opened', operations: 5, overlaps: 0 })
    for (const id of ports) expect(await portOf(id)).toMatchObject({ status: 'opened' })
  })

  const month = { measured_from: '2014-09-29', measured_until: '2014-10-29' }
  const rowsOf = (text: string) => text.trimEnd().split('\r\n').slice(1)
  const contentOf = async (path: string, token: string) => {
    const response = await fetch(`${api.url}${path}/content`, { headers: { authorization: `Bearer ${token}` } })
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() }
  }
  const reported = async (body: object, token = api.tokens.regular) => {
    const made = await api.post('/traffic-reports', body, { token, headers: { prefer: 'wait=20' } })
    expect([made.status, made.json.data?.status]).toEqual([201, 'succeeded'])
    return `/traffic-reports/${made.json.data.id}`
  }

  it('reports to each client the traffic of its own servers alone, and to an admin that of all', async () => {
    const { regular, other, admin } = api.tokens
    const mine = await reported({ bare_metal: 1234, ...month })
    const { type, text } = await contentOf(mine, regular)
    expect([type, text.split('\r\n').slice(0, 2)]).toEqual([
      'text/csv; charset=utf-8; header=present',
      ['server,measured_at,bytes_in,bytes_out', '1234,2014-09-29T00:00:00Z,6531000,9260000'],
    ])
    expect(rowsOf(text)).toHaveLength(288)
    const statuses = async (path: string) =>
      Promise.all([regular, other, admin].map(async token => (await contentOf(path, token)).status))
    expect(await statuses(mine)).toEqual([200, 404, 200])
    // Asked for by another: it is told of, and its content is not.
    const ours = await reported({ bare_metal: 1234, ...month, measured_until: '2014-09-30' }, admin)
    expect(await statuses(ours)).toEqual([403, 404, 200])
    expect(await statuses(await reported({ bare_metal: 1201, ...month }, admin))).toEqual([404, 403, 200])
    for (const bare_metal of [1201, 9999]) {
      const refused = await api.post('/traffic-reports', { bare_metal, ...month })
      expect([refused.status, refused.json.errors[0].source]).toEqual([422, { pointer: '/bare_metal' }])
    }
    expect((await api.post('/bare-metals/1201/traffic-reports', month)).status).toBe(404)
    const listed = async (token: string) =>
      (await api.get('/traffic-reports?available=true&fields=bare_metal', { token })).json.data.map(
        (one: { bare_metal: { id: number } }) => one.bare_metal.id,
      )
    expect([await listed(regular), await listed(other), await listed(admin)]).toEqual([
      [1234, 1234],
      [1201],
      [1201, 1234, 1234],
    ])
  })

  it('answers with the report that is there to who asks for the same again, and reports nothing that is not over', async () => {
    const body = { bare_metal: 1233, ...month }
    const path = await reported(body)
    const again = await api.post('/traffic-reports', { ...body, measured_until: '2014-10-29T02:00:00+02:00' })
    expect([again.status, again.headers.get('location')]).toEqual([200, `/api${path}`])
    expect(await reported({ ...body, format: 'json' })).not.toBe(path)
    const refusal = async (more: object) => {
      const { status, json } = await api.post('/traffic-reports', { ...body, ...more })
      return [status, json.errors?.[0].source?.pointer]
    }
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString()
    expect(await refusal({ measured_until: tomorrow })).toEqual([422, '/measured_until'])
    expect(await refusal({ measured_until: 'infinity' })).toEqual([422, '/measured_until'])
    expect(await refusal({ measured_from: null })).toEqual([422, '/measured_from'])
    expect(await refusal({ measured_until: '2014-09-29' })).toEqual([422, '/measured_until'])
    expect(await refusal({ format: 'xml' })).toEqual([422, '/format'])
    expect(await refusal({ month: 9 })).toEqual([422, '/month'])
  })

  it('writes down every sample once, in their order, however many pages they fill', async () => {
    await api.sql(
      `insert into traffic select 1232, timestamptz '2000-01-01Z' + n * interval '1 s', n, n from generate_series(1, 3000) n`,
    )
    const body = {
      bare_metal: 1232,
      measured_from: '2000-01-01',
      measured_until: '2000-01-01T00:50:00Z',
      format: 'ndjson',
    }
    const path = await reported(body)
    const lines = (await contentOf(path, api.tokens.regular)).text.trimEnd().split('\n')
    expect(lines.map(line => JSON.parse(line).bytes_in)).toEqual(Array.from({ length: 2999 }, (_, n) => String(n + 1)))
    const { data } = (await api.get(path, { token: api.tokens.regular })).json
    expect(data.progress).toEqual({ done: 2999, total: 2999 })
  })

  it('writes no report of a server that went to another client meanwhile', async () => {
    const [{ id } = {}] = await api.sql(
      `insert into traffic_reports (bare_metal_id, measured_from, measured_until, run_as)
        values (1202, '2014-09-29', '2014-09-30', '{"id":"1","client":null,"roles":["client"],"claims":{"sub":"1"}}') returning id`,
    )
    const { data } = (await api.ended(`/traffic-reports/${id}`)).json
    expect(data).toMatchObject({ status: 'failed', attempts: 1, error: { code: 'server_gone' }, available: false })
    const content = await contentOf(`/traffic-reports/${id}`, api.tokens.admin)
    expect([content.status, JSON.parse(content.text).errors[0]]).toMatchObject([
      409,
      { code: 'report_failed', detail: 'The report has failed. The server is not there any more.' },
    ])
  })

  it('reports in the first version too: asked for, looked at, listed while available, fetched', async () => {
    const reports = '/v1/bareMetals/1230/trafficReports'
    const body = { measuredFrom: '2014-09-29', measuredUntil: '2014-09-29T01:00:00Z' }
    const made = await api.post(reports, body)
    expect([made.status, made.json.data]).toMatchObject([
      201,
      { status: 1, statusDescription: 'Pending', available: false, bareMetal: { id: 1230 }, format: 'csv' },
    ])
    const path = `/v1/trafficReports/${made.json.data.id}`
    const done = await api.get(path, { token: api.tokens.regular, headers: { prefer: 'wait=20' } })
    expect(done.json.data).toMatchObject({
      ...{ status: 4, statusDescription: 'Succeeded', available: true, progress: { done: 12, total: 12 } },
      ...{ contentType: 'text/csv; charset=utf-8; header=present', expiresAt: expect.any(String) },
    })
    const listed = await api.get(`${reports}?available=true`, { token: api.tokens.regular })
    expect(listed.json.data).toEqual([done.json.data])
    const { status, text } = await contentOf(path, api.tokens.regular)
    expect([status, rowsOf(text).length, String(Buffer.byteLength(text))]).toEqual([
      200,
      12,
      done.json.data.contentSize,
    ])
  })

  it('has in schema.ts what `colonnade pull` writes', async () => {
    const connected = connectPostgres({ config: api.database.config as pg.ClientConfig })
    const found = defineTables(await connected.introspect())
    await connected.close()
    expect(db.accounts.schema).toEqual(found)
  })
})

it('is served by `colonnade demo bare-metal`, of which each line works as it is printed', async () => {
  const folder = makeFolder()
  const demo = startCli(['demo', 'bare-metal', '--size', 'tiny', '--port', '0'], { cwd: folder.path })
  try {
    await expect.poll(demo.stdout, { timeout: 60_000 }).toContain('Ctrl-C ends it')
    const lines = demo
      .stdout()
      .split('\n')
      .map(line => line.replace('What there is: ', '  '))
    const commands = lines.filter(line => /^ {2}(curl|[A-Z]+=)/.test(line))
    // What each is answered with goes to stderr.
    await writeFile(join(folder.path, '.curlrc'), 'silent\nwrite-out = "%{stderr}%{method} %{http_code}\\n"\n')
    const shell = spawn('bash', { env: { ...process.env, CURL_HOME: folder.path }, stdio: 'pipe' })
    shell.stdin.end(commands.map(line => `${line}; echo\n`).join(''))
    const [out, err] = await Promise.all([text(shell.stdout), text(shell.stderr)])
    expect([
      err
        .trimEnd()
        .split('\n')
        .map(line => line.replace('GET 200', 'got'))
        .join(', '),
      out,
    ]).toEqual([
      'got, POST 201, got, POST 201, POST 201, got, POST 201, got, got, got, got, POST 201, GET 404, got, got',
      expect.any(String),
    ])
    for (const said of [
      /^{"data":{"id":"[^"]+","status":"pending",/m,
      /^{"data":{"id":"[^"]+","status":"(?:succeeded|pending|running)","status_description".*"attempts":[1-9].*"switch_port":{"id":67}/m,
      /^data: .*"status":"succeeded".*"switch_port":{"id":69}/m,
      /^1234,2014-09-29T23:55:00Z,\d+,\d+\r$/m,
      /^{"data":\[{"id":"[^"]+","measured_from":"2014-09-29T00:00:00Z",.*"available":true}\]/m,
      /^{"data":{"id":"[^"]+","status":1,"statusDescription":"Pending",/m,
    ])
      expect(out).toMatch(said)
    expect(await demo.end('SIGTERM')).toBe(0)
  } finally {
    demo.child.kill('SIGKILL')
    folder.remove()
  }
}, 90_000)
