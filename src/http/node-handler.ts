// Serves the street on node:http: hands the request over, notices who hangs up, writes the answer.
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { ApiError } from '../errors/api-error.ts'
import type { Client, HttpRequest, HttpResponse } from '../request/http-request.ts'
import { findPeer } from './find-peer.ts'
import { type ReadOptions, readBody } from './read-body.ts'
import { sendStream } from './send-stream.ts'
import { takeReadBody, wasRead } from './take-read-body.ts'

/** How long we go on reading what a client still sends after the answer, so that it can read that answer. */
const lingerMs = 1_000

export interface NodeHandlerOptions {
  /** Who asks; throws what is wrong with what proxies say. */
  readonly findClient?: (request: IncomingMessage) => Client
  /** Whether no further answer follows on the connection: then this one says so. */
  readonly isLast?: (request: IncomingMessage) => boolean
  /** How long a client may take nothing of its answer before it is cut off. */
  readonly stallMs?: number
  /** A body that comes more slowly than this, once some seconds have passed, is not waited for. */
  readonly bodyBytesPerSecond?: number
}

/** @param asksFirst whether the client waits to hear that its body is welcome */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse, asksFirst?: boolean) => void

/**
 * Answers a request.
 * @param problem what is wrong with it as HTTP
 */
export type Enter = (request: HttpRequest, problem?: ApiError) => Promise<HttpResponse>

/** @param enter never throws */
export function makeNodeHandler(
  enter: Enter,
  { findClient = findPeer, isLast, stallMs = 60_000, bodyBytesPerSecond = 0 }: NodeHandlerOptions = {},
): NodeHandler {
  const handle = (request: IncomingMessage, response: ServerResponse, asksFirst: boolean) => {
    let problem = findHostProblem(request)
    let client = findPeer(request)
    try {
      client = findClient(request)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      problem = error
    }
    enter(toHttpRequest(request, response, client, { asksFirst, bodyBytesPerSecond }), problem)
      .then(one => {
        if (isLast?.(request))
          return send(request, response, { ...one, headers: { ...one.headers, connection: 'close' } }, stallMs)
        // The server may begin to close while it runs; nothing would end the connection then.
        if (one.stream) response.once('finish', () => isLast?.(request) && request.socket.end())
        return send(request, response, one, stallMs)
      })
      .catch((error: Error) => response.destroy(error))
  }
  return (request, response, asksFirst = false) => {
    // A pipelined request waits until those before it are answered: its own answer would only wait in memory.
    if (response.socket) handle(request, response, asksFirst)
    else response.once('socket', () => handle(request, response, asksFirst))
  }
}

/** RFC 9112 3.2: exactly one Host in HTTP/1.1, or two servers on the way could read two. */
function findHostProblem({ rawHeaders, httpVersion }: IncomingMessage): ApiError | undefined {
  let hosts = 0
  for (let i = 0; i < rawHeaders.length; i += 2)
    if (rawHeaders[i]?.length === 4 && rawHeaders[i]?.toLowerCase() === 'host') hosts += 1
  if (hosts === 1 || (hosts === 0 && httpVersion === '1.0')) return undefined
  return new ApiError('bad_request', 'A request has exactly one Host header.', {
    source: { header: 'Host' },
    headers: { connection: 'close' },
  })
}

function toHttpRequest(
  request: IncomingMessage,
  response: ServerResponse,
  client: Client,
  options: ReadOptions,
): HttpRequest {
  const { target, host } = toOriginForm(targetOf(request))
  const isRead = wasRead(request)
  const headers = isRead ? withoutEncoding(request.headers) : request.headers
  let read: Promise<Uint8Array> | undefined
  return {
    client: host === undefined ? client : { ...client, host },
    method: request.method ?? 'GET',
    target,
    headers: host === undefined ? headers : { ...headers, host },
    body(maxBytes) {
      read ??= isRead ? takeReadBody(request, maxBytes) : readBody(request, response, maxBytes, options)
      return read
    },
    isGone: () => response.destroyed && !response.writableFinished,
    whenGone(call) {
      if (response.destroyed) queueMicrotask(call)
      response.once('close', call)
      return () => response.off('close', call)
    },
  }
}

/** What a parser of the host has read is decoded already. */
function withoutEncoding({ 'content-encoding': _, ...headers }: IncomingHttpHeaders): IncomingHttpHeaders {
  return headers
}

/** As the client wrote it: Express and Connect take away of `url` what they mounted under. */
export function targetOf(request: IncomingMessage): string {
  const { originalUrl } = request as { readonly originalUrl?: unknown }
  return typeof originalUrl === 'string' ? originalUrl : (request.url ?? '/')
}

/** `http://host/path` is understood by every server (RFC 9112 3.2.2); its host counts in place of the header. */
function toOriginForm(target: string): { readonly target: string; readonly host?: string } {
  if (target.startsWith('/')) return { target }
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/is.exec(target)
  if (!absolute) return { target }
  const [, host = '', rest = ''] = absolute
  return { target: rest.startsWith('/') ? rest : `/${rest}`, host }
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, body, stream, trailers }: HttpResponse,
  stallMs: number,
): Promise<void> | undefined {
  if (stream) {
    // Only behind chunks there is a place for trailers (RFC 9112 7.1.2).
    const behind = request.httpVersion === '1.1' && request.method !== 'HEAD' ? trailers : undefined
    const head = behind ? { ...headers, trailer: behind.names.join(', ') } : headers
    if (!response.destroyed) response.writeHead(status, head)
    return sendStream(response, stream, stallMs, behind)
  }
  if (response.destroyed) return
  // RFC 9110 8.6: the length that a 304 states is that of the answer which it spares; a 204 has none.
  response.writeHead(status, status === 304 || status === 204 ? headers : { ...headers, 'content-length': body.length })
  if (headers.connection === 'close' && !request.complete) linger(request, response, body)
  else if (request.method === 'HEAD') response.end()
  // As text of single bytes, head and body leave in one write.
  else {
    response.end(body, 'latin1')
    // node:http does not watch who takes nothing of what is written; with the next request it does away with this again.
    if (response.socket?.writableNeedDrain) response.socket.setTimeout(stallMs)
  }
}

/** Closing while unread bytes arrive would reset the connection, and the client would never see why. */
function linger(request: IncomingMessage, response: ServerResponse, body: string): void {
  response.write(body, 'latin1')
  const end = () => {
    clearTimeout(timer)
    response.end()
  }
  const timer = setTimeout(end, lingerMs)
  timer.unref()
  request.once('end', end).once('close', end).resume()
}
