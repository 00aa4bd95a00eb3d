// Holds a body to the Content-Digest that came with it (RFC 9530).
import { createHash, timingSafeEqual } from 'node:crypto'
import { type Dictionary, parseDictionary } from 'structured-headers'
import { ApiError } from '../errors/api-error.ts'
import { type HttpRequest, header } from './http-request.ts'

/** The other algorithms of RFC 9530 are broken; what we do not know is passed over. */
const algorithms = { 'sha-256': 'sha256', 'sha-512': 'sha512' } as const

/**
 * @param bytes the body as it came, whatever its Content-Encoding
 * @returns whether it was held to anything: there may be no such header, or none of its algorithms may be ours
 * @throws ApiError 400 `invalid_content_digest`, or 401 `digest_mismatch` for another body in a request that says it is signed
 */
export function checkContentDigest(http: HttpRequest, bytes: Uint8Array): boolean {
  const text = header(http, 'content-digest')
  if (text === undefined) return false
  const digests = readDigests(text)
  let checked = false
  for (const [name, algorithm] of Object.entries(algorithms)) {
    const given = digests.get(name)?.[0]
    if (given === undefined) continue
    if (!(given instanceof ArrayBuffer)) throw malformed()
    const computed = createHash(algorithm).update(bytes).digest()
    if (given.byteLength !== computed.length || !timingSafeEqual(Buffer.from(given), computed)) throw mismatch(http)
    checked = true
  }
  return checked
}

const source = { header: 'Content-Digest' }

function readDigests(text: string): Dictionary {
  try {
    return parseDictionary(text)
  } catch {
    throw malformed()
  }
}

function malformed(): ApiError {
  return new ApiError('invalid_content_digest', 'Write sha-256=:BASE64:, or the same with sha-512.', { source })
}

function mismatch(http: HttpRequest): ApiError {
  const detail = 'The body is not the one that Content-Digest tells of.'
  if (header(http, 'signature-input') === undefined) return new ApiError('invalid_content_digest', detail, { source })
  return new ApiError('digest_mismatch', detail, { source, headers: { 'www-authenticate': 'Signature' } })
}
