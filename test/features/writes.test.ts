import { afterAll, beforeAll, expect, it } from 'vitest'
import { startVideos, type VideosUnderTest } from '../support/api-under-test.ts'
import { describeEachServer } from '../support/databases.ts'

describeEachServer('writes', server => {
  let api: VideosUnderTest
  let video: number
  beforeAll(async () => {
    api = await startVideos(server)
    video = (await api.get('/videos?per_page=1&fields=id')).json.data[0].id
  }, 120_000)
  afterAll(() => api.close())

  const send = (method: string, path: string, body: unknown, token: string | null = api.tokens.regular, more = {}) =>
    api.get(path, {
      method,
      token,
      headers: { 'content-type': 'application/json', ...more },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })

  it('create a record, fill in what the role says, and answer it as a GET would', async () => {
    const made = await send('POST', '/comments', { video_id: video, text: 'Well done, “friend” 😀' })
    expect(made.json).toMatchObject({
      data: { text: 'Well done, “friend” 😀', video: { id: video }, user: { id: 20 } },
    })
    expect(made.status).toBe(201)
    const location = made.headers.get('location') ?? ''
    expect(location).toBe(`/api/comments/${made.json.data.id}`)
    const read = await api.get(location.slice('/api'.length), { token: api.tokens.regular })
    expect(read.json).toEqual(made.json)
    expect(made.headers.get('etag')).toBe(read.headers.get('etag'))
    expect(made.headers.get('cache-control')).toBe('no-store')
    expect(api.errors).toEqual([])
  })

  it('change a record of one’s own, merge, and refuse another’s', async () => {
    const { json } = await send('POST', '/comments', { video, text: 'mine' })
    const path = `/comments/${json.data.id}`
    const changed = await send('PATCH', path, { text: 'still mine' })
    expect([changed.status, changed.json.data.text]).toEqual([200, 'still mine'])
    expect((await send('PATCH', path, { text: 'not mine' }, api.tokens.owner)).status).toBe(403)
    expect((await send('PATCH', path, { text: 'nobody' }, null)).status).toBe(401)
    expect((await send('PATCH', '/comments/999999', { text: 'nothing' })).status).toBe(404)
    expect((await api.get(path, { token: api.tokens.regular })).json.data.text).toBe('still mine')
    expect((await send('DELETE', path, undefined, api.tokens.owner)).status).toBe(403)
    expect((await send('DELETE', path, undefined)).status).toBe(204)
    expect((await send('DELETE', path, undefined)).status).toBe(404)
    expect(api.errors).toEqual([])
  })

  it('name every field that is wrong, and none that is not there', async () => {
    const refused = await send('POST', '/comments', { text: 5, vdeo: 1, created_at: 'never' }, api.tokens.admin)
    expect(refused.status).toBe(422)
    expect(refused.json.errors.map((one: { source: { pointer: string } }) => one.source.pointer).sort()).toEqual([
      '/created_at',
      '/text',
      '/vdeo',
    ])
    // He may read it, and not write it.
    const mine = await send('POST', '/comments', { text: 'x', created_at: '2020-01-01T00:00:00Z' })
    expect([mine.status, mine.json.errors[0].source.pointer]).toEqual([403, '/created_at'])
  })

  it('answer a link to what is missing and to what is invisible alike', async () => {
    const { json } = await api.get('/videos?state=draft&per_page=1&fields=id', { token: api.tokens.admin })
    const invisible = await send('POST', '/comments', { text: 'x', video: { id: json.data[0].id } })
    const missing = await send('POST', '/comments', { text: 'x', video: { id: 999_999 } })
    const strip = (text: string) => text.replace(/"id":"[^"]*"/, '')
    expect(invisible.status).toBe(422)
    expect(strip(invisible.text)).toBe(strip(missing.text))
    expect(invisible.json.errors[0]).toMatchObject({ code: 'link_not_found', source: { pointer: '/video' } })
  })

  it('do many at once, all or nothing', async () => {
    const made = await send('POST', '/comments', [
      { video, text: 'one' },
      { video, text: 'two' },
      { video, text: 'three' },
    ])
    expect(made.status).toBe(201)
    expect(made.json.data.map((one: { text: string }) => one.text)).toEqual(['one', 'two', 'three'])
    const ids = made.json.data.map((one: { id: number }) => one.id)
    const changed = await send('PATCH', '/comments', [
      { id: ids[0], text: '1' },
      { id: ids[1], text: '2' },
    ])
    expect(changed.json.data.map((one: { text: string }) => one.text)).toEqual(['1', '2'])
    const half = await send('PATCH', '/comments', [
      { id: ids[0], text: 'lost' },
      { id: 999_999, text: 'nothing' },
    ])
    expect(half.status).toBe(404)
    expect((await api.get(`/comments/${ids[0]}`, { token: api.tokens.regular })).json.data.text).toBe('1')
    expect((await send('DELETE', '/comments', ids)).status).toBe(204)
  })

  it('heed If-Match', async () => {
    const { json, headers } = await send('POST', '/comments', { video, text: 'v1' })
    const path = `/comments/${json.data.id}`
    const tag = headers.get('etag') as string
    expect((await send('PATCH', path, { text: 'v2' }, api.tokens.regular, { 'if-match': tag })).status).toBe(200)
    const late = await send('PATCH', path, { text: 'v3' }, api.tokens.regular, { 'if-match': tag })
    expect([late.status, late.json.errors[0].code]).toEqual([412, 'precondition_failed'])
    expect((await send('DELETE', path, undefined, api.tokens.regular, { 'if-match': '*' })).status).toBe(204)
  })

  it('write under a record, which fills in the foreign key', async () => {
    const made = await send('POST', `/videos/${video}/comments`, { text: 'below' })
    expect([made.status, made.json.data.video.id]).toEqual([201, video])
    expect((await send('POST', '/videos/999999/comments', { text: 'below' })).status).toBe(404)
  })

  it('answer without a body where that is preferred', async () => {
    const made = await send('POST', '/comments', { video, text: 'quiet' }, api.tokens.regular, {
      prefer: 'return=minimal',
    })
    expect([made.status, made.text, made.headers.get('preference-applied')]).toEqual([201, '', 'return=minimal'])
    const id = made.headers.get('location')?.split('/').at(-1)
    const changed = await send('PATCH', `/comments/${id}`, { text: 'q' }, api.tokens.regular, {
      prefer: 'return=minimal',
    })
    expect([changed.status, changed.text]).toEqual([204, ''])
    const gone = await send('DELETE', `/comments/${id}`, undefined, api.tokens.regular, {
      prefer: 'return=representation',
    })
    expect([gone.status, gone.json.data.text]).toEqual([200, 'q'])
  })
})
