// Runs the requests of docs/jsonapi-writes.md, in their order, and holds the answers to what stands there.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startVideos, type VideosUnderTest } from '../support/api-under-test.ts'
import { describeEachServer } from '../support/databases.ts'
import { readExchanges } from '../support/exchanges.ts'

describeEachServer('docs/jsonapi-writes.md', server => {
  let api: VideosUnderTest
  beforeAll(async () => {
    api = await startVideos(server)
  }, 120_000)
  afterAll(async () => {
    await api.close()
    expect(api.errors).toEqual([])
  })

  it('shows what is answered', async () => {
    const all = await readExchanges('jsonapi-writes.md')
    expect(all.length).toBe(7)
    for (const { method, path, headers, body, status, answer } of all) {
      const role = (headers.Authorization ?? '').replace('Bearer ', '').toLowerCase() as 'regular'
      const { Authorization: _, ...rest } = headers
      const reply = await api.get(path.slice('/api'.length), {
        ...{ method, token: api.tokens[role], headers: rest },
        ...(body !== undefined && { body }),
      })
      const where = `${method} ${path}: ${reply.text}`
      expect(reply.status, where).toBe(status)
      if (answer === undefined) expect(reply.text, where).toBe('')
      else expect(reply.json, where).toMatchObject(JSON.parse(answer))
    }
  })
})
