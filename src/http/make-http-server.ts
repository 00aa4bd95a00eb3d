// Makes the HTTP server with its bounds: header sizes, slow senders, idle connections, requests that are none.
import { createServer, type Server } from 'node:http'
import { answerBrokenRequest, type ClientError, refuseTunnel } from './answer-broken-request.ts'
import type { NodeHandler } from './node-handler.ts'

/** Times in milliseconds. */
export interface HttpTimeouts {
  /** Until the headers are whole. */
  readonly headersMs?: number
  /** Until the body is whole. */
  readonly requestMs?: number
  /** How long a connection may idle: longer than the proxies in front keep theirs, or they send into a closed one. */
  readonly keepAliveMs?: number
}

/** @param maxHeaderBytes the request line and the headers together; what each may have is checked by the street */
export function makeHttpServer(handler: NodeHandler, maxHeaderBytes: number, timeouts: HttpTimeouts = {}): Server {
  const { headersMs = 20_000, requestMs = 60_000, keepAliveMs = 65_000 } = timeouts
  const server = createServer(
    {
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: Math.min(headersMs, requestMs),
      requestTimeout: requestMs,
      keepAliveTimeout: keepAliveMs,
      connectionsCheckingInterval: Math.min(5_000, headersMs, requestMs),
      // Ours is the check, with an answer that says what is missing.
      requireHostHeader: false,
    },
    handler,
  )
  server.on('checkContinue', handler)
  // Other expectations are no reason to refuse (RFC 9110 10.1.1).
  server.on('checkExpectation', handler)
  server.on('clientError', (error: ClientError, socket) => answerBrokenRequest(error, socket))
  server.on('connect', (_, socket) => refuseTunnel(socket))
  return server
}
