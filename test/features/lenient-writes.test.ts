import { afterAll, beforeAll, expect, it } from 'vitest'
import { startVideos, type VideosUnderTest } from '../support/api-under-test.ts'
import { describeEachServer } from '../support/databases.ts'

describeEachServer('handling=lenient', server => {
  let api: VideosUnderTest
  let video: number
  beforeAll(async () => {
    api = await startVideos(server)
    video = (await api.get('/videos?per_page=1&fields=id')).json.data[0].id
  }, 120_000)
  afterAll(() => api.close())

  const send = (method: string, path: string, body: unknown, prefer = 'handling=lenient', token = api.tokens.regular) =>
    api.get(path, {
      method,
      token,
      headers: { 'content-type': 'application/json', prefer },
      body: JSON.stringify(body),
    })
  const statuses = (json: { data: { status: number }[] }) => json.data.map(one => one.status)

  it('does what it can, and answers each entry in its order', async () => {
    const made = await send('POST', '/comments', [
      { video, text: 'lenient 1' },
      { video, text: 5 },
      { video: 999_999, text: 'nowhere' },
      { video, text: 'lenient “2”' },
    ])
    expect(made.status).toBe(207)
    expect(statuses(made.json)).toEqual([201, 422, 422, 201])
    expect(made.json.data[3].data).toMatchObject({ text: 'lenient “2”', video: { id: video } })
    expect(made.json.data[1].errors[0].source.pointer).toBe('/1/text')
    expect(made.json.data[2].errors[0]).toMatchObject({ code: 'link_not_found', source: { pointer: '/2/video' } })
    expect(made.headers.get('preference-applied')).toBe('handling=lenient')
    const kept = await api.get('/comments?filter[text][starts_with]=lenient', { token: api.tokens.regular })
    expect(kept.json.data.length).toBe(2)
    expect(api.errors).toEqual([])
  })

  it('goes on after the database has refused one', async () => {
    const tag = (await api.get('/tags?per_page=1')).json.data[0]
    const made = await send(
      'POST',
      '/tags',
      [{ name: 'lenient a' }, { name: tag.name }, { name: 'lenient b' }],
      'handling=lenient',
      api.tokens.admin,
    )
    expect(statuses(made.json)).toEqual([201, 422, 201])
    expect(made.json.data[1].errors[0].code).toBe('already_exists')
    expect(api.errors).toEqual([])
  })

  it('changes and deletes what it may', async () => {
    const made = await send(
      'POST',
      '/comments',
      [
        { video, text: 'a' },
        { video, text: 'b' },
      ],
      'return=representation',
    )
    const [a, b] = made.json.data.map((one: { id: number }) => one.id)
    const other = await send('POST', '/comments', { video, text: 'c' }, '', api.tokens.owner)
    const changed = await send('PATCH', '/comments', [
      { id: a, text: 'a2' },
      { id: other.json.data.id, text: 'c2' },
      { id: 999_999, text: 'x' },
      { text: 'no key' },
      { id: b, text: 'b2' },
    ])
    expect(statuses(changed.json)).toEqual([200, 403, 404, 422, 200])
    const gone = await send('DELETE', '/comments', [a, other.json.data.id, b])
    expect(gone.json.data.map((one: { status: number }) => one.status)).toEqual([204, 403, 204])
    expect((await api.get(`/comments/${a}`)).status).toBe(404)
    expect((await api.get(`/comments/${other.json.data.id}`)).status).toBe(200)
  })

  it('stays all or nothing without it', async () => {
    const refused = await send(
      'POST',
      '/comments',
      [
        { video, text: 'atomic' },
        { video, text: 5 },
      ],
      'handling=strict',
    )
    expect(refused.status).toBe(422)
    const kept = await api.get('/comments?filter[text]=atomic', { token: api.tokens.regular })
    expect(kept.json.data).toEqual([])
  })
})
