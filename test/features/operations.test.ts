import { afterAll, beforeAll, expect, it } from 'vitest'
import { startVideos, type VideosUnderTest } from '../support/api-under-test.ts'
import { describeEachServer } from '../support/databases.ts'

describeEachServer('operations', server => {
  let api: VideosUnderTest
  let video: number
  beforeAll(async () => {
    api = await startVideos(server)
    video = (await api.get('/videos?per_page=1&fields=id')).json.data[0].id
  }, 120_000)
  afterAll(() => api.close())

  const send = (operations: unknown, token: string | null = api.tokens.regular, more = {}) =>
    api.get('/operations', {
      method: 'POST',
      token,
      headers: { 'content-type': 'application/json', ...more },
      body: JSON.stringify({ operations }),
    })
  const add = (data: unknown, more = {}) => ({ op: 'add', resource: 'comments', data, ...more })
  const countOf = async (text: string) =>
    (await api.get(`/comments?filter[text]=${encodeURIComponent(text)}&page[total]=exact`, { token: api.tokens.admin }))
      .json.meta.page.total as number

  it('write one after another, and answer each record as its caller sees it', async () => {
    const [{ id }] = (await send([add({ video, text: 'to go' })])).json.data
    const { status, json, headers } = await send([
      add({ video, text: 'first' }, { lid: 'a' }),
      { op: 'update', resource: 'comments', id: { lid: 'a' }, data: { text: 'changed' } },
      { op: 'remove', resource: 'comments', id },
    ])
    expect(status).toBe(200)
    expect(headers.get('cache-control')).toBe('no-store')
    const [made, changed, removed] = json.data
    expect([made.text, changed.text, changed.id, removed]).toEqual(['first', 'changed', made.id, null])
    const read = await api.get(`/comments/${made.id}`, { token: api.tokens.regular })
    expect(read.json.data).toEqual({ ...changed, updated_at: read.json.data.updated_at })
    expect((await api.get(`/comments/${id}`, { token: api.tokens.regular })).status).toBe(404)
    expect(api.errors).toEqual([])
  })

  it('point to a record that an earlier one made, by its lid', async () => {
    const film = { title: 'With its comments', file: 'film.mp4', state: 'published' }
    const { status, json } = await send([
      { op: 'add', resource: 'videos', data: film, lid: 'film' },
      add({ video: { lid: 'film' }, text: 'lid one' }, { lid: 'thread' }),
      add({ video_id: { lid: 'film' }, comment: { lid: 'thread' }, text: 'lid two' }),
    ])
    expect(status).toBe(200)
    const [made, one, two] = json.data
    expect([one.video.id, two.video.id, two.comment.id]).toEqual([made.id, made.id, one.id])
    const below = await api.get(`/videos/${made.id}/comments`, { token: api.tokens.regular })
    expect(below.json.data.map((comment: { id: number }) => comment.id).sort()).toEqual([one.id, two.id].sort())
  })

  it('undo all where one is refused, and point to it', async () => {
    const mine = (await send([add({ video, text: 'mine' })])).json.data[0].id
    const refusals: readonly (readonly [unknown, number, string, string])[] = [
      [add({ video, text: 5 }), 422, 'invalid_member', '/operations/1/data/text'],
      [add({ video: { id: 999_999 }, text: 'x' }), 422, 'link_not_found', '/operations/1/data/video'],
      [
        add({ video, text: 'x', created_at: '2020-01-01T00:00:00Z' }),
        403,
        'forbidden',
        '/operations/1/data/created_at',
      ],
      [{ op: 'update', resource: 'comments', id: 999_999, data: { text: 'x' } }, 404, 'not_found', '/operations/1'],
      [{ op: 'remove', resource: 'comments', id: 3 }, 403, 'forbidden', '/operations/1'],
      [{ op: 'add', resource: 'tags', data: { name: 'new' } }, 403, 'forbidden', '/operations/1'],
      [add({ video: { lid: 'nobody' }, text: 'x' }), 422, 'invalid_member', '/operations/1/data/video/lid'],
      [
        add({ comment: { lid: 'a' }, video: { lid: 'a' }, text: 'x' }),
        422,
        'invalid_member',
        '/operations/1/data/video/lid',
      ],
    ]
    for (const [i, [operation, status, code, pointer]] of refusals.entries()) {
      const text = `undone ${i}`
      const { json, ...reply } = await send([add({ video, text }, { lid: 'a' }), operation])
      const [error] = json.errors
      expect([reply.status, error.code, error.source.pointer]).toEqual([status, code, pointer])
      expect(await countOf(text)).toBe(0)
    }
    expect((await api.get(`/comments/${mine}`, { token: api.tokens.regular })).status).toBe(200)
    expect(api.errors).toEqual([])
  })

  it('permit what the same requests one after another would', async () => {
    // What an earlier operation takes away, a later one no longer has.
    const own = (await send([{ op: 'add', resource: 'videos', data: { title: 't', file: 'f', state: 'published' } }]))
      .json.data[0].id
    const late = await send([
      { op: 'remove', resource: 'videos', id: own },
      { op: 'update', resource: 'videos', id: own, data: { title: 'gone' } },
    ])
    expect([late.status, late.json.errors[0].source.pointer]).toEqual([404, '/operations/1'])
    expect((await api.get(`/videos/${own}`, { token: api.tokens.regular })).status).toBe(200)
    // And what it gives, a later one has: a draft is its owner's alone, and published everybody's.
    const given = await send([
      { op: 'update', resource: 'videos', id: own, data: { state: 'draft' } },
      { op: 'update', resource: 'videos', id: own, data: { title: 'mine' } },
    ])
    expect([given.status, given.json.data[1].title]).toEqual([200, 'mine'])
    const other = await send([add({ video: own, text: 'hidden' })], api.tokens.owner)
    expect([other.status, other.json.errors[0].code]).toEqual([422, 'link_not_found'])
    expect((await send([{ op: 'remove', resource: 'follows', id: '18,20' }], null)).status).toBe(401)
  })

  it('refuse a body that is none of operations, and say where', async () => {
    const ok = add({ video, text: 'never there' })
    const refusals: readonly (readonly [unknown, number, string, string])[] = [
      [undefined, 422, 'missing_member', '/operations'],
      [{}, 422, 'invalid_member', '/operations'],
      [[ok, 1], 400, 'malformed_body', '/operations/1'],
      [[ok, {}], 422, 'missing_member', '/operations/1/op'],
      [[ok, { ...ok, op: 'replace' }], 422, 'invalid_member', '/operations/1/op'],
      [[ok, { ...ok, id: 1 }], 422, 'unknown_member', '/operations/1/id'],
      [[ok, { op: 'add', data: {} }], 422, 'missing_member', '/operations/1/resource'],
      [[ok, { ...ok, resource: 'coments' }], 404, 'not_found', '/operations/1/resource'],
      [[ok, { op: 'add', resource: 'comments' }], 422, 'missing_member', '/operations/1/data'],
      [[ok, { op: 'remove', resource: 'comments', id: [1] }], 422, 'invalid_member', '/operations/1/id'],
      [[ok, { op: 'remove', resource: 'comments', id: 1, data: {} }], 422, 'unknown_member', '/operations/1/data'],
      [
        [
          { ...ok, lid: 'a' },
          { ...ok, lid: 'a' },
        ],
        422,
        'invalid_member',
        '/operations/1/lid',
      ],
      [[{ ...ok, lid: 1 }], 422, 'invalid_member', '/operations/0/lid'],
      [Array.from({ length: 1001 }, () => ok), 400, 'limit_exceeded', '/operations'],
    ]
    for (const [operations, status, code, pointer] of refusals) {
      const { json, ...reply } = await send(operations)
      expect([reply.status, json.errors[0].code, json.errors[0].source.pointer]).toEqual([status, code, pointer])
    }
    expect((await send([])).json).toEqual({ data: [] })
    expect((await send([ok], api.tokens.regular, { 'if-match': '"x"' })).status).toBe(400)
    expect(await countOf('never there')).toBe(0)
    const read = await api.get('/operations')
    expect([read.status, read.headers.get('allow')]).toEqual([405, 'OPTIONS, POST'])
  })

  it('answer nothing where that is preferred', async () => {
    const { status, text, headers } = await send([add({ video, text: 'quiet' })], api.tokens.regular, {
      prefer: 'Return = minimal',
    })
    expect([status, text, headers.get('preference-applied')]).toEqual([204, '', 'return=minimal'])
    expect(await countOf('quiet')).toBe(1)
  })
})
