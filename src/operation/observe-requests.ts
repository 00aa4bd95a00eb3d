// Watches requests from outside the street: logs, counts and traces each by its route template.
import type { Tracer } from '@opentelemetry/api'
import { type HttpRequest, type HttpResponse, header, type Watch } from '../request/http-request.ts'
import type { Api } from '../schema/model.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import { makeRouteTemplates } from './route-template.ts'
import { readTraceParent } from './trace-context.ts'
import { beginServerSpan } from './tracing.ts'

export interface Observers {
  readonly log: Log | undefined
  readonly metrics: Metrics | undefined
  readonly tracer: Tracer | undefined
}

export type Answer = (http: HttpRequest) => Promise<HttpResponse>

/** Others are no method of ours, and anybody could send a new one each time. */
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY'])

/** Nobody watching, it is the same function. */
export function observeRequests(answer: Answer, { log, metrics, tracer }: Observers, api: () => Api): Answer {
  if (!log && !metrics && !tracer) return answer
  const templateOf = makeRouteTemplates()
  return async http => {
    const since = performance.now()
    const method = methods.has(http.method) ? http.method : '_OTHER'
    const route = templateOf(http.target, api())
    const span = tracer && beginServerSpan(tracer, http, method, route)
    let principal: string | null = null
    const identified = (id: string | null) => {
      principal = id
    }
    let heldMs = 0
    const watch: Watch = {
      stage: metrics?.stage,
      held: ms => {
        heldMs += ms
      },
      ...(log?.principal && { identified }),
    }
    metrics?.began()
    const end = ({ status, headers }: HttpResponse, bytes: number, isCut: boolean) => {
      const ms = performance.now() - since
      // What was waited for on purpose says nothing of how fast we are.
      metrics?.ended({ method, route: route ?? 'none', status, ms: Math.max(ms - heldMs, 0) })
      span?.end(status)
      log?.request({
        requestId: headers['request-id'] ?? '',
        ...(span ? { traceId: span.traceId, spanId: span.spanId } : traceOf(http)),
        method,
        route,
        status,
        durationMs: Math.round(ms * 1000) / 1000,
        ...(heldMs > 0 && { heldMs: Math.round(heldMs * 1000) / 1000 }),
        bytes,
        ...(log.principal && { principal }),
        ...(isCut && { cut: true }),
      })
    }
    const watched = { ...http, watch }
    const response = await (span ? span.within(() => answer(watched)) : answer(watched))
    if (!response.stream) {
      end(response, http.method === 'HEAD' ? 0 : response.body.length, http.isGone())
      return response
    }
    return { ...response, stream: followStream(response.stream, (bytes, isCut) => end(response, bytes, isCut)) }
  }
}

/** The answer is over when its stream is: read to its end, failed, or left. */
async function* followStream(
  stream: AsyncIterable<string>,
  end: (bytes: number, isCut: boolean) => void,
): AsyncIterable<string> {
  let bytes = 0
  let isWhole = false
  try {
    for await (const text of stream) {
      bytes += text.length
      yield text
    }
    isWhole = true
  } finally {
    end(bytes, !isWhole)
  }
}

function traceOf(http: HttpRequest): { readonly traceId?: string } {
  const parent = readTraceParent(header(http, 'traceparent'))
  return parent ? { traceId: parent.traceId } : {}
}
