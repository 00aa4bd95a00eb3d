// A program: serves a database in a process of its own, and tells how long its event loop is held up and what memory it takes.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { answerParent } from '../../bench/child.ts'
import videos from '../../examples/videos/api.ts'
import { createServer, type RunningServer } from '../../src/create-server.ts'
import { connectPostgres } from '../../src/databases/postgres/connect.ts'

export type ServeQuestion =
  | { readonly kind: 'serve'; readonly config: object; readonly api: 'open' | 'videos' }
  /** Measures anew from here on. */
  | { readonly kind: 'begin' }
  | { readonly kind: 'measure' }

export interface Measured {
  /** Beyond the resolution, in milliseconds. */
  readonly delayP50: number
  readonly delayP99: number
  readonly delayMax: number
  /** Resident memory: at most since it began, and now. */
  readonly peakBytes: number
  readonly bytes: number
  readonly errors: readonly string[]
}

const resolution = 1
const delays = monitorEventLoopDelay({ resolution })
const errors: string[] = []
let running: RunningServer | undefined
let peakBytes = 0

answerParent<ServeQuestion>(
  async question => {
    if (question.kind === 'serve') {
      // Any table of a test, without a definition.
      if (question.api === 'open') process.env.NODE_ENV = 'test'
      const onError = (error: unknown) => errors.push(String(error))
      const database = connectPostgres({ config: question.config, onError })
      running = await createServer({ database, api: question.api === 'open' ? 'open' : () => videos, onError })
      setInterval(() => {
        peakBytes = Math.max(peakBytes, process.memoryUsage.rss())
      }, 20).unref()
      return running.port
    }
    if (question.kind === 'begin') {
      peakBytes = process.memoryUsage.rss()
      delays.reset()
      delays.enable()
      return null
    }
    const delay = (percentile: number) => Math.max(0, delays.percentile(percentile) / 1e6 - resolution)
    return {
      ...{ delayP50: delay(50), delayP99: delay(99), delayMax: delay(100) },
      ...{ peakBytes, bytes: process.memoryUsage.rss(), errors },
    } satisfies Measured
  },
  async () => running?.close(),
)
