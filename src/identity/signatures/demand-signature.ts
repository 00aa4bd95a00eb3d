// Refuses a request without a signature where its caller is accepted with nothing else.
import type { Principal } from '../../access/principal.ts'
import type { HttpRequest } from '../../request/http-request.ts'
import { signatureError } from './signature-error.ts'

export type MustSign = (principal: Principal) => boolean | Promise<boolean>

/**
 * @param components what a signature of this request has to cover; undefined where the server takes none
 * @returns the principal, at once where it is known at once whether he must sign
 * @throws ApiError 401 `signature_required`, perhaps as a rejection
 */
export function demandSignature(
  http: HttpRequest,
  principal: Principal,
  mustSign: MustSign,
  components?: (http: HttpRequest) => readonly string[],
): Principal | Promise<Principal> {
  if (principal.id === null) return principal
  const judge = (must: boolean): Principal => {
    if (!must) return principal
    const more = components ? '.' : ', and this server takes none.'
    throw signatureError(
      'signature_required',
      `This caller is accepted with a signature only${more}`,
      components?.(http),
    )
  }
  const must = mustSign(principal)
  return typeof must === 'boolean' ? judge(must) : must.then(judge)
}
