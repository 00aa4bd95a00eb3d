import { afterAll, beforeAll, expect, it } from 'vitest'
import { startVideos, type VideosUnderTest } from '../support/api-under-test.ts'
import { describeEachServer } from '../support/databases.ts'

describeEachServer('the videos example', server => {
  let api: VideosUnderTest
  beforeAll(async () => {
    api = await startVideos(server)
  })
  afterAll(() => api.close())

  it('answers a guest', async () => {
    const { status, json } = await api.get('/v1/user/17')
    expect(status).toBe(200)
    expect(Object.keys(json.data)).toEqual(['id', 'username', 'name', 'links'])
  })
})
