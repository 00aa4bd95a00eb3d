// The query in a JSON body over HTTP, with the method QUERY and with POST …/query: the same as in a URL.
import { request } from 'node:http'
import { expect, it } from 'vitest'
import { describeVideos, type Role, type Row } from '../support/describe-videos.ts'

const json = { 'content-type': 'application/json' }
/** The hash of the talk "APIs on Ruby". */
const hash = {
  created_at: { geq: '2016-01-24' },
  user_id: 17,
  views_count: { geq: 1000 },
  published: true,
  tags: ['foo', 'bar'],
  description: { like: { starts_with: 'tennis' } },
  limit: 30,
  sort: { property: 'published_at', order: 'desc' },
}
const hashInUrl =
  'created_at[geq]=2016-01-24&user_id=17&views_count[geq]=1000&published=true&tags[]=foo&tags[]=bar&description[like][starts_with]=tennis&limit=30&sort[property]=published_at&sort[order]=desc'
const hashInSql = `select id from videos where created_at >= '2016-01-24T00:00:00Z' and user_id = 17 and views_count >= 1000 and state = 'published' and description like 'tennis%'
  and exists (select from video_tags join tags on tags.id = tag_id where video_id = videos.id and name in ('foo', 'bar')) order by published_at desc nulls first, id desc limit 30`

