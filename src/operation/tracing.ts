// Makes spans through the OpenTelemetry API, where whoever runs the server has registered an SDK.
import {
  type Attributes,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import type { HttpRequest } from '../request/http-request.ts'
import { readTraceParent } from './trace-context.ts'

export interface ServerSpan {
  readonly traceId: string
  readonly spanId: string
  /** What runs in here, and what it awaits, is below the span. */
  within<T>(work: () => T): T
  end(status: number): void
}

/** The tracer, or undefined where no SDK is registered: then nothing is paid. */
export function findTracer(): Tracer | undefined {
  // It gives the tracer of whatever was registered, by whichever copy of the API.
  const provider = trace.getTracerProvider() as { getDelegateTracer?: (name: string) => Tracer | undefined }
  if (provider.getDelegateTracer && !provider.getDelegateTracer('colonnade')) return undefined
  return trace.getTracer('colonnade')
}

/** @param route a template; the attributes say it in place of the path, in which ids stand */
export function beginServerSpan(tracer: Tracer, http: HttpRequest, method: string, route: string | null): ServerSpan {
  const attributes: Attributes = {
    'http.request.method': method,
    // RFC 3986 lets no path be empty.
    'url.path': route ?? '/{unknown}',
    ...(route !== null && { 'http.route': route }),
  }
  const name = route === null ? method : `${method} ${route}`
  const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parentOf(http))
  const { traceId, spanId } = span.spanContext()
  const within = trace.setSpan(parentOf(http), span)
  return {
    traceId,
    spanId,
    within: work => context.with(within, work),
    end(status) {
      span.setAttribute('http.response.status_code', status)
      if (status >= 500) {
        span.setAttribute('error.type', String(status))
        span.setStatus({ code: SpanStatusCode.ERROR })
      }
      span.end()
    },
  }
}

/** By the propagator of the SDK, or where there is none by `traceparent` itself. */
function parentOf(http: HttpRequest) {
  const extracted = propagation.extract(ROOT_CONTEXT, http.headers)
  if (trace.getSpanContext(extracted)) return extracted
  const { traceparent } = http.headers
  const parent = readTraceParent(typeof traceparent === 'string' ? traceparent : undefined)
  return parent ? trace.setSpanContext(extracted, { ...parent, isRemote: true }) : extracted
}

/** Ends a span of something that may fail; of the error its code or its type alone. */
export function endSpan(span: Span, error?: unknown): void {
  if (error !== undefined) {
    const code = codeOf(error)
    const isSqlState = code !== undefined && /^(?=.*\d)[0-9A-Z]{5}$/.test(code)
    if (isSqlState) span.setAttribute('db.response.status_code', code)
    span.setAttribute('error.type', code ?? (error instanceof Error ? error.constructor.name : typeof error))
    span.setStatus({ code: SpanStatusCode.ERROR })
  }
  span.end()
}

/** Of the innermost one that has a code of its own. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const inner = codeOf(error.cause)
  return inner ?? ('code' in error && typeof error.code === 'string' ? error.code : undefined)
}
