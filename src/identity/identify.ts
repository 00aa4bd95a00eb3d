// Says who is calling, by whatever ways a server knows its callers.
import { anonymous, type Principal } from '../access/principal.ts'
import { type HttpRequest, header } from '../request/http-request.ts'
import { identifyByJwt, type JwtOptions } from './identify-jwt.ts'

/** @throws ApiError 401 for credentials that are no good; without any the caller is anonymous */
export type Identify = (http: HttpRequest) => Principal | Promise<Principal>

export interface IdentityOptions {
  readonly jwt?: JwtOptions | undefined
}

export function makeIdentify({ jwt }: IdentityOptions): Identify {
  if (!jwt) return () => anonymous
  const byToken = identifyByJwt(jwt)
  return http => byToken(header(http, 'authorization'))
}
