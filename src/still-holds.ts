// Says until when a caller is who he said he is: what is held for him ends then (ACCESS R40).
import type { Principal } from './access/principal.ts'
import { ApiError } from './errors/api-error.ts'

/** Milliseconds until the token expires; infinite for one that does not. */
export function msUntilExpiry({ claims }: Principal, nowMs: number): number {
  const expires = claims.get('exp')
  return typeof expires === 'number' ? expires * 1000 - nowMs : Number.POSITIVE_INFINITY
}

/** @throws ApiError 401 where the token has expired or was revoked since */
export async function checkStillHolds(principal: Principal): Promise<void> {
  if (msUntilExpiry(principal, Date.now()) <= 0) throw new ApiError('invalid_token', 'The token has expired.')
  await principal.recheck?.()
}
