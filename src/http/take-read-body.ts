// Takes over a body that a parser of the host has read already: `express.json()` leaves it in `request.body`.
import type { IncomingMessage } from 'node:http'
import { tooLarge } from './read-body.ts'

interface Parsed {
  readonly body?: unknown
  /** The bytes themselves, where the host keeps them beside. */
  readonly rawBody?: unknown
}

/** Whether somebody before us has read the body, or is at it. */
export function wasRead(request: IncomingMessage): boolean {
  return request.readableDidRead
}

/**
 * @throws ApiError `payload_too_large` past `maxBytes`
 * @throws Error where the host has read the body and left nothing of it
 */
export async function takeReadBody(request: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const { body, rawBody } = request as Parsed
  // A parser makes an object of nothing too.
  const bytes = request.headers['content-length'] === '0' ? new Uint8Array() : (toBytes(rawBody) ?? toBytes(body))
  if (!bytes)
    throw new Error(
      'The host has read the body, and left neither request.rawBody nor request.body. Mount the API before its parsers.',
    )
  if (bytes.length > maxBytes) throw tooLarge(maxBytes)
  return bytes
}

function toBytes(body: unknown): Uint8Array | undefined {
  if (body === undefined) return undefined
  if (body instanceof Uint8Array) return body
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}
