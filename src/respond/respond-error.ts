// Makes the answer to a mistake: the caller's with all that helps, ours with nothing of the inside.
import { ApiError } from '../errors/api-error.ts'
import { ApiErrors } from '../errors/api-errors.ts'
import { toByteText } from '../formats/byte-text.ts'
import { jsonApiType } from '../formats/index.ts'
import type { HttpResponse } from '../request/http-request.ts'
import { MovedError } from '../request/moved-error.ts'
import { jsonResponse } from './json-response.ts'

const noStore = { 'cache-control': 'no-store' }

/**
 * @param onInternal told of every error that is not the caller's
 * @param challenge `WWW-Authenticate` of a 401 that does not bring its own
 * @param isJsonApi whether the caller speaks that; the objects are the same
 */
export function respondError(
  error: unknown,
  requestId: string,
  onInternal: (error: unknown) => void,
  challenge?: string,
  isJsonApi = false,
): HttpResponse {
  const response = respond(error, requestId, onInternal, challenge)
  if (!isJsonApi || response.body === '') return response
  return { ...response, headers: { ...response.headers, 'content-type': jsonApiType } }
}

function respond(
  error: unknown,
  requestId: string,
  onInternal: (error: unknown) => void,
  challenge?: string,
): HttpResponse {
  if (error instanceof MovedError)
    return jsonResponse(308, { body: '' }, requestId, { ...noStore, location: error.location })
  if (error instanceof ApiErrors) return respondSeveral(error, requestId)
  const known =
    error instanceof ApiError ? error : new ApiError('internal', 'Something failed on our side.', { cause: error })
  if (known.status >= 500) onInternal(error)
  return jsonResponse(
    known.status,
    { body: toByteText(JSON.stringify({ errors: [known.toObject(requestId)] })) },
    requestId,
    {
      ...noStore,
      ...(known.status === 401 && challenge !== undefined && { 'www-authenticate': challenge }),
      ...known.headers,
    },
  )
}

function respondSeveral({ errors }: ApiErrors, requestId: string): HttpResponse {
  const body = toByteText(JSON.stringify({ errors: errors.map(error => error.toObject(requestId)) }))
  return jsonResponse(errors[0]?.status ?? 422, { body }, requestId, noStore)
}
