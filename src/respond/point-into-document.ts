// Says the errors of a plain record in the words of the JSON:API document that it came from: where its members stand, and with which status.
import { ApiError } from '../errors/api-error.ts'
import { ApiErrors } from '../errors/api-errors.ts'

/** Where the plain record stands in a document. */
export interface Placed {
  /** From a pointer into the plain record to one into the document. */
  readonly place: (pointer: string) => string
  /** Whether a pointer into the document leads to a part of an identifier. */
  readonly isLinkage: (pointer: string) => boolean
}

/**
 * @returns the same for what is no mistake of the caller's
 */
export function pointIntoDocument(error: unknown, placed: Placed): unknown {
  if (error instanceof ApiErrors) {
    const errors = error.errors.map(one => say(one, placed))
    // Of one status: what is wrong with the document comes before what is not there (ACCESS R24).
    const status = errors.some(one => one.status === 422) ? 422 : errors[0]?.status
    return new ApiErrors(errors.filter(one => one.status === status))
  }
  return error instanceof ApiError ? say(error, placed) : error
}

/** A pointer leads to what is there: of one that leads further, the part that is (https://jsonapi.org/format/1.1/#error-objects). */
export function pointToWhatIsThere(error: unknown, document: unknown): unknown {
  const cut = (one: ApiError) =>
    one.source && 'pointer' in one.source ? withPointer(one, existing(one.source.pointer, document)) : one
  if (error instanceof ApiErrors) return new ApiErrors(error.errors.map(cut))
  return error instanceof ApiError && error.status < 500 ? cut(error) : error
}

function say(error: ApiError, { place, isLinkage }: Placed): ApiError {
  const { source } = error
  if (error.status >= 500 || !source || !('pointer' in source)) return error
  // Said of the document, for a plain record has no id beside its path.
  if (error.code === 'id_mismatch') return error
  const pointer = place(source.pointer)
  // An id that is no value of the key's type is that of no record.
  if (error.code === 'invalid_member' && isLinkage(pointer)) return withPointer(notThere(error), pointer)
  if (error.code === 'link_not_found') return withPointer(error, pointer, 'not_found')
  // An id of the caller's own that is taken (https://jsonapi.org/format/1.1/#crud-creating-responses-409).
  if (error.code === 'already_exists' && pointer.endsWith('/data/id')) return withPointer(error, pointer, 'conflict')
  return withPointer(error, pointer)
}

function notThere(cause: ApiError): ApiError {
  return new ApiError('not_found', 'There is no such record, or none that you may see.', { cause })
}

function withPointer(error: ApiError, pointer: string, code = error.code): ApiError {
  const { message, meta, headers } = error
  return new ApiError(code, message, { source: { pointer }, ...(meta && { meta }), headers, cause: error })
}

function existing(pointer: string, document: unknown): string {
  let at = document
  let found = ''
  for (const part of pointer.split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return found
    at = (at as Readonly<Record<string, unknown>>)[name]
    found += `/${part}`
  }
  return found
}
