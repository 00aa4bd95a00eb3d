// Tests that the bench puts load on real servers, and refuses those that answer wrongly.
import { createServer, type RequestListener } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { checkAnswers } from '../../bench/check-answers.ts'
import { type Child, startChild } from '../../bench/child.ts'
import type { BenchRequest, Load, Serving, Task } from '../../bench/contender.ts'
import { listenOn } from '../../bench/contenders/listen-on.ts'
import { findDifference } from '../../bench/find-difference.ts'

const requests: BenchRequest[] = Array.from({ length: 100 }, (_, i) => ({ method: 'GET', path: `/api/videos/${i}` }))
const task: Task = {
  ...{ workload: 'W1', requests, contenders: [], statuses: [200], writes: false, cached: false },
  ...{ statement: { text: '', values: [] }, body: '', bytes: 0 },
}
const servings: Serving[] = []
let load: Child

beforeAll(() => {
  load = startChild(new URL('../../bench/put-load.ts', import.meta.url), ['the load generator'])
})
afterAll(async () => {
  await load.stop()
  for (const serving of servings) await serving.close()
})

async function serve(listener: RequestListener): Promise<number> {
  const serving = await listenOn(createServer(listener))
  servings.push(serving)
  return serving.port
}

it('puts every request over its connections, and counts the answers', async () => {
  const asked = new Set<string>()
  let answers = 0
  const port = await serve((request, response) => {
    asked.add(request.url ?? '')
    answers += 1
    response.end('{}')
  })
  const done = await load.ask<Load>({ port, requests, statuses: [200], connections: 4, seconds: 0.5 })
  const { seconds, p50, p99 } = done
  expect([...asked].sort()).toEqual(requests.map(({ path }) => path).sort())
  // Some were under way when the time was over.
  expect(answers - done.requests).toBeGreaterThanOrEqual(0)
  expect(answers - done.requests).toBeLessThanOrEqual(4)
  expect(seconds).toBeGreaterThan(0.4)
  expect(p50).toBeGreaterThan(0)
  expect(p99).toBeGreaterThanOrEqual(p50)
})

it('sends methods, headers and bodies as they are, by every connection where there are fewer requests', async () => {
  const seen = new Set<string>()
  const connections = new Set<unknown>()
  const port = await serve(async (request, response) => {
    connections.add(request.socket)
    seen.add([request.method, request.headers.authorization, await text(request)].join(' '))
    response.writeHead(201).end('{}')
  })
  const post: BenchRequest = { method: 'POST', path: '/', headers: { authorization: 'Bearer a' }, body: '{"a":"ö"}' }
  await load.ask({ port, requests: [post], statuses: [201], connections: 3, seconds: 0.3 })
  expect([...seen]).toEqual(['POST Bearer a {"a":"ö"}'])
  expect(connections.size).toBe(3)
})

it('takes 304 without a body for an answer', async () => {
  const port = await serve((request, response) =>
    response.writeHead(request.headers['if-none-match'] === '"a"' ? 304 : 200).end(),
  )
  const known: BenchRequest = { method: 'GET', path: '/', headers: { 'if-none-match': '"a"' } }
  const done = await load.ask<Load>({ port, requests: [known], statuses: [304], connections: 2, seconds: 0.3 })
  expect(done.requests).toBeGreaterThan(2)
})

it('fails where a server answers other than it should', async () => {
  const port = await serve((_, response) => response.writeHead(500).end())
  const asked = load.ask({ port, requests, statuses: [200, 201], connections: 2, seconds: 0.2 })
  await expect(asked).rejects.toThrow(/where 200 or 201 is right, \d+ were 500/)
})

it('takes servers for equal whose answers differ in links and in the spelling of times only', async () => {
  const one = await serve((_, response) => response.end('{"data":{"id":1,"at":"2016-01-24T12:00:00Z"},"links":{}}'))
  const other = await serve((_, response) =>
    response.end('{"data":{"at":"2016-01-24T12:00:00.000+00:00","id":1,"links":{"self":"/"}}}'),
  )
  await checkAnswers(task, { name: 'one', port: one }, { name: 'other', port: other })
})

it('takes what is made anew for equal in answers to inserts only', async () => {
  const one = await serve((_, response) => response.writeHead(201).end('{"data":{"id":1,"text":"a"}}'))
  const other = await serve((_, response) => response.writeHead(201).end('{"data":{"id":2,"text":"a"}}'))
  const check = (method: BenchRequest['method']) =>
    checkAnswers(
      { ...task, requests: [{ method, path: '/' }], statuses: [201] },
      { name: 'one', port: one },
      { name: 'other', port: other },
    )
  await check('POST')
  await expect(check('GET')).rejects.toThrow('data.id: 1 and 2')
})

it('refuses to compare an answer of another status', async () => {
  const port = await serve((_, response) => response.end('{"data":1}'))
  const checked = checkAnswers({ ...task, statuses: [201] }, { name: 'one', port }, { name: 'other', port })
  await expect(checked).rejects.toThrow('answers 200 to /api/videos/0')
})

it('names the path where two servers differ', async () => {
  const one = await serve((_, response) => response.end('{"data":[{"id":1,"user":{"name":"a"}}]}'))
  const other = await serve((_, response) => response.end('{"data":[{"id":1,"user":{"name":"b"}}]}'))
  const checked = checkAnswers(task, { name: 'one', port: one }, { name: 'other', port: other })
  await expect(checked).rejects.toThrow(
    /one and other differ on GET \/api\/videos\/0\n {2}data\[0\]\.user\.name: "a" and "b"/,
  )
})

it.each([
  [[1, 2], [1], ': 2 and 1 items'],
  [{ a: null }, {}, '.a: null and undefined'],
  [[1], { 0: 1 }, ': [1] and {"0":1}'],
  [{ a: 1 }, { a: '1' }, '.a: 1 and "1"'],
  ['2016-01-24T12:00:00Z', '2016-01-24T12:00:01Z', ': "2016-01-24T12:00:00Z" and "2016-01-24T12:00:01Z"'],
])('tells %j from %j', (a, b, difference) => {
  expect(findDifference(a, b)).toBe(difference)
})

it('tells when a child ends in place of an answer', async () => {
  const child = startChild(new URL('../../bench/serve-contender.ts', import.meta.url), ['nobody'])
  await expect(child.ask({ kind: 'serve', setup: {} })).rejects.toThrow('nobody is no server')
  await child.stop()
  await expect(child.ask({ kind: 'usage' })).rejects.toThrow()
})
