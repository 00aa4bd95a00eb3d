// Bodies that no client of good will sends: each is refused with the right 4xx, and nothing is changed.
import { request as httpRequest } from 'node:http'
import { gzipSync } from 'node:zlib'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { startVideos, type VideosUnderTest } from '../support/api-under-test.ts'
import { describeEachServer } from '../support/databases.ts'

describeEachServer('hostile writes', server => {
  let api: VideosUnderTest
  let client: pg.Client
  let before: string
  let video: number
  let comment: number
  beforeAll(async () => {
    api = await startVideos(server)
    client = new pg.Client(api.database.config as pg.ClientConfig)
    await client.connect()
    before = await fingerprint()
    video = (await api.get('/videos?per_page=1&fields=id')).json.data[0].id
    comment = (await api.get('/comments?per_page=1&fields=id', { token: api.tokens.admin })).json.data[0].id
  }, 120_000)
  afterAll(async () => {
    await client?.end()
    await api?.close()
  })
  afterEach(async () => {
    expect(await fingerprint()).toBe(before)
    expect(api.errors).toEqual([])
  })

  async function fingerprint(): Promise<string> {
    const { rows } = await client.query(
      `select 'comments' as of, md5(string_agg(t::text, ',' order by id)) from comments t union all select 'videos', md5(string_agg(t::text, ',' order by id)) from videos t union all select 'users', md5(string_agg(t::text, ',' order by id)) from users t`,
    )
    return JSON.stringify(rows)
  }
  const send = (method: string, path: string, body: string | undefined, more: Readonly<Record<string, string>> = {}) =>
    api.get(path, {
      method,
      token: api.tokens.admin,
      headers: { 'content-type': 'application/json', ...more },
      ...(body !== undefined && { body }),
    })
  const pointers = ({ json }: Awaited<ReturnType<typeof send>>): readonly string[] =>
    json.errors.map((one: { source?: { pointer?: string } }) => one.source?.pointer)

  it('refuse what is too deep or too large', async () => {
    const deep = '['.repeat(500_000) + ']'.repeat(500_000)
    for (const [method, path] of [
      ['POST', '/comments'],
      ['PATCH', `/comments/${comment}`],
      ['DELETE', '/comments'],
    ] as const) {
      expect((await send(method, path, deep)).status).toBe(400)
      expect((await send(method, path, `{"text":${deep}}`)).status).toBe(400)
    }
    const large = await send('POST', '/comments', JSON.stringify({ video, text: 'x'.repeat(2_000_000) }))
    expect([large.status, large.json.errors[0].code]).toEqual([413, 'payload_too_large'])
  })

  it('refuse thousands of records', async () => {
    const ids = Array.from({ length: 10_000 }, (_, i) => i + 1)
    for (const [method, list] of [
      ['DELETE', ids],
      ['PATCH', ids.map(id => ({ id, text: 'x' }))],
      ['POST', ids.map(() => ({ text: 'x' }))],
    ] as const) {
      const { status, json } = await send(method, '/comments', JSON.stringify(list))
      expect([status, json.errors[0].code]).toEqual([400, 'limit_exceeded'])
    }
  })

  it('refuse one record twice in a list', async () => {
    const deleted = await send('DELETE', '/comments', `[${comment},${comment}]`)
    expect(deleted.status).toBeGreaterThanOrEqual(400)
    expect(deleted.status).toBeLessThan(500)
  })

  it('refuse names that come twice, and those of prototypes', async () => {
    for (const body of [
      '{"text":"a","text":"b"}',
      '{"text":"a","\\u0074ext":"b"}',
      '{"video":{"id":1,"id":2},"text":"a"}',
      '{"__proto__":{"text":"a"}}',
      '{"text":"a","video":{"__proto__":1}}',
    ])
      expect([body, (await send('POST', '/comments', body)).status]).toEqual([body, 400])
    const named = await send('POST', '/comments', '{"text":"a","constructor":1,"toString":2,"hasOwnProperty":3}')
    expect([named.status, [...pointers(named)].sort()]).toEqual([422, ['/constructor', '/hasOwnProperty', '/toString']])
    for (const id of ['__proto__', 'constructor', 'toString', 'hasOwnProperty'])
      expect((await send('PATCH', `/comments/${id}`, '{"text":"a"}')).status).toBe(404)
  })

  it('refuse text that is none', async () => {
    for (const body of ['{"text":"a\\u0000b"}', '{"text":"\\ud800"}', '{"text":"\\udc00\\ud800"}', '{"a\\u0000":1}'])
      expect([body, (await send('POST', '/comments', body)).status]).toEqual([body, 400])
    const raw = await api.get('/comments', {
      method: 'POST',
      token: api.tokens.admin,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from([0x7b, 0x22, 0x74, 0x22, 0x3a, 0x22, 0xff, 0xfe, 0x22, 0x7d]) as unknown as string,
    })
    expect(raw.status).toBe(400)
  })

  it('refuse values of the wrong type at every place, and say where', async () => {
    const wrong = [
      '[]',
      '{}',
      '{"a":1}',
      '[[1]]',
      'true',
      '1e400',
      '99999999999999999999',
      '1.5',
      '-0.1',
      '"x"',
      '""',
      '"1e3"',
    ]
    for (const [field, values] of [
      ['text', wrong.filter(one => !one.startsWith('"'))],
      ['video', wrong],
      ['created_at', wrong],
    ] as const)
      for (const value of values)
        for (const [method, path] of [
          ['POST', '/comments'],
          ['PATCH', `/comments/${comment}`],
        ] as const) {
          const text = field === 'text' ? '' : '"text":"x",'
          const refused = await send(method, path, `{${text}"${field}":${value}}`)
          const said = `${method} {"${field}":${value}} ${refused.text}`
          expect([400, 422], said).toContain(refused.status)
          if (refused.status === 422)
            expect(
              pointers(refused).some(one => one.startsWith(`/${field}`)),
              said,
            ).toBe(true)
        }
    const listed = await send('POST', '/comments', `[{"text":"fine"},{"text":5},{"nosuch":1}]`)
    expect([listed.status, pointers(listed).every(one => /^\/[12]\//.test(one))]).toEqual([422, true])
  })

  it('refuse bodies that are no record, and lists that are no list', async () => {
    for (const body of ['null', '1', '"text"', 'true', '', '{', '[1,]', 'NaN', '{"text":}', '\ufeff{}x'])
      for (const [method, path] of [
        ['POST', '/comments'],
        ['PATCH', `/comments/${comment}`],
        ['PATCH', '/comments'],
      ] as const) {
        const { status } = await send(method, path, body)
        expect([400, 422], `${method} ${path} ${body}: ${status}`).toContain(status)
      }
    for (const entry of [
      '{}',
      'null',
      '[]',
      '[1]',
      'true',
      '{"text":"x"}',
      '{"id":null}',
      '{"id":{}}',
      '{"id":[1]}',
      '{"id":""}',
      '{"id":"%"}',
      '{"id":"1,2"}',
      '{"id":1e400}',
      '{"id":-1}',
      '{"id":1.5}',
      '"../x"',
    ])
      for (const method of ['PATCH', 'DELETE']) {
        const { status } = await send(method, '/comments', `[${entry}]`)
        expect([400, 404, 422], `${method} [${entry}]: ${status}`).toContain(status)
      }
  })

  it('refuse other types of body, and encodings', async () => {
    const body = JSON.stringify({ video, text: 'x' })
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/xml',
      'application/jsonx',
    ])
      expect([type, (await send('POST', '/comments', body, { 'content-type': type })).status]).toEqual([type, 415])
    const bare = await fetch(`${api.url}/comments`, {
      method: 'POST',
      headers: { authorization: `Bearer ${api.tokens.admin}` },
      body: new TextEncoder().encode(body),
    })
    expect([bare.status, ((await bare.json()) as { errors: { code: string }[] }).errors[0]?.code]).toEqual([
      400,
      'missing_content_type',
    ])
    // What unpacks to more than a body may have is not unpacked to its end.
    const packed = await fetch(`${api.url}/comments`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${api.tokens.admin}`,
        'content-type': 'application/json',
        'content-encoding': 'gzip',
      },
      body: gzipSync(Buffer.alloc(50_000_000, 32)),
    })
    expect(packed.status).toBe(413)
  })

  it('wait for slow bodies, and do nothing of one that is cut short', async () => {
    const { hostname, port, pathname } = new URL(api.url)
    const start = (length: number) =>
      httpRequest({
        hostname,
        port,
        path: `${pathname}/comments`,
        method: 'POST',
        headers: {
          authorization: `Bearer ${api.tokens.admin}`,
          'content-type': 'application/json',
          'content-length': length,
        },
      })
    const body = JSON.stringify({ text: 5 })
    const slow = start(body.length)
    const status = new Promise<number | undefined>((resolve, reject) => {
      slow.on('response', response => resolve(response.resume().statusCode))
      slow.on('error', reject)
    })
    for (const char of body) {
      slow.write(char)
      await new Promise(resolve => setTimeout(resolve, 5))
    }
    slow.end()
    expect(await status).toBe(422)

    const whole = JSON.stringify({ video, text: 'never whole' })
    const cut = start(whole.length + 1)
    cut.on('error', () => undefined)
    cut.write(whole)
    await new Promise(resolve => setTimeout(resolve, 50))
    cut.destroy()
    expect((await send('POST', '/comments', '{"text":5}')).status).toBe(422)
  })
})
