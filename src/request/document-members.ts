// Reads the objects that a JSON:API document is made of, and says of those that are none where they stand.
import { ApiError } from '../errors/api-error.ts'

export type Members = Readonly<Record<string, unknown>>

/**
 * What is not known is passed over, as the specification has it for all objects but those of attributes and relationships.
 * @param what it has to be, in words
 * @throws ApiError 400 for what is no object
 */
export function readMembers(value: unknown, pointer: string, what = 'an object'): Members {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Members
  throw malformed(pointer, `It must be ${what}.`)
}

export function malformed(pointer: string, detail: string): ApiError {
  return new ApiError('malformed_document', detail, { source: { pointer } })
}

/** The pointer one step further down (RFC 6901). */
export function step(pointer: string, name: string | number): string {
  return `${pointer}/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`
}
