// Counts and measures what the server does, and prints it as Prometheus reads it.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Runtime } from '../runtime.ts'
import { followRuntime } from './follow-runtime.ts'

export interface Metrics {
  readonly contentType: string
  /** A request has come. */
  began(): void
  /** It was answered. @param route a template, never a path */
  ended(request: {
    readonly method: string
    readonly route: string
    readonly status: number
    readonly ms: number
  }): void
  /** How long a request stayed in a room. */
  readonly stage: (room: string, ms: number) => void
  /** Reads what this runtime has counted from now on. */
  follow(runtime: Runtime): void
  print(): Promise<string>
}

/** From what a cached answer takes to the longest statement. */
const buckets = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

interface Recorder {
  readonly seconds: Histogram.Internal<'method' | 'route'>
  readonly counts: Map<number, Counter.Internal>
}

export function makeMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const requests = new Counter({
    name: 'colonnade_http_requests_total',
    help: 'Requests answered, by route template.',
    labelNames: ['method', 'route', 'status'] as const,
    registers,
  })
  const durations = new Histogram({
    name: 'colonnade_http_request_duration_seconds',
    help: 'From the headers of a request to its answer; of a stream to its end.',
    labelNames: ['method', 'route'] as const,
    buckets,
    registers,
  })
  const stages = new Histogram({
    name: 'colonnade_stage_duration_seconds',
    help: 'Time in each room of the street; execute holds respond.',
    labelNames: ['stage'] as const,
    buckets,
    registers,
  })
  const inFlight = new Gauge({
    name: 'colonnade_http_requests_in_flight',
    help: 'Requests that are not answered yet.',
    registers,
  })
  const figures = followRuntime(registers)
  // Labels are looked up once: that costs more than to count.
  const recorders = new Map<string, Recorder>()
  const rooms = new Map<string, Histogram.Internal<'stage'>>()

  return {
    contentType: registry.contentType,
    began: () => inFlight.inc(),
    ended({ method, route, status, ms }) {
      inFlight.dec()
      const key = `${method} ${route}`
      let recorder = recorders.get(key)
      if (!recorder) {
        recorder = { seconds: durations.labels(method, route), counts: new Map() }
        recorders.set(key, recorder)
      }
      let count = recorder.counts.get(status)
      if (!count) {
        count = requests.labels(method, route, String(status))
        recorder.counts.set(status, count)
      }
      count.inc()
      recorder.seconds.observe(ms / 1000)
    },
    stage(room, ms) {
      let seconds = rooms.get(room)
      if (!seconds) {
        seconds = stages.labels(room)
        rooms.set(room, seconds)
      }
      seconds.observe(ms / 1000)
    },
    follow: figures.follow,
    print() {
      figures.read()
      return registry.metrics()
    },
  }
}
