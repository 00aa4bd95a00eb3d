// What a read ends with when its caller has hung up.
import { ApiError } from '../../errors/api-error.ts'

/** Nobody reads this answer, and it is no failure of ours. */
export function hungUp(): ApiError {
  return new ApiError('bad_request', 'The caller hung up.')
}
