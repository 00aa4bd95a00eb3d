// Counts and measures what the server does, and prints it as Prometheus reads it.
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { Runtime } from '../runtime.ts'
import { Distribution, registerHistogram } from './distribution.ts'
import { followRequests, type RequestFigures } from './follow-requests.ts'
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
  /** What was no request, or did not come in time, was refused. */
  broken(status: number): void
  /** How long a request stayed in a room. */
  readonly stage: (room: string, ms: number) => void
  /** Reads what this runtime has counted from now on. */
  follow(runtime: Runtime): void
  readonly requests: RequestFigures
  print(): Promise<string>
}

interface Recorder {
  readonly labels: { readonly method: string; readonly route: string }
  readonly seconds: Distribution
  readonly counts: Map<number, number>
}

export function makeMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const recorders = new Map<string, Recorder>()
  const rooms = new Map<string, Distribution>()
  let inFlight = 0
  const recorderOf = (method: string, route: string): Recorder => {
    const key = `${method} ${route}`
    let recorder = recorders.get(key)
    if (!recorder) {
      const labels = { method, route }
      recorder = { labels, seconds: new Distribution(labels), counts: new Map() }
      recorders.set(key, recorder)
    }
    return recorder
  }
  new Counter({
    name: 'colonnade_http_requests_total',
    help: 'Requests answered, by route template.',
    labelNames: ['method', 'route', 'status'] as const,
    registers,
    collect() {
      this.reset()
      for (const { labels, counts } of recorders.values())
        for (const [status, count] of counts) this.inc({ ...labels, status }, count)
    },
  })
  const duration = {
    name: 'colonnade_http_request_duration_seconds',
    help: 'From the headers of a request to its answer; of a stream to its end.',
  }
  registerHistogram(registry, duration, () => [...recorders.values()].map(({ seconds }) => seconds))
  const stages = {
    name: 'colonnade_stage_duration_seconds',
    help: 'Time in each room of the street; execute holds respond.',
  }
  registerHistogram(registry, stages, () => rooms.values())
  new Gauge({
    name: 'colonnade_http_requests_in_flight',
    help: 'Requests that are not answered yet.',
    registers,
    collect() {
      this.set(inFlight)
    },
  })
  const figures = followRuntime(registers)
  const requests = followRequests(registry)

  return {
    contentType: registry.contentType,
    began() {
      inFlight += 1
    },
    ended({ method, route, status, ms }) {
      inFlight -= 1
      const recorder = recorderOf(method, route)
      recorder.counts.set(status, (recorder.counts.get(status) ?? 0) + 1)
      recorder.seconds.observe(ms / 1000)
    },
    broken(status) {
      const { counts } = recorderOf('none', 'none')
      counts.set(status, (counts.get(status) ?? 0) + 1)
    },
    stage(room, ms) {
      let seconds = rooms.get(room)
      if (!seconds) {
        seconds = new Distribution({ stage: room })
        rooms.set(room, seconds)
      }
      seconds.observe(ms / 1000)
    },
    follow: figures.follow,
    requests,
    print() {
      figures.read()
      return registry.metrics()
    },
  }
}
