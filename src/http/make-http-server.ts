// Makes the HTTP server with its bounds: header sizes, slow senders, idle connections, requests that are none.
import { createServer, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { SecureContextOptions } from 'node:tls'
import { answerBrokenRequest, type ClientError, refuseTunnel } from './answer-broken-request.ts'
import type { NodeHandler } from './node-handler.ts'

/** Times in milliseconds. */
export interface HttpTimeouts {
  /** Until the headers are whole, and before them the handshake of TLS. */
  readonly headersMs?: number
  /** Until the body is whole. */
  readonly requestMs?: number
  /** What a body comes at after its first seconds, at least: 1,000; 0 for any pace. */
  readonly bodyBytesPerSecond?: number
  /** How long a client may take nothing of its answer. */
  readonly stallMs?: number
  /** How long a connection may idle: longer than the proxies in front keep theirs, or they send into a closed one. */
  readonly keepAliveMs?: number
}

export interface ConnectionLimits {
  /** At the same time; one more is closed at once. */
  readonly max?: number
  /** After so many requests a connection is closed with the answer; 0 for any number. */
  readonly maxRequests?: number
}

export interface HttpServerOptions {
  /** The request line and the headers together; what each may have is checked by the street. */
  readonly maxHeaderBytes: number
  readonly timeouts?: HttpTimeouts | undefined
  readonly connections?: ConnectionLimits | undefined
  /** Left out for plain HTTP. */
  readonly tls?: SecureContextOptions | undefined
  /** Of the answer to what is no request. */
  readonly headers?: Readonly<Record<string, string>>
  /** Told the status of that answer. */
  readonly onBroken?: (status: number) => void
}

export function makeHttpServer(
  handler: NodeHandler,
  { maxHeaderBytes, timeouts = {}, connections = {}, tls, headers = {}, onBroken }: HttpServerOptions,
): Server {
  const { headersMs = 20_000, requestMs = 60_000, keepAliveMs = 65_000 } = timeouts
  const bounds: ServerOptions = {
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: Math.min(headersMs, requestMs),
    requestTimeout: requestMs,
    keepAliveTimeout: keepAliveMs,
    connectionsCheckingInterval: Math.min(5_000, headersMs, requestMs),
    // Ours is the check, with an answer that says what is missing.
    requireHostHeader: false,
  }
  const server = tls ? createTlsServer({ ...bounds, ...tls, handshakeTimeout: headersMs }) : createServer(bounds)
  server.maxConnections = connections.max ?? 10_000
  server.maxRequestsPerSocket = connections.maxRequests ?? 0
  server.on('request', (request, response) => handler(request, response))
  server.on('checkContinue', (request, response) => handler(request, response, true))
  // Other expectations are no reason to refuse (RFC 9110 10.1.1).
  server.on('checkExpectation', (request, response) => handler(request, response))
  server.on('clientError', (error: ClientError, socket) => {
    const status = answerBrokenRequest(error, socket, headers)
    if (status !== undefined) onBroken?.(status)
  })
  server.on('connect', (_, socket) => refuseTunnel(socket, headers))
  return server
}
