// Puts together what looks after a running server: health, metrics, log and traces, each only where it is asked for.
import type { Database } from '../databases/database.ts'
import type { Queue } from '../jobs/queue.ts'
import type { HttpRequest, HttpResponse } from '../request/http-request.ts'
import type { Runtime } from '../runtime.ts'
import { answerHealth, type HealthPaths } from './answer-health.ts'
import { type LogOptions, makeLog } from './log.ts'
import { makeMetrics } from './metrics.ts'
import { type Answer, observeRequests } from './observe-requests.ts'
import { type ListenerOptions, listenForOperation } from './operation-listener.ts'
import { makeReadiness, type ReadinessOptions, type ServerState } from './readiness.ts'
import { traceDatabase } from './trace-database.ts'
import { findTracer } from './tracing.ts'

export interface OperationOptions {
  /** Paths from the root of the server; false for none. */
  readonly health?: HealthPaths | false
  readonly readiness?: ReadinessOptions
  /** Where metrics can be read, never on the server itself. */
  readonly metrics?: ListenerOptions
  readonly log?: LogOptions
  /** Spans through the OpenTelemetry API, once an SDK is registered; false for none even then. */
  readonly tracing?: boolean
}

export interface Operation {
  /** The database to build upon: with spans around its statements where there are any. */
  readonly database: Database
  /** Undefined where no metrics are read. */
  readonly metricsUrl: string | undefined
  /** Answers who asks for health, whatever else is asked of requests; undefined for others. */
  health(http: HttpRequest): Promise<HttpResponse> | undefined
  /** The street, watched. */
  around(answer: Answer, runtime: () => Runtime): Answer
  /** A runtime is served from now on. */
  follow(runtime: Runtime): void
  /** A worker has ended an attempt of a request. */
  readonly attempted: (resource: string, outcome: string, ms: number) => void
  /** The requests of these tables are told of. */
  followRequests(queues: readonly Queue[], database: Database): void
  failed(error: unknown, requestId?: string): void
  /** Node's parser refused what came. */
  broken(status: number): void
  say(message: string): void
  close(): Promise<void>
}

/** @throws Error for metrics that anybody could read */
export async function startOperation(
  given: Database,
  state: () => ServerState,
  { health, readiness: times, metrics: listen, log: logged, tracing = true }: OperationOptions,
): Promise<Operation> {
  const tracer = tracing ? findTracer() : undefined
  const log = logged && makeLog(logged)
  const metrics = listen && makeMetrics()
  // Without a span of its own: nobody traces being asked whether one lives.
  const readiness = makeReadiness(state, given, times)
  const listener = listen && metrics && (await listenForOperation(listen, { metrics, readiness }))
  const ofHealth: (http: HttpRequest) => Promise<HttpResponse> | undefined =
    health === false ? () => undefined : answerHealth({ paths: health ?? {}, readiness, tellsWhat: false })
  return {
    database: tracer ? traceDatabase(given, tracer) : given,
    metricsUrl: listener?.url,
    health: ofHealth,
    around: (answer, runtime) => observeRequests(answer, { log, metrics, tracer }, () => runtime().api),
    follow: runtime => metrics?.follow(runtime),
    attempted: (resource, outcome, ms) => metrics?.requests.ended(resource, outcome, ms),
    followRequests: (queues, from) => metrics?.requests.follow(queues, from),
    failed: (error, requestId) => log?.failure(error, requestId),
    broken: status => metrics?.broken(status),
    say: message => log?.info(message),
    async close() {
      await listener?.close()
      log?.flush()
    },
  }
}
