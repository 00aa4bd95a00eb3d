// The process of the load generator: asks a server for paths over a number of connections, and measures.
import autocannon from 'autocannon'
import { answerParent } from './child.ts'
import type { Load } from './contender.ts'
import { percentile } from './summarize.ts'

export interface LoadQuestion {
  readonly port: number
  readonly paths: readonly string[]
  readonly connections: number
  readonly seconds: number
}

answerParent<LoadQuestion>(putLoad, async () => undefined)

/** @throws Error where any answer was no 200, or a connection failed */
async function putLoad({ port, paths, connections, seconds }: LoadQuestion): Promise<Load> {
  const latencies: number[] = []
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
        // Each connection walks paths of its own, so that no two ask for the same thing at the same time.
        requests: [{ path: paths[0] ?? '/' }],
        setupClient: client => {
          const offset = next++
          client.setRequests(paths.filter((_, i) => i % connections === offset).map(path => ({ path })))
        },
      },
      (error, done) => (error ? reject(error) : resolve(done)),
    )
    // Its own histogram counts whole milliseconds.
    instance.on('response', (_client, _status, _bytes, milliseconds) => void latencies.push(milliseconds))
  })
  const elapsed = (performance.now() - began) / 1000
  if (result.non2xx > 0 || result.errors > 0 || latencies.length === 0) {
    throw new Error(
      `${latencies.length} answers, of which ${result.non2xx} were no 200, and ${result.errors} errors of connections`,
    )
  }
  const sorted = Float64Array.from(latencies)
  return { requests: latencies.length, seconds: elapsed, p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) }
}
