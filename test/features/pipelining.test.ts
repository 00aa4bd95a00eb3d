import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startVideos, type VideosUnderTest } from '../support/api-under-test.ts'
import { describeEachServer } from '../support/databases.ts'

describeEachServer('pipelined requests', server => {
  let api: VideosUnderTest
  beforeAll(async () => {
    api = await startVideos(server)
  }, 120_000)
  afterAll(() => api.close())

  it('are answered in order, and begun only when those before them were taken', async () => {
    const count = 200
    const socket = connect(api.server.port, '127.0.0.1')
    const request = (i: number) =>
      `GET /api/videos?page[size]=100&page[number]=${(i % 3) + 1}&include=user HTTP/1.1\r\nHost: localhost\r\n\r\n`
    socket.pause()
    api.statements.length = 0
    socket.write(Array.from({ length: count }, (_, i) => request(i)).join(''))
    // Until nothing more is begun, for nobody reads.
    for (let before = -1; before !== api.statements.length; await sleep(300)) before = api.statements.length
    expect(api.statements.length).toBeGreaterThan(0)
    expect(api.statements.length).toBeLessThan(count)
    let text = ''
    socket.setEncoding('latin1').on('data', chunk => {
      text += chunk
    })
    socket.resume()
    while ((text.match(/HTTP\/1\.1 200 OK/g) ?? []).length < count) await sleep(20)
    socket.destroy()
    const numbers = [...text.matchAll(/rel="next"/g)].length
    expect(numbers).toBe(count)
    expect(api.statements).toHaveLength(count)
  }, 60_000)
})
