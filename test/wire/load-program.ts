// A program: puts requests to a server over a number of connections, as fast as it answers or at a given rate.
import autocannon from 'autocannon'
import { answerParent } from '../../bench/child.ts'

export interface LoadQuestion {
  readonly port: number
  readonly paths: readonly string[]
  readonly connections: number
  readonly seconds: number
  /** A second, of all connections together; as many as are answered unless given. */
  readonly rate?: number
}

export interface LoadResult {
  /** Answers a second. */
  readonly rate: number
  readonly answers: number
  /** Those with another status than 200, and broken connections. */
  readonly wrong: number
  /** Milliseconds. */
  readonly p99: number
}

answerParent<LoadQuestion>(
  async ({ port, paths, connections, seconds, rate }) => {
    const requests = paths.map(path => ({ method: 'GET' as const, path }))
    const result = await autocannon({
      ...{ url: `http://127.0.0.1:${port}`, connections, duration: seconds, requests },
      ...(rate !== undefined && { overallRate: Math.round(rate) }),
    })
    const answers = result['2xx']
    return {
      ...{ answers, rate: answers / result.duration, p99: result.latency.p99 },
      wrong: result.non2xx + result.errors,
    } satisfies LoadResult
  },
  async () => undefined,
)
