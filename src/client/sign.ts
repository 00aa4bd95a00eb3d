// Signs a request for fetch (RFC 9421), in Node and in browsers alike: WebCrypto is all it needs.

export interface SignOptions {
  /** A private key in PEM (PKCS #8), the shared secret of `hmac-sha256` as text or bytes, or either as a CryptoKey. */
  readonly key: string | Uint8Array<ArrayBuffer> | InstanceType<typeof CryptoKey>
  /** The name under which the server knows the key. */
  readonly keyId: string
  readonly algorithm: 'ed25519' | 'ecdsa-p256-sha256' | 'rsa-pss-sha512' | 'hmac-sha256'
  /** Header fields to cover, where the request has them, beside those that are always covered. */
  readonly components?: readonly string[]
  /** Now, when left out. */
  readonly created?: Date
  /** Seconds after which the request is void, where that is less than the server's window. */
  readonly expiresSeconds?: number
  /** Works once; a random one when left out. */
  readonly nonce?: string
}

/** Covered wherever a request has them: each changes what is asked for, or by whom. */
const usual = [
  ...['content-digest', 'content-type', 'authorization', 'idempotency-key', 'if-match'],
  ...['if-unmodified-since', 'prefer', 'range'],
]

const algorithms = {
  ed25519: { name: 'Ed25519' },
  'ecdsa-p256-sha256': { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  'rsa-pss-sha512': { name: 'RSA-PSS', hash: 'SHA-512', saltLength: 64 },
  'hmac-sha256': { name: 'HMAC', hash: 'SHA-256' },
} as const

/**
 * The same request with Content-Digest, Signature-Input and Signature. What is given stays as it is; a request that is sent
 * again has to be signed again.
 * @example
 * const response = await fetch(await sign(['https://api.example.org/api/videos'], { key, keyId: 'mine', algorithm: 'ed25519' }))
 */
export async function sign(
  given: Request | readonly [url: string | URL, init?: RequestInit],
  options: SignOptions,
): Promise<Request> {
  const request = given instanceof Request ? given : new Request(...given)
  const bytes = new Uint8Array(await request.clone().arrayBuffer())
  const headers = new Headers(request.headers)
  if (bytes.length > 0)
    headers.set('content-digest', `sha-256=:${toBase64(await crypto.subtle.digest('SHA-256', bytes))}:`)
  const uri = request.url.replace(/#.*$/, '')
  const fields = [...new Set([...usual, ...(options.components ?? []).map(name => name.toLowerCase())])]
  const covered: [name: string, value: string][] = [
    ['@method', request.method],
    ['@target-uri', uri],
    ...fields.flatMap((name): [string, string][] => {
      const value = headers.get(name)
      return value === null ? [] : [[name, value.trim()]]
    }),
  ]
  const parameters = `(${covered.map(([name]) => `"${name}"`).join(' ')})${describe(options)}`
  const lines = [...covered, ['@signature-params', parameters]].map(([name, value]) => `"${name}": ${value}`)
  const signature = await signBytes(new TextEncoder().encode(lines.join('\n')), options)
  headers.set('signature-input', `sig=${parameters}`)
  headers.set('signature', `sig=:${toBase64(signature)}:`)
  return new Request(request, { headers, ...(bytes.length > 0 && { body: bytes }) })
}

function describe({ created = new Date(), expiresSeconds, nonce = crypto.randomUUID(), keyId }: SignOptions): string {
  const seconds = Math.floor(created.getTime() / 1_000)
  const expires = expiresSeconds === undefined ? '' : `;expires=${seconds + Math.floor(expiresSeconds)}`
  return `;created=${seconds}${expires};keyid=${quote(keyId)};nonce=${quote(nonce)}`
}

/** A string of RFC 9651. */
function quote(text: string): string {
  if (!/^[ -~]*$/.test(text)) throw new TypeError('keyId and nonce are printable ASCII.')
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

async function signBytes(data: Uint8Array<ArrayBuffer>, { key, algorithm }: SignOptions): Promise<ArrayBuffer> {
  const how = algorithms[algorithm]
  return crypto.subtle.sign(how, key instanceof CryptoKey ? key : await importKey(key, algorithm), data)
}

function importKey(key: string | Uint8Array<ArrayBuffer>, algorithm: SignOptions['algorithm']) {
  const how = algorithms[algorithm]
  if (algorithm !== 'hmac-sha256') return crypto.subtle.importKey('pkcs8', fromPem(key), how, false, ['sign'])
  const secret = typeof key === 'string' ? new TextEncoder().encode(key) : key
  return crypto.subtle.importKey('raw', secret, how, false, ['sign'])
}

/** Bytes are taken for the DER that they are. */
function fromPem(key: string | Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (typeof key !== 'string') return key
  const base64 = /-----BEGIN PRIVATE KEY-----([^-]+)-----END/.exec(key)?.[1]
  if (base64 === undefined) throw new TypeError('The key is no PEM of PKCS #8: -----BEGIN PRIVATE KEY-----.')
  return Uint8Array.from(atob(base64.replace(/\s/g, '')), one => one.charCodeAt(0))
}

function toBase64(bytes: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)))
}
