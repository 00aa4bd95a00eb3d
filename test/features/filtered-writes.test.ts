import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { startVideos, type VideosUnderTest } from '../support/api-under-test.ts'
import { describeEachServer } from '../support/databases.ts'

describeEachServer('a write by filter', server => {
  let api: VideosUnderTest
  let video: number
  let ids: readonly number[]
  let round = 0
  let mark: string
  beforeAll(async () => {
    api = await startVideos(server)
    video = (await api.get('/videos?per_page=1&fields=id')).json.data[0].id
  }, 120_000)
  afterAll(() => api.close())
  beforeEach(async () => {
    round += 1
    mark = `mark ${round}`
    const made = await send(
      'POST',
      '/comments',
      [1, 2, 3].map(i => ({ video, text: `${mark} ${i}` })),
    )
    ids = made.json.data.map((one: { id: number }) => one.id)
  })

  const send = (method: string, path: string, body?: unknown, token: string | null = api.tokens.regular, more = {}) =>
    api.get(path, {
      method,
      token,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...more },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
  const texts = async () =>
    (await api.get(`/comments?filter[id][in]=${ids.join()}&sort=id`, { token: api.tokens.admin })).json.data.map(
      (one: { text: string }) => one.text,
    )
  const found = (rest = '') => `/comments?filter[text][starts_with]=${encodeURIComponent(mark)}${rest}`

  it('changes all that it finds, and counts them', async () => {
    const changed = await send('PATCH', found('&max_affected=3'), { text: `${mark} new` })
    expect([changed.status, changed.json]).toEqual([200, { meta: { affected: 3 } }])
    expect(await texts()).toEqual([`${mark} new`, `${mark} new`, `${mark} new`])
    expect(api.errors).toEqual([])
  })

  it('answers the records where that is preferred', async () => {
    const changed = await send('PATCH', found('&fields=text'), { text: `${mark} x` }, api.tokens.regular, {
      prefer: 'return=representation, max-affected=5',
    })
    expect(changed.json).toEqual({
      data: ids.map(id => ({ id, text: `${mark} x` })),
      meta: { affected: 3 },
    })
    expect(changed.headers.get('preference-applied')).toBe('return=representation, max-affected=5')
    const gone = await send('DELETE', found('&max_affected=3&fields=text'), undefined, api.tokens.regular, {
      prefer: 'return=representation',
    })
    expect([gone.status, gone.json.data.length, gone.json.meta.affected]).toEqual([200, 3, 3])
    expect(await texts()).toEqual([])
  })

  it('does nothing where it would be more', async () => {
    const refused = await send('DELETE', found('&max_affected=2'))
    expect([refused.status, refused.json.errors[0].code]).toEqual([409, 'too_many_affected'])
    expect((await send('PATCH', found('&max_affected=0'), { text: 'x' })).status).toBe(409)
    expect((await texts()).length).toBe(3)
    expect((await send('DELETE', found('&max_affected=3'))).json).toEqual({ meta: { affected: 3 } })
    expect((await send('DELETE', found('&max_affected=3'))).json).toEqual({ meta: { affected: 0 } })
  })

  it('says what no role does before it looks at the filter, and looks at the filter before the body', async () => {
    const wrong = '/comments?filter[nosuch]=1&max_affected=9'
    expect((await send('DELETE', wrong, undefined, null)).status).toBe(401)
    expect((await send('PATCH', '/posts?filter[nosuch]=1&max_affected=9', { nosuch: 1 })).status).toBe(403)
    for (const refused of [await send('DELETE', wrong), await send('PATCH', wrong, { nosuch: 1 })]) {
      expect([refused.status, refused.json.errors[0].code]).toEqual([400, 'unknown_field'])
      expect(refused.json.errors[0].source).toEqual({ parameter: 'filter[nosuch]' })
    }
    expect((await texts()).length).toBe(3)
  })

  it('does nothing where one of them is not the caller’s', async () => {
    const other = await send('POST', '/comments', { video, text: `${mark} other` }, api.tokens.owner)
    expect(other.status).toBe(201)
    expect((await send('PATCH', found('&max_affected=9'), { text: 'x' })).status).toBe(403)
    expect((await send('DELETE', found('&max_affected=9'))).status).toBe(403)
    expect((await texts()).length).toBe(3)
    expect((await texts()).every((text: string) => text.startsWith(mark))).toBe(true)
    expect((await send('DELETE', found('&max_affected=9'), undefined, null)).status).toBe(401)
  })

  it('refuses what no record may be given before it looks for records, a new record in place of a key too', async () => {
    const body = { video: { nosuch: 1 } }
    const asked = (max: number, more = '') =>
      send('PATCH', found(`${more}&max_affected=${max}`), body, api.tokens.admin)
    for (const { status, json } of [await asked(9), await asked(0), await asked(9, ' of nothing')])
      expect([status, json.errors.map((one: { source: unknown }) => one.source)]).toEqual([
        422,
        expect.arrayContaining([{ pointer: '/video/nosuch' }]),
      ])
  })

  it('finds what its caller sees, and no more', async () => {
    const draft = (await api.get('/videos?state=draft&per_page=1&fields=id', { token: api.tokens.admin })).json.data[0]
      .id
    const hidden = await send('POST', '/comments', { video: draft, text: `${mark} hidden` }, api.tokens.admin)
    expect(hidden.status).toBe(201)
    expect((await send('DELETE', found('&max_affected=3'))).json).toEqual({ meta: { affected: 3 } })
    const still = await api.get(`/comments/${hidden.json.data.id}`, { token: api.tokens.admin })
    expect(still.status).toBe(200)
  })

  it('asks for a filter and a number', async () => {
    const code = async (method: string, path: string, body?: unknown) => {
      const { status, json } = await send(method, path, body)
      return [status, json.errors[0].code]
    }
    expect(await code('DELETE', '/comments')).toEqual([400, 'filter_needed'])
    expect(await code('DELETE', '/comments?max_affected=5')).toEqual([400, 'filter_needed'])
    expect(await code('PATCH', found(), { text: 'x' })).toEqual([400, 'max_affected_needed'])
    expect(await code('PATCH', found('&max_affected=3&sort=id'), { text: 'x' })).toEqual([400, 'unknown_parameter'])
    expect(await code('PATCH', found('&max_affected=3'), { vdeo: 1 })).toEqual([422, 'unknown_member'])
    expect(await code('DELETE', '/comments?nothing=1&max_affected=3')).toEqual([400, 'unknown_parameter'])
    expect(await code('GET', '/comments?max_affected=5')).toEqual([400, 'unknown_parameter'])
    expect(await code('DELETE', `/comments/${ids[0]}?max_affected=5`)).toEqual([400, 'unknown_parameter'])
    expect(await code('PATCH', found(), [{ id: ids[0], text: 'x' }])).toEqual([400, 'unknown_parameter'])
    expect((await texts()).length).toBe(3)
    expect(api.errors).toEqual([])
  })
})
