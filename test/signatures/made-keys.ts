// Makes a pair of keys for each algorithm, as a server and a caller hold them.
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { SignOptions } from '../../src/client/sign.ts'
import type { SignatureAlgorithm, SignatureKey } from '../../src/identity/signatures/signature-options.ts'

export interface MadeKey {
  /** What the server is told. */
  readonly key: string
  /** What signs. */
  readonly signing: SignOptions
}

const secret = 'a shared secret of the tests, of 32 bytes or more'

const pairs: Readonly<
  Record<Exclude<SignatureAlgorithm, 'hmac-sha256'>, { publicKey: KeyObject; privateKey: KeyObject }>
> = {
  ed25519: generateKeyPairSync('ed25519'),
  'ecdsa-p256-sha256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  'rsa-pss-sha512': generateKeyPairSync('rsa', { modulusLength: 2048 }),
}

export const algorithms: readonly SignatureAlgorithm[] = [
  'ed25519',
  'ecdsa-p256-sha256',
  'rsa-pss-sha512',
  'hmac-sha256',
]

export function makeKey(algorithm: SignatureAlgorithm, keyId: string = algorithm): MadeKey {
  if (algorithm === 'hmac-sha256') return { key: secret, signing: { key: secret, keyId, algorithm } }
  const { publicKey, privateKey } = pairs[algorithm]
  return {
    key: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    signing: { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), keyId, algorithm },
  }
}

/** Each for user 20. */
export const madeKeys = (principal: SignatureKey['principal'] = { id: '20' }): readonly SignatureKey[] =>
  algorithms.map(algorithm => ({ id: algorithm, algorithm, key: makeKey(algorithm).key, principal }))
