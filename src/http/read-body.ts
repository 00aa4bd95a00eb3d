// Reads the body of a request, and stops as soon as it is larger than it may be.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { ApiError } from '../errors/api-error.ts'

/**
 * @throws ApiError `payload_too_large` past `maxBytes`, which also closes the connection, for the rest of the body stays unread;
 *   `bad_request` for a body that was cut short
 */
export async function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  maxBytes: number,
): Promise<Uint8Array> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes)
  // Who asked first whether the body is welcome learns it now: its size, its type and the route are in order.
  if (request.headers.expect !== undefined && !response.headersSent) response.writeContinue()
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    // Without this option, leaving the loop would cut the connection before the answer is out.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > maxBytes) throw tooLarge(maxBytes)
      chunks.push(chunk)
    }
  } catch (error) {
    if (error instanceof ApiError) throw error
    throw new ApiError('bad_request', 'The body ended before it was whole.', {
      source: { header: 'Content-Length' },
      cause: error,
    })
  }
  return Buffer.concat(chunks)
}

function tooLarge(maxBytes: number): ApiError {
  return new ApiError('payload_too_large', `A body has at most ${maxBytes} bytes.`, {
    source: { header: 'Content-Length' },
    meta: { limit: 'bodyBytes', max: maxBytes },
    headers: { connection: 'close' },
  })
}
