// Operations of a JSON:API document (https://jsonapi.org/ext/atomic), over HTTP: each judged when its turn comes, all done or none.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startVideos, type VideosUnderTest } from '../support/api-under-test.ts'
import { describeEachServer } from '../support/databases.ts'

const type = 'application/vnd.api+json;ext="https://jsonapi.org/ext/atomic"'

describeEachServer('JSON:API operations', server => {
  let api: VideosUnderTest
  let video: string
  beforeAll(async () => {
    api = await startVideos(server)
    video = String((await api.get('/videos?per_page=1&fields=id')).json.data[0].id)
  }, 120_000)
  afterAll(() => {
    expect(api.errors).toEqual([])
    return api.close()
  })

  const post = (body: unknown, token: string | null = api.tokens.regular, more = {}) =>
    api.get('/operations', {
      method: 'POST',
      token,
      headers: { 'content-type': type, ...more },
      body: JSON.stringify(body),
    })
  const send = (operations: unknown, token?: string | null, more?: object) =>
    post({ 'atomic:operations': operations }, token, more)
  const told = ({ status, json }: Awaited<ReturnType<typeof post>>) => [
    status,
    ...(json?.errors ?? []).flatMap((error: { code: string; source?: { pointer?: string } }) => [
      error.code,
      error.source?.pointer,
    ]),
  ]
  const link = (to: string, id: string) => ({ data: { type: to, id } })
  const comment = (text: unknown, more: object = {}) => ({
    op: 'add',
    data: { type: 'comments', attributes: { text }, relationships: { video: link('videos', video) }, ...more },
  })
  const countOf = async (text: string) =>
    (await api.get(`/comments?filter[text]=${encodeURIComponent(text)}&page[total]=exact`, { token: api.tokens.admin }))
      .json.meta.page.total as number

  it('write one after another, and answer each as its caller sees it', async () => {
    const [{ data: old }] = (await send([comment('to go')])).json['atomic:results']
    const done = await send([
      comment('first', { lid: 'a' }),
      { op: 'update', data: { type: 'comments', lid: 'a', attributes: { text: 'changed' } } },
      {
        op: 'update',
        ref: { type: 'comments', lid: 'a' },
        data: { type: 'comments', lid: 'a', attributes: { text: 'again' } },
      },
      { op: 'remove', ref: { type: 'comments', id: old.id } },
    ])
    expect(done.status, done.text).toBe(200)
    expect(done.headers.get('content-type')).toBe(type)
    expect(done.headers.get('cache-control')).toBe('no-store')
    const results = done.json['atomic:results']
    expect(results.map((one: { data?: { attributes: { text: string } } }) => one.data?.attributes.text)).toEqual([
      ...['first', 'changed', 'again', undefined],
    ])
    expect(results[3]).toEqual({})
    expect(results[0].data.relationships.video.data).toEqual({ type: 'videos', id: video })
    expect((await api.get(`/comments/${results[0].data.id}`, { token: api.tokens.regular })).json.data.text).toBe(
      'again',
    )
    expect((await api.get(`/comments/${old.id}`, { token: api.tokens.regular })).status).toBe(404)
  })

  it('link what an earlier one made, in records and in relationships', async () => {
    const film = { type: 'videos', lid: 'film', attributes: { title: 'Film', file: 'f.mp4', state: 'published' } }
    const tag = (await api.get('/tags?per_page=2')).json.data.map(({ id }: { id: unknown }) => ({
      type: 'tags',
      id: String(id),
    }))
    const done = await send([
      { op: 'add', data: film },
      comment('below', { lid: 'thread', relationships: { video: { data: { type: 'videos', lid: 'film' } } } }),
      comment('answer', {
        relationships: {
          video: { data: { type: 'videos', lid: 'film' } },
          comment: { data: { type: 'comments', lid: 'thread' } },
        },
      }),
      { op: 'add', ref: { type: 'videos', lid: 'film', relationship: 'tags' }, data: tag },
      { op: 'remove', ref: { type: 'videos', lid: 'film', relationship: 'tags' }, data: [tag[0]] },
    ])
    expect(done.status, done.text).toBe(200)
    const [made, thread, answer, ...rest] = done.json['atomic:results']
    expect(rest).toEqual([{}, {}])
    expect(answer.data.relationships.comment.data).toEqual({ type: 'comments', id: thread.data.id })
    const tags = await api.get(`/videos/${made.data.id}/tags`, { token: api.tokens.regular })
    expect(tags.json.data.map(({ id }: { id: unknown }) => String(id))).toEqual([tag[1].id])
    const replaced = await send([
      { op: 'update', ref: { type: 'videos', id: made.data.id, relationship: 'tags' }, data: [tag[0]] },
      { op: 'update', href: `/api/videos/${made.data.id}/relationships/tags`, data: tag },
    ])
    expect([replaced.status, replaced.json['atomic:results']]).toEqual([200, [{}, {}]])
  })

  it('take a path in place of a reference', async () => {
    const done = await send([
      { ...comment('by path', { lid: 'a' }), href: '/api/comments' },
      { op: 'add', href: `videos/${video}/comments`, data: { type: 'comments', attributes: { text: 'under it' } } },
    ])
    expect(done.status, done.text).toBe(200)
    const [first, second] = done.json['atomic:results']
    expect(second.data.relationships.video.data.id).toBe(video)
    const { id } = first.data
    const changed = await send([
      { op: 'update', href: `/api/comments/${id}`, data: { type: 'comments', id, attributes: { text: 'other' } } },
      { op: 'remove', href: `/api/videos/${video}/comments/${second.data.id}` },
    ])
    expect([changed.status, changed.json['atomic:results'][0].data.attributes.text]).toEqual([200, 'other'])
  })

  it('undo all where one is refused, and point to it', async () => {
    const of = '/atomic:operations/1'
    const [{ data: mine }] = (await send([comment('mine')])).json['atomic:results']
    const change = (data: object, more = {}) => ({
      op: 'update',
      data: { type: 'comments', id: mine.id, ...data },
      ...more,
    })
    const refusals: readonly (readonly [unknown, number, string, string])[] = [
      [comment(5), 422, 'invalid_member', `${of}/data/attributes/text`],
      [
        comment('x', { relationships: { video: link('videos', '999999') } }),
        404,
        'not_found',
        `${of}/data/relationships/video`,
      ],
      [
        comment('x', { relationships: { video: link('users', '1') } }),
        409,
        'type_mismatch',
        `${of}/data/relationships/video/data/type`,
      ],
      [
        comment('x', { attributes: { text: 'x', created_at: 'x' } }),
        403,
        'forbidden',
        `${of}/data/attributes/created_at`,
      ],
      [comment('x', { id: '77' }), 403, 'forbidden', `${of}/data/id`],
      [change({ id: '999999', attributes: { text: 'x' } }), 404, 'not_found', of],
      [change({ id: undefined }), 400, 'malformed_document', of],
      [change({ attributes: { text: 'x' } }, { ref: { type: 'comments', id: '999999' } }), 404, 'not_found', of],
      [change({ id: '1' }, { ref: { type: 'comments', id: mine.id } }), 409, 'id_mismatch', `${of}/data/id`],
      [change({ type: 'videos' }, { ref: { type: 'comments', id: mine.id } }), 409, 'type_mismatch', `${of}/data/type`],
      [{ op: 'remove', ref: { type: 'comments', id: '3' } }, 403, 'forbidden', of],
      [{ op: 'add', data: { type: 'tags', attributes: { name: 'new' } } }, 403, 'forbidden', of],
      [
        comment('x', { relationships: { video: { data: { type: 'videos', lid: 'nobody' } } } }),
        422,
        'invalid_member',
        `${of}/data/relationships/video/data/lid`,
      ],
      [
        comment('x', { relationships: { video: { data: { type: 'videos', lid: 'a' } } } }),
        422,
        'invalid_member',
        `${of}/data/relationships/video/data/lid`,
      ],
      [comment('x', { lid: 'a' }), 400, 'malformed_document', `${of}/data/lid`],
      [{ op: 'update', ref: { type: 'videos', id: video, relationship: 'tags' }, data: [] }, 403, 'forbidden', of],
      [
        { op: 'update', ref: { type: 'comments', id: mine.id, relationship: 'video' }, data: [] },
        400,
        'malformed_document',
        `${of}/data`,
      ],
      [
        { op: 'add', ref: { type: 'comments', id: mine.id, relationship: 'video' }, data: null },
        400,
        'malformed_document',
        `${of}/data`,
      ],
      [
        { op: 'update', ref: { type: 'comments', id: mine.id, relationship: 'nobody' }, data: null },
        404,
        'not_found',
        of,
      ],
      [{ op: 'remove', ref: { type: 'nothing', id: '1' } }, 404, 'not_found', of],
      [{ op: 'remove', ref: { type: 'comments', id: 5 } }, 400, 'malformed_document', `${of}/ref/id`],
      [{ op: 'remove', ref: { type: 'comments' } }, 400, 'malformed_document', `${of}/ref`],
      [
        { op: 'remove', ref: { type: 'comments', id: '1' }, href: '/api/comments/1' },
        400,
        'malformed_document',
        `${of}/href`,
      ],
      [{ op: 'remove', href: '/api/comments' }, 400, 'malformed_document', `${of}/href`],
      [{ op: 'remove', href: 'https://example.org/api/comments/1' }, 400, 'malformed_document', `${of}/href`],
      [{ op: 'remove', href: '/api/nothing/1' }, 404, 'not_found', of],
      [{ op: 'add', ref: { type: 'comments', id: '1' }, data: {} }, 400, 'malformed_document', `${of}/ref`],
      [{ op: 'add' }, 400, 'malformed_document', of],
      [{ op: 'replace' }, 400, 'malformed_document', `${of}/op`],
      [{}, 400, 'malformed_document', of],
      [5, 400, 'malformed_document', of],
    ]
    for (const [i, [operation, ...expected]] of refusals.entries()) {
      const text = `undone ${i}`
      const refused = await send([comment(text, { lid: 'a' }), operation])
      expect(told(refused), JSON.stringify(operation)).toEqual(expected)
      expect(refused.headers.get('content-type')).toMatch(/^application\/vnd\.api\+json/)
      expect(await countOf(text)).toBe(0)
    }
    expect((await api.get(`/comments/${mine.id}`, { token: api.tokens.regular })).json.data.text).toBe('mine')
  })

  it('permit what the same requests one after another would', async () => {
    const film = { type: 'videos', attributes: { title: 't', file: 'f', state: 'published' } }
    const [{ data: own }] = (await send([{ op: 'add', data: film }])).json['atomic:results']
    const change = (attributes: object) => ({ op: 'update', data: { type: 'videos', id: own.id, attributes } })
    const late = await send([{ op: 'remove', ref: { type: 'videos', id: own.id } }, change({ title: 'gone' })])
    expect(told(late)).toEqual([404, 'not_found', '/atomic:operations/1'])
    const given = await send([change({ state: 'draft' }), change({ title: 'mine' })])
    expect([given.status, given.json['atomic:results'][1].data.attributes.title]).toEqual([200, 'mine'])
    const hidden = comment('hidden', { relationships: { video: link('videos', own.id) } })
    const other = await send([hidden], api.tokens.owner)
    expect(told(other)).toEqual([404, 'not_found', '/atomic:operations/0/data/relationships/video'])
    expect((await send([hidden], null)).status).toBe(401)
  })

  it('are an extension, which is named, and plain JSON where that is sent or wanted', async () => {
    const body = { 'atomic:operations': [comment('x')] }
    const accepted = 'application/json, application/vnd.api+json;ext="https://jsonapi.org/ext/atomic"'
    for (const other of [
      'application/vnd.api+json',
      `${type}; charset=utf-8`,
      type.replace('atomic"', 'atomic https://x.org/e"'),
    ]) {
      const refused = await post(body, api.tokens.regular, { 'content-type': other })
      expect([refused.status, refused.headers.get('accept-post')], other).toEqual([415, accepted])
    }
    expect(told(await post({ data: [] }))).toEqual([400, 'malformed_document', ''])
    expect(told(await post({ 'atomic:operations': {} }))).toEqual([400, 'malformed_document', '/atomic:operations'])
    const plain = await post(body, api.tokens.regular, { accept: 'application/json' })
    expect([plain.status, plain.json.data[0].text]).toEqual([200, 'x'])
    const minimal = await post(body, api.tokens.regular, { prefer: 'return=minimal' })
    expect([minimal.status, minimal.text]).toEqual([204, ''])
  })

  it('are done once for one Idempotency-Key', async () => {
    const once = () => send([comment('once')], api.tokens.regular, { 'idempotency-key': '"atomic"' })
    const [first, second] = [await once(), await once()]
    expect(second.json).toEqual(first.json)
    expect(second.headers.get('content-type')).toBe(type)
    expect(await countOf('once')).toBe(1)
  })
})
