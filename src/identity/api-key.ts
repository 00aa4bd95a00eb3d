// Makes and reads the keys of registered clients: `cln_`, 8 characters by which the key is found, 43 of secret, 6 of checksum.
import { hash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

export interface ApiKey {
  /** As the client sends it. It is shown once and kept nowhere. */
  readonly text: string
  readonly id: string
  /** SHA-256 in hex: enough for a secret of 256 random bits, which nobody can try. */
  readonly digest: string
}

export const keyPrefix = 'cln_'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const shape = /^cln_([0-9A-Za-z]{8})[0-9A-Za-z]{43}[0-9A-Za-z]{6}$/

export function makeApiKey(): ApiKey {
  const id = toText(randomBytes(8)).slice(-8)
  const body = `${keyPrefix}${id}${toText(randomBytes(32)).padStart(43, '0')}`
  const text = body + checksum(body)
  return { text, id, digest: digestOf(text) }
}

/** @returns undefined for what no server ever made; a scanner of secrets can tell so, too */
export function readApiKey(text: string): ApiKey | undefined {
  const id = shape.exec(text)?.[1]
  if (id === undefined || checksum(text.slice(0, -6)) !== text.slice(-6)) return undefined
  return { text, id, digest: digestOf(text) }
}

const digestOf = (text: string) => hash('sha256', text, 'hex')

const checksum = (text: string) =>
  toText(Buffer.from(crc32(text).toString(16).padStart(8, '0'), 'hex')).padStart(6, '0')

/** In base 62. */
function toText(bytes: Buffer): string {
  let text = ''
  for (let rest = BigInt(`0x${bytes.toString('hex')}`); rest > 0n; rest /= 62n)
    text = alphabet[Number(rest % 62n)] + text
  return text
}
