// An identity provider on this machine: it publishes its keys, signs tokens, tells about opaque ones, and fails as it is told.
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type JWTHeaderParameters, SignJWT } from 'jose'

/** How it answers: as it should, with an error, with what is no JSON, with 10 MB, never, elsewhere, or by hanging up. */
export type Mood = 'fine' | 'error' | 'garbage' | 'huge' | 'silent' | 'elsewhere' | 'gone'

export interface Issuer {
  readonly url: string
  mood: Mood
  /** How often it was asked. */
  asked: number
  /** Tokens that it tells about, with what it tells. */
  readonly opaque: Map<string, Record<string, unknown>>
  /** The last question about an opaque token. */
  lastQuestion: { readonly authorization: string | undefined; readonly form: URLSearchParams } | undefined
  /** A new key in place of all those before. */
  rotate(): void
  /** Signs with the newest key, or with an older one. */
  sign(claims?: Record<string, unknown>, header?: Partial<JWTHeaderParameters>, by?: string): Promise<string>
  readonly kid: string
  /** What it publishes; a test may change it. */
  published: unknown[]
  close(): Promise<void>
}

export async function startIssuer(): Promise<Issuer> {
  const keys = new Map<string, KeyObject>()
  const server = createServer((request, response) => void answer(issuer, request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  let kid = ''
  const issuer: Issuer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mood: 'fine',
    asked: 0,
    opaque: new Map(),
    lastQuestion: undefined,
    published: [],
    get kid() {
      return kid
    },
    rotate() {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      kid = `key-${keys.size + 1}`
      keys.set(kid, privateKey)
      issuer.published = [{ ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' }]
    },
    sign(claims = {}, header = {}, by = kid) {
      const key = keys.get(by) as KeyObject
      return new SignJWT({ sub: '18', iss: issuer.url, ...claims })
        .setProtectedHeader({ alg: 'ES256', kid, ...header })
        .setIssuedAt(claims.iat as number | undefined)
        .setExpirationTime((claims.exp as number | undefined) ?? '1h')
        .sign(key)
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  issuer.rotate()
  return issuer
}

async function answer(issuer: Issuer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  issuer.asked += 1
  let body = ''
  for await (const chunk of request) body += chunk
  response.on('error', () => undefined)
  switch (issuer.mood) {
    case 'silent':
      return
    case 'gone':
      return void request.socket.destroy()
    case 'error':
      return void response.writeHead(500).end('{}')
    case 'garbage':
      return void response.end('<html>')
    case 'huge':
      return void response.end(`{"active":true,"keys":[],"sub":"18","x":"${'x'.repeat(10_000_000)}"}`)
    case 'elsewhere':
      return void response.writeHead(302, { location: `${issuer.url}/moved` }).end()
  }
  if (request.method === 'GET') return void response.end(JSON.stringify({ keys: issuer.published }))
  const form = new URLSearchParams(body)
  issuer.lastQuestion = { authorization: request.headers.authorization, form }
  response.end(JSON.stringify(issuer.opaque.get(form.get('token') ?? '') ?? { active: false }))
}
