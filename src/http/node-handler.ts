// Serves the street on node:http: reads the request, bounds its body, notices who hangs up, writes the answer.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { ApiError } from '../errors/api-error.ts'
import type { HttpRequest, HttpResponse } from '../request/http-request.ts'

/** @param answer the street; never throws */
export function nodeHandler(
  answer: (request: HttpRequest) => Promise<HttpResponse>,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    void answer(toHttpRequest(request, response)).then(made => send(request, response, made))
  }
}

function toHttpRequest(request: IncomingMessage, response: ServerResponse): HttpRequest {
  return {
    method: request.method ?? 'GET',
    target: request.url ?? '/',
    headers: request.headers,
    body: maxBytes => readBody(request, maxBytes),
    onGone(callback) {
      const gone = () => {
        if (!response.writableFinished) callback()
      }
      response.once('close', gone)
      return () => response.off('close', gone)
    },
  }
}

async function readBody(request: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = () =>
    new ApiError('payload_too_large', `A body has at most ${maxBytes} bytes.`, {
      meta: { limit: 'bodyBytes', max: maxBytes },
      headers: { connection: 'close' },
    })
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge()
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > maxBytes) throw tooLarge()
      chunks.push(chunk)
    }
  } catch (error) {
    if (error instanceof ApiError) throw error
    throw new ApiError('bad_request', 'The body ended before it was whole.', { cause: error })
  }
  return Buffer.concat(chunks)
}

function send(request: IncomingMessage, response: ServerResponse, { status, headers, body }: HttpResponse): void {
  if (response.destroyed) return
  const bytes = Buffer.from(body)
  response.writeHead(status, { ...headers, 'content-length': bytes.length })
  if (request.method === 'HEAD') response.end()
  else response.end(bytes)
}
