// Starts the API of notes for callers who sign, and sends it requests as they were signed, or changed after that.
import { request as nodeRequest } from 'node:http'
import pg from 'pg'
import { type SignOptions, sign } from '../../src/client/sign.ts'
import { createServer, type RunningServer } from '../../src/create-server.ts'
import { connectPostgres } from '../../src/databases/postgres/connect.ts'
import type { SignatureOptions } from '../../src/identity/signatures/signature-options.ts'
import { notesApi } from '../idempotency/notes-api.ts'
import type { TestDatabase } from '../support/databases.ts'
import { makeKey } from './made-keys.ts'

export interface Sent {
  readonly method: string
  /** With the base path. */
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Answer {
  readonly status: number
  readonly code: string | undefined
  readonly headers: Readonly<Record<string, string | undefined>>
  // biome-ignore lint/suspicious/noExplicitAny: an answer is read by tests of every shape
  readonly json: any
}

export interface Asked {
  readonly method?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** How it is signed, when not with the key `ed25519`. */
  readonly by?: Partial<SignOptions>
}

export interface SignedNotes {
  readonly server: RunningServer
  readonly errors: unknown[]
  readonly client: pg.Client
  /** Signs a request to a path below the base path; a POST where there is a body. */
  make(path: string, asked?: Asked): Promise<Sent>
  /** Sends it exactly so. */
  send(sent: Sent): Promise<Answer>
  close(): Promise<void>
}

/** The secret of tokens, as `signToken` uses it. */
const secret = 'a secret of the tests, 32 bytes or more'

export async function startSignedNotes(
  database: TestDatabase,
  signatures: SignatureOptions,
  options: Parameters<typeof notesApi>[0] = {},
): Promise<SignedNotes> {
  const errors: unknown[] = []
  const onError = (error: unknown) => void errors.push(error)
  const server = await createServer({
    database: connectPostgres({ config: database.config, onError }),
    api: () => notesApi(options),
    jwt: { key: secret, algorithm: 'HS256' },
    ...{ signatures, onError },
  })
  const client = new pg.Client(database.url)
  await client.connect()
  return {
    ...{ server, errors, client },
    async make(path, { method, body, headers = {}, by } = {}) {
      const text = body === undefined ? '' : JSON.stringify(body)
      const init = {
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        headers: { ...(text !== '' && { 'content-type': 'application/json' }), ...headers },
        ...(text !== '' && { body: text }),
      }
      const url = `${server.url}${path}`
      const request = await sign([url, init], { ...makeKey('ed25519').signing, ...by })
      const { pathname, search } = new URL(request.url)
      return {
        method: request.method,
        target: pathname + search,
        headers: Object.fromEntries(request.headers),
        body: text,
      }
    },
    send: ({ method, target, headers, body }) =>
      new Promise((resolve, reject) => {
        const isChunked = 'transfer-encoding' in headers
        const length = body === '' || isChunked ? {} : { 'content-length': String(Buffer.byteLength(body)) }
        const call = nodeRequest(
          { port: server.port, host: '127.0.0.1', method, path: target, headers: { ...length, ...headers } },
          response => {
            const chunks: Buffer[] = []
            response
              .on('data', (chunk: Buffer) => chunks.push(chunk))
              .once('end', () => {
                const text = Buffer.concat(chunks).toString()
                const json = text === '' ? undefined : JSON.parse(text)
                const said = response.headers as Answer['headers']
                resolve({ status: response.statusCode ?? 0, code: json?.errors?.[0]?.code, headers: said, json })
              })
          },
        )
        call.once('error', reject).end(body)
      }),
    async close() {
      await client.end()
      await server.close()
    },
  }
}
