// The process of the load generator: puts requests to a server over a number of connections, and measures.
import autocannon from 'autocannon'
import { answerParent } from './child.ts'
import type { BenchRequest, Load } from './contender.ts'
import { percentile } from './summarize.ts'

export interface LoadQuestion {
  readonly port: number
  readonly requests: readonly BenchRequest[]
  /** Of right answers. */
  readonly statuses: readonly number[]
  readonly connections: number
  readonly seconds: number
}

answerParent<LoadQuestion>(putLoad, async () => undefined)

/** @throws Error where any answer was another, or a connection failed */
async function putLoad({ port, requests, statuses, connections, seconds }: LoadQuestion): Promise<Load> {
  const latencies: number[] = []
  const wrong = new Map<number, number>()
  const toSend = requests.map(({ method, path, headers, body }): autocannon.Request => {
    return { method, path, ...(headers && { headers: { ...headers } }), ...(body !== undefined && { body }) }
  })
  let next = 0
  const began = performance.now()
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const instance = autocannon(
      {
        url: `http://127.0.0.1:${port}`,
        connections,
        pipelining: 1,
        duration: seconds,
        // Looks ten times a second whether the time is over.
        sampleInt: 100,
        requests: toSend.slice(0, 1),
        setupClient: client => client.setRequests(partOf(toSend, next++, connections)),
      },
      (error, done) => (error ? reject(error) : resolve(done)),
    )
    // Its own histogram counts whole milliseconds.
    instance.on('response', (_client, status, _bytes, milliseconds) => {
      latencies.push(milliseconds)
      if (!statuses.includes(status)) wrong.set(status, (wrong.get(status) ?? 0) + 1)
    })
  })
  const elapsed = (performance.now() - began) / 1000
  if (wrong.size > 0 || result.errors > 0 || latencies.length === 0) {
    const counts = [...wrong].map(([status, count]) => `${count} were ${status}`)
    const found = [`${latencies.length} answers, where ${statuses.join(' or ')} is right`, ...counts]
    throw new Error(`${found.join(', ')}; ${result.errors} errors of connections`)
  }
  const sorted = Float64Array.from(latencies)
  return { requests: latencies.length, seconds: elapsed, p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) }
}

/** Each connection walks requests of its own, so that no two ask for the same thing at the same time; unless there are fewer. */
function partOf<T>(items: readonly T[], index: number, parts: number): T[] {
  return items.length < parts ? [...items] : items.filter((_, i) => i % parts === index)
}
