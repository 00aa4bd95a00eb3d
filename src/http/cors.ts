// Lets pages of other origins ask (Fetch, "CORS protocol"): which origins, and what a browser may send and read.
import type { HttpRequest } from '../request/http-request.ts'
import { header } from '../request/http-request.ts'

export interface CorsOptions {
  /** `'*'` for every one; or a list such as `['https://app.example.com']`; or a function that decides. */
  readonly origins: '*' | readonly string[] | ((origin: string) => boolean)
  /** Whether a browser may send cookies and client certificates; not with `'*'`. A token in `Authorization` needs none of it. */
  readonly credentials?: boolean
  /** How long a browser may keep the answer to a preflight. */
  readonly maxAgeSeconds?: number
  /** Headers that a page may send beside those that the API understands, for a proxy in front. */
  readonly headers?: readonly string[]
}

export interface Cors {
  /** Of an answer: for `Origin`, none where it may not ask. */
  headersFor(origin: string | undefined): Readonly<Record<string, string>>
  /** Of the answer to a preflight, beside these. */
  preflightHeaders(methods: readonly string[]): Readonly<Record<string, string>>
  /** Whether the answer to one origin differs from that to another. */
  readonly varies: boolean
}

const understood = [
  'Accept',
  'Authorization',
  'Cache-Control',
  'Content-Digest',
  'Content-Encoding',
  'Content-Type',
  'Idempotency-Key',
  'If-Match',
  'If-Modified-Since',
  'If-None-Match',
  'If-Range',
  'If-Unmodified-Since',
  'Last-Event-ID',
  'Prefer',
  'Range',
  'Request-Id',
  'Signature',
  'Signature-Input',
  'Traceparent',
  'Tracestate',
]

const exposed = [
  'ETag',
  'Link',
  'Location',
  'Content-Disposition',
  'Content-Location',
  'Content-Range',
  'Next-Range',
  'Accept-Ranges',
  'Accept-Query',
  'Request-Id',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'Preference-Applied',
  'Idempotency-Replayed',
  'Deprecation',
  'Sunset',
].join(', ')

/** @throws Error for credentials with `'*'`, which would hand them to every site, and for what is no origin */
export function makeCors({ origins, credentials = false, maxAgeSeconds = 600, headers = [] }: CorsOptions): Cors {
  if (origins === '*' && credentials)
    throw new Error("cors: credentials need the origins by name: a list or a function, not '*'.")
  if (Array.isArray(origins)) for (const one of origins) checkOrigin(one)
  const mayAsk =
    typeof origins === 'function' ? origins : origins === '*' ? () => true : (one: string) => origins.includes(one)
  const all = {
    'access-control-expose-headers': exposed,
    ...(credentials && { 'access-control-allow-credentials': 'true' }),
  }
  const anyOrigin = { 'access-control-allow-origin': '*', ...all }
  return {
    varies: origins !== '*',
    headersFor(origin) {
      if (origins === '*') return anyOrigin
      if (origin === undefined || !mayAsk(origin)) return {}
      return { 'access-control-allow-origin': origin, ...all }
    },
    preflightHeaders: methods => ({
      'access-control-allow-methods': methods.join(', '),
      'access-control-allow-headers': [...understood, ...headers].join(', '),
      'access-control-max-age': String(maxAgeSeconds),
    }),
  }
}

/** A browser asks beforehand whether a page may send this; RFC 9110 knows OPTIONS for other uses too. */
export function isPreflight(http: HttpRequest): boolean {
  return (
    http.method === 'OPTIONS' &&
    header(http, 'origin') !== undefined &&
    header(http, 'access-control-request-method') !== undefined
  )
}

function checkOrigin(text: string): void {
  if (URL.canParse(text) && new URL(text).origin === text) return
  throw new Error(`cors: ${JSON.stringify(text)} is no origin. Write scheme, name and port: https://app.example.com.`)
}