describeVideos('a query in a body', videos => {
  const send = (
    body: unknown,
    { path = '/videos/query', method = 'POST', as = 'guest' as Role, headers = json as Record<string, string> } = {},
  ) => videos.ask(path, { method, as, headers, body: typeof body === 'string' ? body : JSON.stringify(body) })
  /** Asserts that a body and a URL have the same records and the same meta, but for what only bodies carry. */
  const expectSame = async (body: unknown, search: string, as: Role = 'guest') => {
    const inUrl = await videos.ask(`/videos?${search}`, { as })
    expect(inUrl.status, inUrl.text).toBe(200)
    for (const [path, method] of [
      ['/videos/query', 'POST'],
      ['/videos', 'QUERY'],
    ] as const) {
      const inBody = await send(body, { path, method, as })
      expect(inBody.status, inBody.text).toBe(200)
      expect(inBody.json.data, JSON.stringify(body)).toEqual(inUrl.json.data)
      const {
        page: { next, prev, ...page },
        ...meta
      } = inBody.json.meta
      expect({ ...meta, ...(Object.keys(page).length > 0 && { page }) }).toEqual(inUrl.json.meta ?? {})
      expect(inBody.json.links).toBeUndefined()
      expect(Boolean(next)).toBe(inUrl.json.links.next !== null)
      expect(Boolean(prev)).toBe(inUrl.json.links.prev !== null)
    }
  }

  it('is the hash of the talk as it stands, like the same in a URL', async () => {
    const expected = await videos.column(hashInSql)
    expect(expected.length).toBeGreaterThan(0)
    expect(await videos.ids(`/videos?${hashInUrl}`)).toEqual(expected)
    await expectSame(hash, hashInUrl)
    // Each part of it counts.
    for (const left of ['created_at', 'user_id', 'views_count', 'published', 'tags', 'description']) {
      const { [left]: _, ...rest } = hash as Record<string, unknown>
      const { json: answer } = await send(rest, { as: 'admin' })
      expect(answer.data.length, left).toBeGreaterThanOrEqual(expected.length)
    }
  })

  it('takes every part of the query', async () => {
    await expectSame(
      {
        fields: ['title', 'user.username'],
        include: { comments: { limit: 5, sort: '-created_at', filter: { text: { contains: '!' } }, fields: ['text'] } },
        filter: {
          or: [{ draft: true }, { published: true }],
          user: { username: { in: ['robert', 'ingrid'] } },
          id: { gt: 3 },
          description: { null: false },
        },
        sort: ['-published_at', 'title'],
        page: { size: 5, total: 'exact' },
        aggregate: { views_count: ['sum', 'avg'] },
        group: ['state'],
        scope: { created_between: [1988, 2018] },
      },
      'fields=title,user.username&include[comments][limit]=5&include[comments][sort]=-created_at&include[comments][filter][text][contains]=!&include[comments][fields]=text&filter[or][0][draft]=true&filter[or][1][published]=true&filter[user][username][in]=robert,ingrid&filter[id][gt]=3&filter[description][null]=false&sort=-published_at,title&page[size]=5&page[total]=exact&aggregate[views_count]=sum,avg&group=state&scope[created_between]=1988,2018',
      'admin',
    )
  })

  it('takes every spelling of each part', async () => {
    await expectSame({ fields: { title: true, state: true } }, 'fields=title,state')
    await expectSame({ fields: { videos: ['title'] } }, 'fields[videos]=title')
    await expectSame({ fields: { user: { username: true } } }, 'fields[user][username]=true')
    await expectSame({ fields: 'title' }, 'fields=title')
    await expectSame({ include: 'user', fields: ['title'] }, 'include=user&fields=title')
    await expectSame({ includes: ['user', 'tags'], fields: ['title'] }, 'include=user,tags&fields=title')
    await expectSame({ sort: '-id' }, 'sort=-id')
    await expectSame({ sort: { published_at: 'desc' } }, 'sort=-published_at')
    await expectSame({ sort: ['-views_count', 'id'] }, 'sort=-views_count,id')
    await expectSame({ sort: [{ property: 'views_count', order: 'desc' }] }, 'sort=-views_count')
    await expectSame({ page: 2, per_page: 5 }, 'page=2&per_page=5')
    await expectSame({ page: { number: 3, size: 5, offset: 2 } }, 'page=3&per_page=5&offset=2')
    await expectSame({ aggregate: { views_count: { sum: true, avg: true } } }, 'aggregate[views_count]=sum,avg')
    await expectSame({ aggregate: { views_count: 'sum' }, group: 'state' }, 'aggregate[views_count]=sum&group=state')
    await expectSame({ scope: 'published' }, 'scope=published')
    await expectSame(
      { scopes: { published: true, created_between: { from: '2013-01-01', to: '2014-01-01' } } },
      'scope[published]&scope[created_between]=2013-01-01,2014-01-01',
    )
    await expectSame({ filter: { user: 18 } }, 'filter[user]=18')
    await expectSame({ filter: { 'user.username': 'robert' } }, 'filter[user.username]=robert')
    await expectSame({ user_id: [1, 3] }, 'user_id[]=1&user_id[]=3')
    await expectSame({ user_id: '18', views_count: { gt: '10' }, draft: 'f' }, 'user_id=18&views_count[gt]=10&draft=f')
    await expectSame(
      { filter: { not: { state: 'draft' }, comments: { none: { user_id: 20 } } } },
      'filter[not][state]=draft&filter[comments][none][user_id]=20',
      'admin',
    )
    await expectSame({}, '')
  })

  it('knows null, takes lists as they are and never splits texts', async () => {
    await expectSame({ published_at: null }, 'published_at[null]=true', 'admin')
    await expectSame({ filter: { music_track_id: null } }, 'filter[music_track_id][null]=true')
    await expectSame({ filter: { published_at: { ne: null } } }, 'published_at[null]=false', 'admin')
    await expectSame({ filter: { title: '50% off, 100_percent' } }, 'title=50%25%20off,%20100_percent')
    await expectSame(
      { filter: { title: { in: ['50% off, 100_percent', 'null'] } } },
      'title[in][]=50%25%20off,%20100_percent&title[in][]=null',
    )
    const { json: nothing } = await send({ filter: { id: { in: [] } } })
    expect(nothing.data).toEqual([])
    const { json: nobody } = await send({ user_id: [] })
    expect(nobody.data).toEqual([])
    const { json: all } = await send({ filter: { id: { nin: [] } }, per_page: 3 })
    expect(all.data).toHaveLength(3)
  })

  it('pages on by the cursors of its answer', async () => {
    const ids: unknown[] = []
    let after: string | undefined
    do {
      const { json: page } = await send({
        fields: ['id'],
        sort: ['-views_count'],
        page: { size: 100, ...(after && { after }) },
      })
      ids.push(...page.data.map(({ id }: Row) => id))
      after = page.meta.page.next ?? undefined
    } while (after)
    expect(ids).toEqual(await videos.column('select id from guest_videos order by views_count desc, id desc'))
  })

  it('works on every list, nested ones too', async () => {
    const { status, json: answer } = await send(
      { text: { contains: '!' }, sort: '-id' },
      { path: '/videos/1/comments', method: 'QUERY' },
    )
    expect([status, answer.data.map(({ id }: Row) => id)]).toEqual([
      200,
      await videos.column(`select id from comments where video_id = 1 and text like '%!%' order by id desc limit 25`),
    ])
  })

  it('says where in the body a mistake is', async () => {
    for (const [body, code, pointer] of [
      [{ drfat: true }, 'unknown_parameter', '/drfat'],
      [{ filter: { drfat: true } }, 'unknown_field', '/filter/drfat'],
      [{ filter: { or: [{ id: 1 }, { views_count: { geq: 'x' } }] } }, 'invalid_value', '/filter/or/1/views_count/geq'],
      [{ fields: ['titel'] }, 'unknown_field', '/fields'],
      [{ filter: { user_id: 2 ** 53 } }, 'invalid_value', '/filter/user_id'],
      [{ sort: 'comments.text' }, 'unsupported_sort', '/sort'],
      [{ page: { size: 1000 } }, 'page_size_too_large', '/page/size'],
      [{ group: ['state'] }, 'group_needs_aggregate', '/group'],
    ] as const) {
      const { status, json: answer } = await send(body)
      expect([status, answer.errors[0].code, answer.errors[0].source.pointer], JSON.stringify(body)).toEqual([
        400,
        code,
        expect.stringMatching(new RegExp(`^${pointer}(/\\d+)?$`)),
      ])
      expect(Object.keys(answer)).toEqual(['errors'])
    }
  })

  it('is one object of well-formed JSON', async () => {
    for (const body of [
      '',
      '{',
      '[]',
      '"x"',
      'null',
      '{"a":1,"a":2}',
      '{"fields":["title"],}',
      "{'id':1}",
      '{"__proto__":{"id":1}}',
      '{"title":"\\u0000"}',
      '{"title":"\\ud800"}',
      '\ufeff{}',
      '{}{}',
    ]) {
      const { status, json: answer } = await send(body)
      expect(status, body).toBe(400)
      expect(answer.errors[0].detail).toBeTruthy()
    }
  })

  it('stands in one place, with its type', async () => {
    const both = await send({ id: 1 }, { path: '/videos/query?id=1' })
    expect([both.status, both.json.errors[0].code]).toEqual([400, 'query_in_two_places'])
    const other = await send('id=1', { headers: { 'content-type': 'application/x-www-form-urlencoded' } })
    expect([other.status, other.json.errors[0].code, other.headers.get('accept-query')]).toEqual([
      415,
      'unsupported_media_type',
      '"application/json"',
    ])
    expect((await send({ id: 1 }, { headers: { 'content-type': 'application/json; charset=utf-8' } })).status).toBe(200)
    const { port } = videos.api.server
    const untyped = await new Promise<{ status: number | undefined; query: unknown; body: string }>(
      (resolve, reject) => {
        const call = request({ port, path: '/api/videos', method: 'QUERY' }, response => {
          let body = ''
          response
            .on('data', chunk => (body += chunk))
            .once('end', () => resolve({ status: response.statusCode, query: response.headers['accept-query'], body }))
        })
        call.once('error', reject).end('{"id":1}')
      },
    )
    expect([untyped.status, untyped.query, JSON.parse(untyped.body).errors[0].code]).toEqual([
      400,
      '"application/json"',
      'missing_content_type',
    ])
  })

  it('is at most 1 MB', async () => {
    const { status, json: answer } = await send(JSON.stringify({ title: 'x'.repeat(1_100_000) }))
    expect([status, answer.errors[0].code, answer.errors[0].meta.limit]).toEqual([
      413,
      'payload_too_large',
      'bodyBytes',
    ])
  })

  it('is cached by nobody with POST, and by the caller alone with QUERY', async () => {
    const post = await send({ id: 3031 })
    expect(post.headers.get('cache-control')).toBe('no-store')
    const query = await send({ id: 3031 }, { path: '/videos', method: 'QUERY' })
    expect(query.headers.get('cache-control')).toBe('private, no-cache')
    for (const { headers } of [post, query]) expect(headers.get('accept-query')).toBe('"application/json"')
  })
})
