// Makes the refusals of signed requests: 401, with what a signature has to cover where that helps.
import { serializeString } from 'structured-headers'
import { ApiError } from '../../errors/api-error.ts'
import type { ErrorCode } from '../../errors/catalog.ts'

type SignatureCode = Extract<ErrorCode, `signature_${string}` | 'digest_mismatch' | 'malformed_signature'>

/** @param components what this very request has to sign, for Accept-Signature (RFC 9421, section 5) */
export function signatureError(code: SignatureCode, detail: string, components?: readonly string[]): ApiError {
  const asked = components?.map(name => serializeString(name)).join(' ')
  return new ApiError(code, detail, {
    source: { header: 'Signature-Input' },
    ...(code !== 'malformed_signature' && {
      headers: {
        'www-authenticate': 'Signature',
        ...(asked !== undefined && { 'accept-signature': `sig=(${asked});created` }),
      },
    }),
  })
}
