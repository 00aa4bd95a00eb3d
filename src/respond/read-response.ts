// Puts the answer to a read into a response: whole, or 304 where the caller has it already.
import { type HttpRequest, type HttpResponse, header } from '../request/http-request.ts'
import { hasEntityTag } from './entity-tag.ts'
import { jsonResponse } from './json-response.ts'
import type { ReadAnswer } from './read-answer.ts'

export function readResponse(
  http: HttpRequest,
  answer: ReadAnswer,
  requestId: string,
  extra?: Readonly<Record<string, string>>,
): HttpResponse {
  const control = isShared(http, answer) ? answer.shared : answer.headers['cache-control']
  if (answer.status === undefined && control !== 'no-store' && isKnown(http, answer))
    return notModified(answer, control ?? 'private, no-cache', requestId)
  const given = control ? { ...answer, headers: { ...answer.headers, 'cache-control': control } } : answer
  return jsonResponse(answer.status ?? 200, given, requestId, extra)
}

/** ACCESS R27: the same for everybody, and asked for by nobody in particular. */
export function isShared({ headers }: HttpRequest, { shared }: ReadAnswer): boolean {
  return shared !== undefined && shared !== null && !credentials.some(name => headers[name] !== undefined)
}

const credentials = ['authorization', 'cookie', 'signature', 'signature-input']

/** RFC 9110 13.2.2: a date counts only where no tag is given. */
function isKnown(http: HttpRequest, { headers: { etag, 'last-modified': modified } }: ReadAnswer): boolean {
  const condition = header(http, 'if-none-match')
  if (condition !== undefined) return etag !== undefined && hasEntityTag(condition, etag)
  const since = modified === undefined ? undefined : header(http, 'if-modified-since')
  return since !== undefined && modified !== undefined && Date.parse(since) >= Date.parse(modified)
}

/** RFC 9110 15.4.5: what a cache needs to go on with its copy, and nothing that describes a body. */
function notModified({ headers }: ReadAnswer, control: string, requestId: string): HttpResponse {
  const location = headers['content-location']
  return {
    status: 304,
    headers: {
      'cache-control': control,
      vary: headers.vary ?? 'Accept, Authorization',
      'request-id': requestId,
      ...(headers.etag !== undefined && { etag: headers.etag }),
      ...(location !== undefined && { 'content-location': location }),
    },
    body: '',
  }
}
