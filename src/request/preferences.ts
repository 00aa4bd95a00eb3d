// Reads what a caller prefers (RFC 7240): nothing in it can be wrong.
import { type HttpRequest, header } from './http-request.ts'

/** @example ['return=minimal', 'wait=5'] */
export function preferences(http: HttpRequest): readonly string[] {
  return (header(http, 'prefer') ?? '').split(',').map(one =>
    one
      .trim()
      .toLowerCase()
      .replace(/\s*=\s*/, '='),
  )
}
