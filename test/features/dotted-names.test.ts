// A dot in a name is the same as a bracket, wherever names stand.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startVideos, type VideosUnderTest } from '../support/api-under-test.ts'
import { describeEachServer } from '../support/databases.ts'

describeEachServer('dotted names', server => {
  let api: VideosUnderTest
  beforeAll(async () => {
    api = await startVideos(server)
  })
  afterAll(() => api.close())

  it('asks of one related record what two dotted conditions say', async () => {
    const same = [
      'filter[comments.text][contains]=Leon&filter[comments.user_id]=14',
      'filter[comments][text][contains]=Leon&filter[comments][user_id]=14',
      'comments.text[contains]=Leon&comments.user_id=14',
      'filter[comments.text,comments.text][contains]=Leon&filter[comments][user_id]=14',
    ]
    const answers = await Promise.all(
      same.map(async query => (await api.get(`/videos?fields=title&${query}`)).json.data),
    )
    expect(answers[0].length).toBeGreaterThan(0)
    for (const answer of answers) expect(answer).toEqual(answers[0])
  })

  it('takes an argument of a scope that could be a flag', async () => {
    const one = await api.get('/videos?scope[created_between]=1')
    expect(one.status).toBe(400)
    expect(one.json.errors[0].detail).toContain('"1"')
    expect((await api.get('/videos?scope[published]=0&fields=title')).status).toBe(200)
  })

  it('takes the list of a type that could be a flag', async () => {
    expect((await api.get('/videos?fields[videos]=t')).json.errors[0].detail).toContain('"t"')
  })
})
