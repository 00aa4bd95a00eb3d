// Reads the body of a request, and stops as soon as it is larger than it may be.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { ApiError } from '../errors/api-error.ts'

export interface ReadOptions {
  /** Whether the client waits to hear that its body is welcome. */
  readonly asksFirst: boolean
  /** What comes more slowly is not waited for; 0 for any pace. */
  readonly bodyBytesPerSecond: number
}

/** How long a body may take whatever its pace: a slow start is no slow client. */
const graceMs = 5_000

/**
 * @throws ApiError `payload_too_large` past `maxBytes`, which also closes the connection, for the rest of the body stays unread;
 *   `bad_request` for a body that was cut short, `request_timeout` for one that comes too slowly
 */
export async function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  maxBytes: number,
  { asksFirst, bodyBytesPerSecond }: ReadOptions,
): Promise<Uint8Array> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes)
  // Who asked first whether the body is welcome learns it now: its size, its type and the route are in order.
  if (asksFirst && !response.headersSent) response.writeContinue()
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const since = performance.now()
    const checkPace = () => {
      const heldMs = performance.now() - since - graceMs
      if (heldMs < 0 || bytes >= (bodyBytesPerSecond * heldMs) / 1_000) return
      request.pause()
      settle(() => reject(tooSlow(bodyBytesPerSecond)))
    }
    // What has arrived already needs no watch.
    const timer = bodyBytesPerSecond > 0 && !request.complete ? setInterval(checkPace, 1_000).unref() : undefined
    const settle = (give: () => void) => {
      clearInterval(timer)
      request.off('data', onData).off('end', onEnd).off('error', onBroken).off('close', onBroken)
      give()
    }
    const onData = (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= maxBytes) chunks.push(chunk)
      else {
        request.pause()
        settle(() => reject(tooLarge(maxBytes)))
      }
    }
    const onEnd = () => settle(() => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)))
    const onBroken = (cause?: Error) => settle(() => reject(cutShort(cause)))
    // What is over already tells it no more.
    if (request.destroyed) return settle(() => reject(cutShort(request.errored ?? undefined)))
    // Listeners in place of an iterator, which makes a promise a piece.
    request.on('data', onData).once('end', onEnd).once('error', onBroken).once('close', onBroken)
  })
}

function cutShort(cause: Error | undefined): ApiError {
  return new ApiError('bad_request', 'The body ended before it was whole.', {
    source: { header: 'Content-Length' },
    cause,
  })
}

function tooSlow(bytesPerSecond: number): ApiError {
  return new ApiError('request_timeout', `The body came more slowly than ${bytesPerSecond} bytes a second.`, {
    meta: { limit: 'bodyBytesPerSecond', min: bytesPerSecond },
    headers: { connection: 'close' },
  })
}

export function tooLarge(maxBytes: number): ApiError {
  return new ApiError('payload_too_large', `A body has at most ${maxBytes} bytes.`, {
    source: { header: 'Content-Length' },
    meta: { limit: 'bodyBytes', max: maxBytes },
    headers: { connection: 'close' },
  })
}
