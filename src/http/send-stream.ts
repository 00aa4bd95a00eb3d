// Sends a body as it is made, no faster than the client reads; one that fails midway must not look whole.
import type { ServerResponse } from 'node:http'
import type { Trailers } from '../request/http-request.ts'

/** A client that reads slowly but steadily takes so much within the time in which another one has stalled. */
const sliceBytes = 64 * 1024

/**
 * @param stream is read to its end, or returned from as soon as the client is gone
 * @param stallMs how long the client may take nothing
 * @param trailers what is said once it has ended; the head has told of them
 */
export async function sendStream(
  response: ServerResponse,
  stream: AsyncIterable<string>,
  stallMs: number,
  trailers?: Trailers,
): Promise<void> {
  try {
    for await (const text of stream) {
      if (response.destroyed) return
      if (response.req.method === 'HEAD') continue
      for (let at = 0; at < text.length; at += sliceBytes) {
        const isTaken = response.write(text.slice(at, at + sliceBytes), 'latin1')
        if (!isTaken && !(await isDrained(response, stallMs))) return cut(response)
      }
    }
    if (trailers) response.addTrailers(trailers.values())
    response.end()
  } catch {
    // Whoever made the stream has told what was wrong.
    cut(response)
  }
}

/** False where the client took nothing for too long, or is gone. */
function isDrained(response: ServerResponse, stallMs: number): Promise<boolean> {
  if (response.destroyed) return Promise.resolve(false)
  return new Promise(resolve => {
    const settle = (drained: boolean) => {
      clearTimeout(timer)
      response.off('drain', onDrain).off('close', onClose)
      resolve(drained)
    }
    const onDrain = () => settle(true)
    const onClose = () => settle(false)
    const timer = setTimeout(onClose, stallMs)
    response.on('drain', onDrain).on('close', onClose)
  })
}

/** Without the last chunk the body is known to be incomplete (RFC 9112, section 8); without chunks only a reset tells. */
function cut(response: ServerResponse): void {
  const { socket } = response
  if (!response.chunkedEncoding && socket && !socket.destroyed) socket.resetAndDestroy()
  response.destroy()
}
