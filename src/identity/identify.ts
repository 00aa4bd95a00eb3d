// Says who is calling, by whatever ways a server knows its callers.
import { anonymous, type Principal } from '../access/principal.ts'
import type { Database } from '../databases/database.ts'
import { type HttpRequest, header } from '../request/http-request.ts'
import { identifyByJwt, type JwtOptions } from './identify-jwt.ts'
import { identifyBySignature } from './signatures/identify-signature.ts'
import { makeNonceStore } from './signatures/nonce-store.ts'
import type { SignatureOptions } from './signatures/signature-options.ts'

/** @throws ApiError 401 for credentials that are no good; without any the caller is anonymous */
export type Identify = (http: HttpRequest) => Principal | Promise<Principal>

export interface IdentityOptions {
  readonly jwt?: JwtOptions | undefined
  readonly signatures?: SignatureOptions | undefined
  /** Remembers used nonces. */
  readonly database: Database
}

export function makeIdentify({ jwt, signatures, database }: IdentityOptions): Identify {
  const byToken = jwt ? identifyByJwt(jwt) : () => anonymous
  const identify: Identify = http => byToken(header(http, 'authorization'))
  return signatures ? identifyBySignature(signatures, makeNonceStore(database, signatures), identify) : identify
}
