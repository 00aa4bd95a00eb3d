// Serves the street on node:http: hands the request over, notices who hangs up, writes the answer.
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { ApiError } from '../errors/api-error.ts'
import type { HttpRequest, HttpResponse } from '../request/http-request.ts'
import { respondError } from '../respond/respond-error.ts'
import { readBody } from './read-body.ts'
import { sendStream } from './send-stream.ts'

/** How long we go on reading what a client still sends after the answer, so that it can read that answer. */
const lingerMs = 1_000

export interface NodeHandlerOptions {
  /** True once the server closes: then each answer asks the client to close its connection too. */
  readonly isClosing?: () => boolean
  /** How long the client of a stream may take nothing of it before it is cut off. */
  readonly stallMs?: number
}

export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => void

/** @param answer the street; never throws */
export function nodeHandler(
  answer: (request: HttpRequest) => Promise<HttpResponse>,
  { isClosing, stallMs = 60_000 }: NodeHandlerOptions = {},
): NodeHandler {
  const handle: NodeHandler = (request, response) => {
    const problem = findHostProblem(request)
    const made = problem
      ? Promise.resolve(respondError(problem, randomUUID(), () => undefined))
      : answer(toHttpRequest(request, response))
    made
      .then(one =>
        send(
          request,
          response,
          isClosing?.() ? { ...one, headers: { ...one.headers, connection: 'close' } } : one,
          stallMs,
        ),
      )
      .catch((error: Error) => response.destroy(error))
  }
  return (request, response) => {
    // A pipelined request waits until those before it are answered: its own answer would only wait in memory.
    if (response.socket) handle(request, response)
    else response.once('socket', () => handle(request, response))
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

function toHttpRequest(request: IncomingMessage, response: ServerResponse): HttpRequest {
  const { target, host } = toOriginForm(request.url ?? '/')
  return {
    method: request.method ?? 'GET',
    target,
    headers: host === undefined ? request.headers : { ...request.headers, host },
    body: maxBytes => readBody(request, response, maxBytes),
    isGone: () => response.destroyed && !response.writableFinished,
  }
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
  // RFC 9110 8.6: the length that a 304 states is that of the answer which it spares.
  response.writeHead(status, status === 304 ? headers : { ...headers, 'content-length': body.length })
  if (headers.connection === 'close' && !request.complete) linger(request, response, body)
  else if (request.method === 'HEAD') response.end()
  // As text of single bytes, head and body leave in one write.
  else response.end(body, 'latin1')
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
