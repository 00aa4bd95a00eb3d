// Reads what a caller prefers (RFC 7240): nothing in it can be wrong.
import { type HttpRequest, header } from './http-request.ts'

const none: readonly string[] = []

/** @example ['return=minimal', 'wait=5'] */
export function preferences(http: HttpRequest): readonly string[] {
  const prefer = header(http, 'prefer')
  if (prefer === undefined) return none
  return prefer.split(',').map(one =>
    one
      .trim()
      .toLowerCase()
      .replace(/\s*=\s*/, '='),
  )
}
