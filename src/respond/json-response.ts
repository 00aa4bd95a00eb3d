// Puts a body into a response with the headers that every answer carries.
import type { HttpResponse, Trailers } from '../request/http-request.ts'

export interface Answer {
  /** Byte text. */
  readonly body: string
  readonly stream?: AsyncIterable<string>
  readonly trailers?: Trailers
  readonly headers?: Readonly<Record<string, string>>
}

/** @param extra headers of this kind of answer; `cache-control` and `vary` have safe defaults */
export function jsonResponse(
  status: number,
  { body, stream, trailers, headers }: Answer,
  requestId: string,
  extra: Readonly<Record<string, string>> = {},
): HttpResponse {
  return {
    status,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'private, no-cache',
      vary: 'Accept, Authorization',
      'request-id': requestId,
      ...headers,
      ...extra,
    },
    body,
    ...(stream && { stream }),
    ...(trailers && { trailers }),
  }
}
