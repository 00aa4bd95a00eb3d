// Finds the key that a signature names, ready to verify with; who must sign is known here too.
import { createPublicKey, createSecretKey, KeyObject } from 'node:crypto'
import { createVerifier } from 'http-message-signatures'
import type { Principal } from '../../access/principal.ts'
import type { FindSignatureKey, SignatureKey, SignatureKeys, SignatureOptions } from './signature-options.ts'

export interface ReadyKey {
  readonly algorithm: SignatureKey['algorithm']
  readonly principal: Principal
  verify(data: Buffer, signature: Buffer): Promise<boolean>
}

export interface ReadyKeys {
  findKey(keyId: string): Promise<ReadyKey | null>
  mustSign(principal: Principal): boolean | Promise<boolean>
}

/** @throws Error for a key in the list that does not fit its algorithm, or an id that two have */
export function readyKeys(given: SignatureOptions['keys']): ReadyKeys {
  const keys = toKeys(given)
  // By identity: a store that gives the same key again has it ready.
  const ready = new WeakMap<SignatureKey, ReadyKey>()
  const prepare = (key: SignatureKey): ReadyKey => {
    const known = ready.get(key) ?? toReadyKey(key)
    ready.set(key, known)
    return known
  }
  if (isList(given)) given.forEach(prepare)
  return {
    async findKey(keyId) {
      const key = await keys.findKey(keyId)
      return key && prepare(key)
    },
    mustSign: principal => keys.mustSign(principal),
  }
}

function isList(given: SignatureOptions['keys']): given is readonly SignatureKey[] {
  return Array.isArray(given)
}

function toKeys(given: SignatureOptions['keys']): SignatureKeys {
  if (isList(given)) return listKeys(given)
  if (typeof given !== 'function') return given
  const findKey: FindSignatureKey = given
  return { findKey, mustSign: () => false }
}

function listKeys(list: readonly SignatureKey[]): SignatureKeys {
  const byId = new Map(list.map(key => [key.id, key]))
  if (byId.size < list.length) throw new Error('Two keys for signatures have the same id.')
  const signing = new Set(list.filter(({ required }) => required).map(({ principal }) => principal.id))
  return {
    findKey: keyId => byId.get(keyId) ?? null,
    mustSign: ({ id }) => id !== null && signing.has(id),
  }
}

function toReadyKey({ id, algorithm, key, principal }: SignatureKey): ReadyKey {
  const object = algorithm === 'hmac-sha256' ? toSecret(id, key) : toPublicKey(id, algorithm, key)
  const verifier = createVerifier(object, algorithm)
  return {
    algorithm,
    principal: { id: principal.id, claims: new Map(Object.entries(principal.claims ?? {})) },
    verify: async (data, signature) => (await verifier(data, signature)) === true,
  }
}

function toSecret(id: string, key: SignatureKey['key']): KeyObject {
  // A public key is no secret, though it could serve as the bytes of one.
  const isPublic = key instanceof KeyObject ? key.type !== 'secret' : key.includes('-----BEGIN')
  if (isPublic) throw new Error(`The key "${id}" for hmac-sha256 is no shared secret.`)
  const secret = key instanceof KeyObject ? key : createSecretKey(Buffer.from(key))
  if ((secret.symmetricKeySize ?? 0) < 32) throw new Error(`The secret "${id}" for hmac-sha256 has less than 32 bytes.`)
  return secret
}

function toPublicKey(id: string, algorithm: SignatureKey['algorithm'], key: SignatureKey['key']): KeyObject {
  const made = key instanceof KeyObject && key.type === 'public' ? key : createPublicKey(key)
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = made
  const fits =
    algorithm === 'ed25519'
      ? type === 'ed25519'
      : algorithm === 'ecdsa-p256-sha256'
        ? type === 'ec' && details?.namedCurve === 'prime256v1'
        : algorithm === 'rsa-pss-sha512' &&
          (type === 'rsa' || type === 'rsa-pss') &&
          (details?.modulusLength ?? 0) >= 2048
  if (!fits) throw new Error(`The key "${id}" is none for ${algorithm}.`)
  return made
}
