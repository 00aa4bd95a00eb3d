// What stands in the headers of a write beside its body: If-None-Match, preferences, codings.
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startVideos, type VideosUnderTest } from '../support/api-under-test.ts'
import { describeEachServer } from '../support/databases.ts'

describeEachServer('a write', server => {
  let api: VideosUnderTest
  let video: number
  let draft: number
  let comment: number
  beforeAll(async () => {
    api = await startVideos(server)
    video = (await api.get('/videos?state=published&per_page=1&fields=id')).json.data[0].id
    draft = (await api.get('/videos?state=draft&user_id[ne]=20&per_page=1&fields=id', { token: api.tokens.admin })).json
      .data[0].id
    comment = (await send('POST', '/comments', { video, text: 'one' })).json.data.id
  }, 120_000)
  afterAll(() => api.close())

  const send = (method: string, path: string, body?: unknown, more = {}, token: string | null = api.tokens.regular) =>
    api.get(path, {
      method,
      token,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...more },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
  const textOf = async (id: number) => (await api.get(`/comments/${id}`, { token: api.tokens.admin })).json.data.text
  const countOf = async () =>
    (await api.get('/comments?page[total]=exact&per_page=1', { token: api.tokens.admin })).json.meta.page.total
  const absent = { 'if-none-match': '*' }

  it('of what must not be there changes nothing that is there', async () => {
    const path = `/comments/${comment}`
    const before = await countOf()
    for (const [method, where, body] of [
      ['PATCH', path, { text: 'two' }],
      ['PATCH', `/videos/${video}/comments/${comment}`, { text: 'two' }],
      ['DELETE', path, undefined],
      ['POST', '/comments', { video, text: 'x' }],
      ['POST', `/videos/${video}/comments`, { text: 'x' }],
      ['PATCH', '/comments', [{ id: comment, text: 'two' }]],
      ['PATCH', `/comments?filter[id]=${comment}&max_affected=1`, { text: 'two' }],
      ['DELETE', '/comments', [comment]],
    ] as const) {
      const { status, json } = await send(method, where, body, absent)
      expect([method, where, status, json.errors[0].source]).toEqual([method, where, 412, { header: 'If-None-Match' }])
    }
    const lenient = await send('PATCH', '/comments', [{ id: comment, text: 'two' }], {
      ...absent,
      prefer: 'handling=lenient',
    })
    expect(lenient.status).toBe(412)
    expect([await textOf(comment), await countOf()]).toEqual(['one', before])
    expect(api.errors).toEqual([])
  })

  it('is told first that there is nothing, or nothing that it may do', async () => {
    expect((await send('PATCH', '/comments/999999', { text: 'two' }, absent)).status).toBe(404)
    expect((await send('DELETE', '/comments/999999', undefined, absent)).status).toBe(404)
    expect((await send('POST', `/videos/${draft}/comments`, { text: 'x' }, absent)).status).toBe(404)
    expect((await send('PATCH', `/comments/${comment}`, { text: 'two' }, absent, api.tokens.owner)).status).toBe(403)
    expect(
      (await send('PATCH', `/comments/${comment}`, { text: 'two' }, { 'if-match': '"x"' }, api.tokens.owner)).status,
    ).toBe(403)
    expect((await send('POST', '/comments', { text: 5 }, absent)).status).toBe(422)
  })

  it('is held to the tags that it names', async () => {
    const path = `/comments/${comment}`
    const tag = (await send('GET', path)).headers.get('etag') as string
    expect((await send('PATCH', path, { text: 'two' }, { 'if-none-match': `"x", W/${tag}` })).status).toBe(412)
    expect((await send('PATCH', path, { text: 'two' }, { 'if-none-match': '"x"' })).status).toBe(200)
    expect((await send('PATCH', path, { text: 'one' }, { 'if-none-match': tag })).status).toBe(200)
    expect((await send('PATCH', path, { text: 'one' }, { 'if-none-match': tag, 'if-match': '"x"' })).status).toBe(412)
  })

  it('does an action all the same, for an action is no representation', async () => {
    const path = '/accounts/8/actions/deactivate'
    expect((await send('POST', path, {}, absent, api.tokens.admin)).status).toBe(200)
  })

  it('is done at once, whoever prefers otherwise, and says what it did of what was preferred', async () => {
    const applied = async (prefer: string) => {
      const { status, headers } = await send('POST', '/comments', { video, text: 'x' }, { prefer })
      return [status, headers.get('preference-applied')]
    }
    expect(await applied('respond-async')).toEqual([201, null])
    expect(await applied('respond-async, wait=5')).toEqual([201, null])
    expect(await applied('respond-async, return=minimal')).toEqual([201, 'return=minimal'])
    expect(await applied('nonsense;;=, wait=-1')).toEqual([201, null])
    expect(await applied('handling=strict, return=minimal')).toEqual([201, 'return=minimal, handling=strict'])
    expect(await applied('handling=strict, nonsense')).toEqual([400, null])
    // RFC 7240 2: the first counts.
    expect(await applied('return=representation, return=minimal')).toEqual([201, 'return=representation'])
    const timed = await send(
      'POST',
      '/comments',
      { video, text: 'x' },
      { prefer: 'timing, return=minimal' },
      api.tokens.admin,
    )
    expect([timed.text, timed.headers.get('preference-applied')]).toEqual(['', 'return=minimal, timing'])
  })

  it('takes a body as it is or coded, within the same limit, and says what it takes of any other', async () => {
    const before = await countOf()
    const coded = async (method: string, path: string, coding: string, body: string | Uint8Array<ArrayBuffer>) => {
      const answer = await fetch(`${api.url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${api.tokens.regular}`,
          'content-type': 'application/json',
          'content-encoding': coding,
        },
        body,
      })
      const { errors } = (await answer.json()) as { errors?: readonly { code: string }[] }
      return [answer.status, errors?.[0]?.code, answer.headers.get('accept-encoding')]
    }
    const record = JSON.stringify({ video, text: 'packed' })
    const refused = [415, 'unsupported_content_encoding', 'gzip, deflate, br']
    for (const coding of ['zstd', 'compress', 'gzip, br', 'GZIP, gzip', 'nonsense']) {
      expect([coding, await coded('POST', '/comments', coding, gzipSync(record))]).toEqual([coding, refused])
      expect(await coded('PATCH', `/comments/${comment}`, coding, gzipSync('{}'))).toEqual(refused)
      expect(await coded('DELETE', '/comments', coding, gzipSync(`[${comment}]`))).toEqual(refused)
      expect(await coded('QUERY', '/comments', coding, gzipSync('{}'))).toEqual(refused)
      expect(await coded('POST', '/comments/query', coding, gzipSync('{}'))).toEqual(refused)
    }
    const malformed = [400, 'malformed_body', null]
    const whole = gzipSync(record)
    for (const bytes of [
      Buffer.from(record),
      whole.subarray(0, -9),
      whole.subarray(0, 5),
      deflateSync(record),
      Buffer.alloc(0),
    ])
      expect(await coded('POST', '/comments', 'gzip', bytes)).toEqual(malformed)
    expect(await coded('POST', '/comments', 'br', whole)).toEqual(malformed)
    expect(await coded('POST', '/comments', 'gzip', gzipSync('{"video":'))).toEqual(malformed)
    // 1 MB is the limit: of what is sent, and of what it comes to.
    const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024, ' '))
    expect(bomb.length).toBeLessThan(1_000_000)
    const memory = process.memoryUsage().rss
    for (const [method, path] of [
      ['POST', '/comments'],
      ['QUERY', '/comments'],
      ['POST', '/comments/query'],
    ] as const)
      expect(await coded(method, path, 'gzip', bomb)).toEqual([413, 'payload_too_large', null])
    expect(await coded('POST', '/comments', 'br', brotliCompressSync(Buffer.alloc(20_000_000, ' ')))).toEqual([
      413,
      'payload_too_large',
      null,
    ])
    expect(process.memoryUsage().rss - memory).toBeLessThan(100 * 1024 * 1024)
    expect(await countOf()).toBe(before)
    for (const [coding, encode] of [
      ['gzip', gzipSync],
      ['x-gzip', gzipSync],
      ['GZIP, identity', gzipSync],
      ['identity, deflate', deflateSync],
      ['br', brotliCompressSync],
    ] as const)
      expect([coding, (await coded('POST', '/comments', coding, encode(record)))[0]]).toEqual([coding, 201])
    expect(await coded('QUERY', '/comments', 'gzip', gzipSync('{}'))).toEqual([200, undefined, null])
    expect(await coded('POST', '/comments/query', 'gzip', gzipSync('{"page":{"size":1}}'))).toEqual([
      200,
      undefined,
      null,
    ])
    expect(await countOf()).toBe(before + 5)
    for (const coding of ['identity', 'Identity', ''])
      expect([coding, (await coded('POST', '/comments', coding, record))[0]]).toEqual([coding, 201])
    expect(api.errors).toEqual([])
  })

  it('takes JSON in UTF-8 alone, and says so in the header of its method', async () => {
    const typed = async (method: string, path: string, type: string, body = '{"text":"x"}') => {
      const { status, headers } = await api.get(path, {
        method,
        token: api.tokens.regular,
        body,
        headers: { 'content-type': type },
      })
      return [
        status,
        headers.get('accept-post'),
        headers.get('accept-patch'),
        headers.get('accept'),
        headers.get('accept-query'),
      ]
    }
    const json = 'application/json'
    const both = `${json}, application/vnd.api+json`
    for (const type of [
      'text/plain',
      'application/xml',
      'application/jsonp',
      'application/vnd.api+json; charset=utf-8',
      `${json}, ${json}`,
      `${json}; charset=latin1`,
      `${json};charset="UTF-16"`,
      '/',
      '*/*',
    ]) {
      expect([type, ...(await typed('POST', '/comments', type))]).toEqual([type, 415, both, null, null, null])
      expect([type, ...(await typed('PATCH', `/comments/${comment}`, type))]).toEqual([
        type,
        415,
        null,
        both,
        null,
        null,
      ])
      expect([type, ...(await typed('DELETE', '/comments', type))]).toEqual([type, 415, null, null, json, null])
      expect([type, ...(await typed('QUERY', '/comments', type, '{}'))]).toEqual([
        type,
        415,
        null,
        null,
        null,
        `"${json}"`,
      ])
      expect([type, ...(await typed('POST', '/comments/query', type, '{}'))]).toEqual([
        type,
        415,
        json,
        null,
        null,
        `"${json}"`,
      ])
    }
    for (const type of [
      json,
      `${json}; charset=utf-8`,
      `${json};charset="UTF-8"`,
      'Application/JSON ; Charset=utf8',
      `${json}; profile=x`,
    ])
      expect([type, (await typed('PATCH', `/comments/${comment}`, type))[0]]).toEqual([type, 200])
  })
})
