// Tests that the bench puts load on real servers, and refuses those that answer wrongly.
import { createServer, type RequestListener } from 'node:http'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { checkAnswers } from '../../bench/check-answers.ts'
import { type Child, startChild } from '../../bench/child.ts'
import type { Load, Serving, Task } from '../../bench/contender.ts'
import { listenOn } from '../../bench/contenders/listen-on.ts'
import { findDifference } from '../../bench/find-difference.ts'

const paths = Array.from({ length: 100 }, (_, i) => `/api/videos/${i}`)
const task: Task = { workload: 'W1', paths, text: '', values: [], body: '', bytes: 0 }
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

it('asks for every path over its connections, and counts the answers', async () => {
  const asked = new Set<string>()
  let answers = 0
  const port = await serve((request, response) => {
    asked.add(request.url ?? '')
    answers += 1
    response.end('{}')
  })
  const { requests, seconds, p50, p99 } = await load.ask<Load>({ port, paths, connections: 4, seconds: 0.5 })
  expect([...asked].sort()).toEqual([...paths].sort())
  // Some were under way when the time was over.
  expect(answers - requests).toBeGreaterThanOrEqual(0)
  expect(answers - requests).toBeLessThanOrEqual(4)
  expect(seconds).toBeGreaterThan(0.4)
  expect(p50).toBeGreaterThan(0)
  expect(p99).toBeGreaterThanOrEqual(p50)
})

it('fails where a server fails', async () => {
  const port = await serve((_, response) => response.writeHead(500).end())
  await expect(load.ask({ port, paths, connections: 2, seconds: 0.2 })).rejects.toThrow('were no 200')
})

it('takes servers for equal whose answers differ in links and in the spelling of times only', async () => {
  const one = await serve((_, response) => response.end('{"data":{"id":1,"at":"2016-01-24T12:00:00Z"},"links":{}}'))
  const other = await serve((_, response) =>
    response.end('{"data":{"at":"2016-01-24T12:00:00.000+00:00","id":1,"links":{"self":"/"}}}'),
  )
  await checkAnswers(task, { name: 'one', port: one }, { name: 'other', port: other })
})

it('names the path where two servers differ', async () => {
  const one = await serve((_, response) => response.end('{"data":[{"id":1,"user":{"name":"a"}}]}'))
  const other = await serve((_, response) => response.end('{"data":[{"id":1,"user":{"name":"b"}}]}'))
  const checked = checkAnswers(task, { name: 'one', port: one }, { name: 'other', port: other })
  await expect(checked).rejects.toThrow(
    /one and other differ on \/api\/videos\/0\n {2}data\[0\]\.user\.name: "a" and "b"/,
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
