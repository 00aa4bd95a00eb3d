// Says of an error where in the body the record stands that it is about.
import { ApiError } from './api-error.ts'
import { ApiErrors } from './api-errors.ts'

/**
 * @param pointer of the record: `/3`, `/operations/3`
 * @returns the same where it says a place already, and for what is no mistake of the caller's
 */
export function pointTo(error: unknown, pointer: string): unknown {
  if (error instanceof ApiErrors) return new ApiErrors(error.errors.map(one => pointOne(one, pointer)))
  return error instanceof ApiError && error.status < 500 ? pointOne(error, pointer) : error
}

function pointOne(error: ApiError, pointer: string): ApiError {
  const { code, message, source, meta, headers } = error
  const saysPlace = source && !('pointer' in source && source.pointer === '')
  if (saysPlace || pointer === '') return error
  return new ApiError(code, message, { source: { pointer }, ...(meta && { meta }), headers, cause: error })
}
