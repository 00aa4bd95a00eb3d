// Reads the header Idempotency-Key: a string of RFC 8941, or the same without its quotes.
import { ApiError } from '../errors/api-error.ts'
import { type HttpRequest, header } from '../request/http-request.ts'

const maxLength = 255

/** Anonymous callers share a scope: nobody may come upon another's key by chance. */
const minAnonymousLength = 22

/** Printable ASCII; a quote and a backslash stand behind a backslash (RFC 8941 3.3.3). */
const quoted = /^"((?:[ !#-[\]-~]|\\["\\])*)"$/

/** Visible ASCII without what separates or escapes: quotes, commas, semicolons, backslashes. */
const bare = /^[!#-+\--:<-[\]-~]+$/

/**
 * @returns null where there is none
 * @throws ApiError `invalid_idempotency_key`
 */
export function readIdempotencyKey(http: HttpRequest, isAnonymous: boolean): string | null {
  const given = header(http, 'idempotency-key')?.trim()
  if (given === undefined) return null
  const key = bare.test(given) ? given : quoted.exec(given)?.[1]?.replace(/\\(.)/g, '$1')
  if (key === undefined) throw invalid('Send one string of printable ASCII, such as a UUID.')
  if (key.length < 1 || key.length > maxLength) throw invalid(`A key has 1 to ${maxLength} characters.`)
  if (isAnonymous && key.length < minAnonymousLength)
    throw invalid(`Without a token a key has at least ${minAnonymousLength} characters, chosen at random.`)
  return key
}

function invalid(detail: string): ApiError {
  return new ApiError('invalid_idempotency_key', detail, { source: { header: 'Idempotency-Key' } })
}
