// Reads which trace a request belongs to (W3C Trace Context, https://www.w3.org/TR/trace-context/#traceparent-header).

export interface TraceParent {
  readonly traceId: string
  readonly spanId: string
  readonly traceFlags: number
}

/** Undefined for what is no `traceparent`. */
export function readTraceParent(text: string | undefined): TraceParent | undefined {
  const found = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:$|-)/.exec(
    text ?? '',
  )
  if (!found || (found[1] === '00' && text?.length !== 55)) return undefined
  const [, , traceId = '', spanId = '', flags = ''] = found
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) }
}
