// Refuses a write from a hook, in words for the caller.
import { ApiError } from './api-error.ts'

const codes = {
  400: 'bad_request',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  422: 'invalid_member',
} as const

/**
 * The error for a hook to throw: all that the request wrote is undone, and its caller reads why.
 * @param detail what was wrong and what would work; never what the caller may not know
 * @param pointer JSON Pointer (RFC 6901) into the body: `/title`
 * @example
 * throw refuse(422, 'A title has no shouting.', '/title')
 */
export function refuse(status: keyof typeof codes, detail: string, pointer?: string): Error {
  const code = codes[status]
  if (code === undefined) throw new TypeError(`refuse takes ${Object.keys(codes).join(', ')}, not ${status}`)
  return new ApiError(code, detail, pointer === undefined ? {} : { source: { pointer } })
}
