// What a server is told about signed requests.
import type { KeyObject } from 'node:crypto'
import type { Principal } from '../../access/principal.ts'

/** Names of RFC 9421, section 3.3. */
export type SignatureAlgorithm = 'ed25519' | 'ecdsa-p256-sha256' | 'rsa-pss-sha512' | 'hmac-sha256'

export interface SignatureKey {
  /** `keyid` of the signatures made with it. */
  readonly id: string
  /** Which algorithm the key is for; no other is accepted. */
  readonly algorithm: SignatureAlgorithm
  /** A public key in PEM; for `hmac-sha256` the shared secret, of 32 bytes or more. */
  readonly key: string | KeyObject
  /** Whom the key speaks for; `claims` are what a token would say of him. */
  readonly principal: { readonly id: string; readonly claims?: Readonly<Record<string, unknown>> }
  /** The principal is accepted with a signature only: a token alone is not enough. */
  readonly required?: boolean
}

/** Asks for a key when a signature names it. Who must sign is not known so: that takes a list, or `SignatureKeys`. */
export type FindSignatureKey = (keyId: string) => FoundKey | null | Promise<FoundKey | null>

type FoundKey = Omit<SignatureKey, 'required'> & { readonly required?: never }

/** Where keys are: a list, a table of clients. */
export interface SignatureKeys {
  /** @returns null for a key that there is not, or not any more */
  findKey(keyId: string): SignatureKey | null | Promise<SignatureKey | null>
  /** Whether a principal is accepted with a signature only. */
  mustSign(principal: Principal): boolean | Promise<boolean>
}

export interface NonceStore {
  /**
   * @param digest of the key and its nonce: 43 characters, whatever was sent
   * @param seconds how long it is to be remembered
   * @returns whether this is its first use, across all processes
   */
  use(digest: string, seconds: number): Promise<boolean>
}

export interface SignatureOptions {
  readonly keys: readonly SignatureKey[] | FindSignatureKey | SignatureKeys
  /** Header fields that a signature must cover wherever a request has them, beside those that it must cover in any case. */
  readonly components?: readonly string[]
  /** How long after `created` a request is accepted; 300 when left out. */
  readonly windowSeconds?: number
  /** How far the clocks of callers may be off; 30 when left out. */
  readonly clockToleranceSeconds?: number
  /** What clients write before the path, where a proxy stands in front: `https://api.example.org`. Else `http` and `Host` count. */
  readonly origin?: string
  /** Where used nonces are remembered; the database when left out. */
  readonly nonces?: NonceStore
}
