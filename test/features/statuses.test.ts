// Statuses and headers over HTTP: which refusal comes first, what every answer carries, the shape of bodies and errors.
import { request } from 'node:http'
import { expect, it } from 'vitest'
import { type AskOptions, describeVideos, roles } from '../support/describe-videos.ts'

describeVideos('statuses and headers', videos => {
  const expectRefusal = async (path: string, status: number, code: string, options?: AskOptions) => {
    const reply = await videos.ask(path, options)
    expect([reply.status, reply.json.errors[0].code], path).toEqual([status, code])
    return reply
  }
  /** Sends headers that `fetch` would not send. */
  const raw = (path: string, headers: Record<string, string>, method = 'GET') =>
    new Promise<{ status: number | undefined; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
      const call = request({ port: videos.api.server.port, path, method, headers }, response => {
        let body = ''
        response
          .on('data', chunk => (body += chunk))
          .once('end', () => resolve({ status: response.statusCode, headers: response.headers, body }))
      })
      call.once('error', reject).end()
    })

  it('hold data or errors, exactly one of them', async () => {
    for (const [path, status] of [
      ['', 200],
      ['/videos', 200],
      ['/videos/3031', 200],
      ['/videos?page[total]=exact&include=comments&include[comments][limit]=1', 200],
      ['/videos/1/comments', 200],
      ['/videos?drfat=1', 400],
      ['/likes', 401],
      ['/videos/999999', 404],
      ['/nope', 404],
    ] as const) {
      const reply = await videos.ask(path)
      expect(reply.status).toBe(status)
      expect(
        ['data', 'errors'].filter(name => name in reply.json),
        path,
      ).toEqual([status === 200 ? 'data' : 'errors'])
      if (status === 200)
        expect(Object.keys(reply.json).every(name => ['data', 'meta', 'links'].includes(name))).toBe(true)
      else expect(Object.keys(reply.json)).toEqual(['errors'])
    }
  })

  it('are minified JSON', async () => {
    for (const path of [
      '',
      '/videos?include=user,comments,tags&page[total]=exact',
      '/videos/3031?fields[links]',
      '/users/17',
      '/videos?drfat=1',
    ]) {
      const { text, headers } = await videos.ask(path)
      expect(text, path).toBe(JSON.stringify(JSON.parse(text)))
      expect(headers.get('content-type')).toBe('application/json')
      expect(headers.get('content-length')).toBe(String(Buffer.byteLength(text)))
    }
  })

  it('say what was wrong, where, and how to mend it, under a stable code', async () => {
    const { json, headers } = await expectRefusal('/users?fields=nmae', 400, 'unknown_field')
    expect(json.errors).toEqual([
      {
        id: headers.get('request-id'),
        status: '400',
        code: 'unknown_field',
        title: 'Unknown field',
        detail: 'Unknown field "nmae" in fields[users]. Did you mean "name"?',
        source: { parameter: 'fields' },
        links: { about: '/docs/errors#unknown_field' },
      },
    ])
  })

  it('carry a Request-Id, the caller’s own where it is harmless', async () => {
    const ids = await Promise.all(
      ['/videos', '/videos', '/nope', '/likes'].map(async path => (await videos.ask(path)).headers.get('request-id')),
    )
    for (const id of ids) expect(id).toMatch(/^[0-9a-f-]{36}$/)
    expect(new Set(ids).size).toBe(ids.length)
    expect((await videos.ask('/videos', { headers: { 'request-id': 'abc-1.2:3_4' } })).headers.get('request-id')).toBe(
      'abc-1.2:3_4',
    )
    for (const bad of ['a b', 'é', 'x'.repeat(129), '<script>', 'a,b']) {
      const reply = await raw('/api/videos?per_page=1', { 'request-id': bad })
      expect([reply.status, reply.headers['request-id']], bad).toEqual([200, expect.stringMatching(/^[0-9a-f-]{36}$/)])
    }
  })

  it('tell caches whose they are', async () => {
    for (const as of roles) {
      for (const path of ['/videos', '/videos/3031', '/users/17', '/videos/1/comments']) {
        const { headers } = await videos.ask(path, { as })
        expect([headers.get('cache-control'), headers.get('vary')], path).toEqual([
          'private, no-cache',
          'Accept, Authorization',
        ])
      }
    }
    for (const path of ['/nope', '/likes', '/videos?drfat=1', '/videos/999999', '/videos/'])
      expect((await videos.ask(path)).headers.get('cache-control'), path).toBe('no-store')
    for (const path of ['', '/videos', '/videos/3031', '/videos/1/comments', '/videos/query'])
      expect((await videos.ask(path, { method: 'OPTIONS' })).headers.get('cache-control'), path).toBe('no-store')
  })

  it('name the methods of a path where the method is none of them', async () => {
    for (const [path, allow] of [
      ['', 'GET, HEAD, OPTIONS'],
      ['/videos', 'DELETE, GET, HEAD, OPTIONS, PATCH, POST, QUERY'],
      ['/videos/3031', 'DELETE, GET, HEAD, OPTIONS, PATCH, PUT'],
      ['/videos/999999', 'DELETE, GET, HEAD, OPTIONS, PATCH, PUT'],
      ['/videos/query', 'OPTIONS, POST'],
      ['/videos/1/comments', 'GET, HEAD, OPTIONS, POST, QUERY'],
      ['/videos/1/comments/17', 'DELETE, GET, HEAD, OPTIONS, PATCH, PUT'],
      ['/operations', 'OPTIONS, POST'],
    ] as const) {
      for (const method of allow.includes('DELETE') ? ['PROPFIND'] : ['DELETE', 'PROPFIND']) {
        const { status, json, headers } = await videos.ask(path, { method })
        expect([status, json.errors[0].code, headers.get('allow')], `${method} ${path}`).toEqual([
          405,
          'method_not_allowed',
          allow,
        ])
      }
    }
    await expectRefusal('/videos/query', 405, 'method_not_allowed')
    await expectRefusal('/nope', 404, 'not_found', { method: 'DELETE' })
  })

  it('refuse what Accept leaves no room for', async () => {
    for (const accept of [
      'application/xml',
      'text/html',
      'application/json;q=0',
      'image/*',
      'application/vnd.api+xml',
    ]) {
      await expectRefusal('/videos', 406, 'not_acceptable', { headers: { accept } })
    }
    for (const accept of [
      'application/json',
      '*/*',
      'application/*',
      'text/html, application/json;q=0.1',
      'text/html,*/*;q=0.1',
      'APPLICATION/JSON',
    ]) {
      expect((await videos.ask('/videos?per_page=1', { headers: { accept } })).status, accept).toBe(200)
    }
  })

  it('refuse other types of body', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/jsonp',
      'application/xml',
    ]) {
      const reply = await expectRefusal('/videos/query', 415, 'unsupported_media_type', {
        method: 'POST',
        body: '{}',
        headers: { 'content-type': type },
      })
      expect(reply.headers.get('accept-query')).toBe('"application/json"')
    }
  })

  it('bound the URL, the headers and the body', async () => {
    const long = await expectRefusal(`/videos?title=${'a'.repeat(17_000)}`, 414, 'uri_too_long')
    expect(long.json.errors[0]).toMatchObject({
      meta: { limit: 'urlBytes', max: 16_384 },
      detail: expect.stringContaining('/query'),
    })
    expect((await videos.ask(`/videos?title=${'a'.repeat(16_000)}`)).status).toBe(200)
    const headers = await raw('/api/videos', { 'x-long': 'a'.repeat(17_000) })
    expect([headers.status, JSON.parse(headers.body).errors[0].code]).toEqual([431, 'headers_too_large'])
    const huge = await raw('/api/videos', { 'x-long': 'a'.repeat(60_000) })
    expect(huge.status).toBe(431)
  })

  it('bound depth, conditions, lists and sorts, each with its limit', async () => {
    const numbers = (count: number) => Array.from({ length: count }, (_, i) => i)
    for (const [query, limit, max] of [
      [`filter${'[not]'.repeat(11)}[id]=1`, 'keyDepth', 10],
      [
        numbers(101)
          .map(i => `filter[or][${i}][id]=${i}`)
          .join('&'),
        'filterNodes',
        100,
      ],
      [`id[in]=${numbers(1_001)}`, 'listItems', 1_000],
      [
        `sort=${['id', 'title', 'state', 'views_count', 'likes_count', 'comments_count', 'published_at', 'created_at', 'updated_at']}`,
        'sortKeys',
        8,
      ],
      ['include=comments.user.videos.comments.user', 'includeDepth', 4],
      ['offset=100001', 'offset', 100_000],
    ] as const) {
      const { json } = await expectRefusal(`/videos?${query}`, 400, 'limit_exceeded')
      expect(json.errors[0].meta, limit).toEqual({ limit, max })
    }
    expect((await videos.ask(`/videos?id[in]=${numbers(1_000)}`)).status).toBe(200)
  })

  it('come in one order: syntax, path, method, caller, type, access, names', async () => {
    const bad = { authorization: 'Bearer nonsense' }
    const xml = { accept: 'application/xml' }
    await expectRefusal(`/nope?title=%ff`, 400, 'bad_encoding', { headers: bad })
    await expectRefusal('/nope', 404, 'not_found', { headers: bad })
    await expectRefusal('/videos', 405, 'method_not_allowed', { method: 'PROPFIND', headers: bad })
    await expectRefusal('/videos?drfat=1', 401, 'invalid_token', { headers: bad })
    await expectRefusal('/likes?drfat=1', 406, 'not_acceptable', { headers: xml })
    await expectRefusal('/likes?drfat=1', 401, 'unauthenticated')
    await expectRefusal('/videos/999999?fields=nope', 400, 'unknown_field')
    await expectRefusal('/videos/999999', 404, 'not_found')
  })

  it('say nothing of what is inside', async () => {
    for (const path of [
      '/videos?drfat=1',
      '/videos/999999',
      '/videos?views_count=x',
      '/likes',
      '/users?email[contains]=x',
    ]) {
      const { text, headers } = await videos.ask(path)
      expect(text).not.toMatch(/select|postgres|pg_|relation|column |\.ts|node_modules|stack/i)
      expect(headers.get('server')).toBeNull()
      expect(headers.get('x-powered-by')).toBeNull()
    }
  })

  it('time the rooms for those who may know, when asked', async () => {
    const admin = await videos.ask('/videos', { as: 'admin', headers: { prefer: 'timing' } })
    expect(admin.headers.get('server-timing')).toMatch(/read;dur=[\d.]+.*execute;dur=[\d.]+/)
    expect(admin.headers.get('preference-applied')).toBe('timing')
    for (const options of [{ as: 'regular', headers: { prefer: 'timing' } }, { as: 'admin' }] as const)
      expect((await videos.ask('/videos', options)).headers.get('server-timing')).toBeNull()
  })
})
