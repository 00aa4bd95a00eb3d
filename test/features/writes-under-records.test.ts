import { afterAll, beforeAll, expect, it } from 'vitest'
import { startVideos, type VideosUnderTest } from '../support/api-under-test.ts'
import { describeEachServer } from '../support/databases.ts'

describeEachServer('a record under another', server => {
  let api: VideosUnderTest
  let own: number
  let other: number
  let draft: number
  let id: number
  beforeAll(async () => {
    api = await startVideos(server)
    const { json } = await api.get('/videos?state=published&per_page=2&fields=id')
    own = json.data[0].id
    other = json.data[1].id
    draft = (await api.get('/videos?state=draft&per_page=1&fields=id', { token: api.tokens.admin })).json.data[0].id
    id = (await send('POST', `/videos/${own}/comments`, { text: 'one' })).json.data.id
  }, 120_000)
  afterAll(() => api.close())

  const send = (method: string, path: string, body: unknown, token: string | null = api.tokens.regular, more = {}) =>
    api.get(path, {
      method,
      token,
      headers: { 'content-type': 'application/json', ...more },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })

  it('is changed and deleted by its path', async () => {
    const changed = await send('PATCH', `/videos/${own}/comments/${id}`, { text: 'two' })
    expect([changed.status, changed.json?.data.text, changed.json?.data.video.id]).toEqual([200, 'two', own])
    const made = await send('POST', `/videos/${own}/comments`, { text: 'to go' })
    expect((await send('DELETE', `/videos/${own}/comments/${made.json.data.id}`, undefined)).status).toBe(204)
    expect(api.errors).toEqual([])
  })

  it('is not there under a record that it does not belong to, and stays as it is', async () => {
    for (const parent of [other, draft, 999_999, 'x']) {
      const path = `/videos/${parent}/comments/${id}`
      expect((await send('PATCH', path, { text: 'moved' })).status).toBe(404)
      expect((await send('DELETE', path, undefined)).status).toBe(404)
      expect((await send('PATCH', path, { text: 'moved' }, api.tokens.regular, { 'if-match': '"x"' })).status).toBe(404)
      expect((await send('PATCH', path, { text: 'moved' }, api.tokens.admin)).status).toBe(404)
    }
    const { json } = await api.get(`/comments/${id}`, { token: api.tokens.admin })
    expect([json.data.text, json.data.video.id]).toEqual(['two', own])
    expect(api.errors).toEqual([])
  })

  it('fills in no foreign key that its writer may not choose', async () => {
    const before = (await api.get('/users/18/comments?page[total]=exact')).json.meta.page.total
    const forged = await send('POST', '/users/18/comments', { video: own, text: 'not by 18' })
    expect([forged.status, forged.json.errors[0].code]).toEqual([403, 'forbidden'])
    expect((await api.get('/users/18/comments?page[total]=exact')).json.meta.page.total).toBe(before)
  })

  it('heeds If-Match with the tag of its own URL', async () => {
    const path = `/videos/${own}/comments/${id}`
    const tag = (await api.get(path, { token: api.tokens.regular })).headers.get('etag') as string
    expect((await send('PATCH', path, { text: 'three' }, api.tokens.regular, { 'if-match': tag })).status).toBe(200)
    expect((await send('PATCH', path, { text: 'four' }, api.tokens.regular, { 'if-match': tag })).status).toBe(412)
  })

  it('is reached through a join table too', async () => {
    const { json } = await api.get('/video-tags?per_page=1&fields=video,tag')
    const { video, tag } = json.data[0]
    const free = await api.get(`/tags?per_page=1&fields=id&filter[videos][none][id]=${video.id}`)
    const path = `/videos/${video.id}/tags`
    const same = await api.get(`${path}/${tag.id}`, { token: api.tokens.admin })
    const body = { name: same.json.data.name }
    expect((await send('PATCH', `${path}/${tag.id}`, body, api.tokens.admin)).status).toBe(200)
    expect((await send('PATCH', `${path}/${free.json.data[0].id}`, body, api.tokens.admin)).status).toBe(404)
    expect(api.errors).toEqual([])
  })
})
