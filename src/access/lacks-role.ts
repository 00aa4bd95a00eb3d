// What is answered where none of the caller's roles gives a right at all.
import { ApiError } from '../errors/api-error.ts'
import type { AccessSet } from './access.ts'

/** 401 to the anonymous, who may hold another role once signed in; 403 to others, in the given words. */
export function lacksRole({ roles }: AccessSet, detail: string): ApiError {
  if (roles.authenticated) return new ApiError('forbidden', detail)
  return new ApiError('unauthenticated', 'This needs a token: Authorization: Bearer TOKEN.')
}
