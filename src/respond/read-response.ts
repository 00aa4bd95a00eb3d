// Puts the answer to a read into a response: whole, or 304 where the caller has it already.
import { type HttpRequest, type HttpResponse, header } from '../request/http-request.ts'
import { hasEntityTag } from './entity-tag.ts'
import { jsonResponse } from './json-response.ts'
import type { ReadAnswer } from './respond-read.ts'

export function readResponse(
  http: HttpRequest,
  answer: ReadAnswer,
  requestId: string,
  extra?: Readonly<Record<string, string>>,
): HttpResponse {
  const { etag } = answer.headers
  const condition = etag === undefined ? undefined : header(http, 'if-none-match')
  if (answer.status === undefined && etag !== undefined && condition !== undefined && hasEntityTag(condition, etag))
    return notModified(answer, etag, requestId)
  return jsonResponse(answer.status ?? 200, answer, requestId, extra)
}

/** RFC 9110 15.4.5: what a cache needs to go on with its copy, and nothing that describes a body. */
function notModified({ headers }: ReadAnswer, etag: string, requestId: string): HttpResponse {
  const location = headers['content-location']
  return {
    status: 304,
    headers: {
      'cache-control': headers['cache-control'] ?? 'private, no-cache',
      vary: 'Accept, Authorization',
      'request-id': requestId,
      etag,
      ...(location !== undefined && { 'content-location': location }),
    },
    body: '',
  }
}
