// Turns a signed request into a principal: whose key it is, once all of it is found right.
import { createHash } from 'node:crypto'
import type { Principal } from '../../access/principal.ts'
import { checkContentDigest } from '../../request/content-digest.ts'
import { type HttpRequest, header } from '../../request/http-request.ts'
import { targetUriOf } from '../../request/target-uri.ts'
import { defaultLimits } from '../../schema/limits.ts'
import { checkCovered, checkTime, requiredComponents, toRules } from './check-signature.ts'
import { demandSignature, type MustSign } from './demand-signature.ts'
import { type GivenSignature, readSignatures } from './read-signatures.ts'
import { signatureBase } from './signature-base.ts'
import { signatureError } from './signature-error.ts'
import { type ReadyKey, readyKeys } from './signature-keys.ts'
import type { NonceStore, SignatureOptions } from './signature-options.ts'

type Identify = (http: HttpRequest) => Principal | Promise<Principal>

/** The other ways to show who is calling. */
export interface OtherWays {
  readonly identify: Identify
  /** Whom they accept with a signature only, beside those of whom the keys say so. */
  readonly mustSign?: MustSign
}

/**
 * RFC 9421. A request without a signature is left to the other ways, but for a principal who must sign.
 * @returns a function that throws ApiError 400 for syntax and 401 for a signature that is no good
 */
export function identifyBySignature(
  options: SignatureOptions,
  nonces: NonceStore,
  { identify: others, mustSign = () => false }: OtherWays,
  now: () => number = Date.now,
): Identify {
  const keys = readyKeys(options.keys)
  const rules = toRules(options)

  async function identifyUnsigned(http: HttpRequest): Promise<Principal> {
    const must: MustSign = async principal => (await keys.mustSign(principal)) || (await mustSign(principal))
    return await demandSignature(http, await others(http), must, of => requiredComponents(of, hasContent(of), rules))
  }

  async function identifySigned(http: HttpRequest): Promise<Principal> {
    const { signature, key } = await findKnown(readSignatures(http))
    if (signature.algorithm !== null && signature.algorithm !== key.algorithm)
      throw signatureError('signature_invalid', 'The parameter alg is not the algorithm of this key.')
    const body = hasContent(http) ? await http.body(defaultLimits.bodyBytes) : new Uint8Array()
    checkCovered(signature, http, body.length > 0, rules)
    checkTime(signature, rules, now())
    if (!checkContentDigest(http, body) && body.length > 0)
      throw signatureError('digest_mismatch', 'Content-Digest takes sha-256 or sha-512.')
    const base = signatureBase(http, targetUriOf(http, options.origin), signature)
    if (!(await key.verify(base, signature.value).catch(() => false)))
      throw signatureError('signature_invalid', 'The signature does not fit this request and this key.')
    const told = await others(http)
    if (told.id !== null && told.id !== key.principal.id)
      throw signatureError('signature_other_principal', 'The token and the key are those of two principals.')
    // Last of all: nobody without a key may fill the store, or use up the nonce of another.
    if (!(await nonces.use(digestNonce(signature), rules.rememberSeconds)))
      throw signatureError('signature_replayed', 'This signature was used before.')
    // Where there is a token too, its claims may be narrower.
    return told.id === null ? key.principal : told
  }

  /** The first one of a known key counts, and has to hold: another may be that of a proxy on the way. */
  async function findKnown(signatures: readonly GivenSignature[]): Promise<Known> {
    for (const signature of signatures) {
      const key = signature.keyId === null ? null : await keys.findKey(signature.keyId)
      if (key) return { signature, key }
    }
    throw signatureError('signature_key_unknown', 'No signature is of a key that is known here.')
  }

  // A nonce works once, and a request may be identified twice on its way.
  const identified = new WeakMap<HttpRequest, Promise<Principal>>()
  return http => {
    if (header(http, 'signature-input') === undefined && header(http, 'signature') === undefined)
      return identifyUnsigned(http)
    const made = identified.get(http) ?? identifySigned(http)
    identified.set(http, made)
    return made
  }
}

interface Known {
  readonly signature: GivenSignature
  readonly key: ReadyKey
}

function hasContent(http: HttpRequest): boolean {
  return Number(header(http, 'content-length') ?? 0) > 0 || header(http, 'transfer-encoding') !== undefined
}

function digestNonce({ keyId, nonce }: GivenSignature): string {
  return createHash('sha256')
    .update(JSON.stringify([keyId, nonce]))
    .digest('base64url')
}
