// Answers what is no HTTP request at all, or came too slowly: in the words of every other error, then closes.
import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { ApiError } from '../errors/api-error.ts'
import { respondError } from '../respond/respond-error.ts'

/** What node:http tells of a request that it could not read. */
export interface ClientError extends Error {
  readonly code?: string
  readonly reason?: string
  readonly rawPacket?: Buffer
}

/** That all answers have. */
type Headers = Readonly<Record<string, string>>

const lingerMs = 1_000
const answered = new WeakSet<Duplex>()

/**
 * For the event `clientError` of a server.
 * @returns the status of the answer; undefined where there is none
 */
export function answerBrokenRequest(error: ClientError, socket: Duplex, headers: Headers = {}): number | undefined {
  // More of the same request may follow, and each piece is an error of its own.
  if (answered.has(socket)) return undefined
  answered.add(socket)
  // An answer that is half written can't be followed by another.
  const begun = (socket as { readonly _httpMessage?: { readonly headersSent: boolean } | null })._httpMessage
    ?.headersSent
  if (!socket.writable || begun || error.code === 'ECONNRESET' || error.code === 'EPIPE') {
    socket.destroy()
    return undefined
  }
  const told = toApiError(error)
  writeAndClose(told, socket, headers)
  return told.status
}

/** For the event `connect`: the method CONNECT asks for a tunnel. */
export function refuseTunnel(socket: Duplex, headers: Headers = {}): void {
  socket.on('error', () => socket.destroy())
  writeAndClose(new ApiError('bad_request', 'CONNECT asks for a tunnel, and there is none here.'), socket, headers)
}

function toApiError({ code, reason, rawPacket }: ClientError): ApiError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new ApiError('request_timeout', 'The request did not arrive in time. Send it at once.')
  if (code !== 'HPE_HEADER_OVERFLOW')
    return new ApiError('bad_request', `This is no HTTP/1.1 request${reason ? `: ${reason}` : ''}.`)
  // The parser counts the request line as a header.
  const line = rawPacket?.subarray(0, rawPacket.indexOf('\n')).toString('latin1') ?? ''
  if (/^[A-Z]{3,10} \S{8000,}/.test(line))
    return new ApiError('uri_too_long', 'The URL is too long. Send a long query in a body: POST …/query.')
  return new ApiError('headers_too_large', 'The headers are too large.')
}

function writeAndClose(error: ApiError, socket: Duplex, fixed: Headers): void {
  const { status, headers, body } = respondError(error, randomUUID(), () => undefined)
  const all = {
    ...fixed,
    ...headers,
    date: new Date().toUTCString(),
    connection: 'close',
    'content-length': String(Buffer.byteLength(body)),
  }
  const head = Object.entries(all)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${head}\r\n${body}`)
  // What still arrives is read and dropped for a while: closing at once would reset the connection before the answer is read.
  const timer = setTimeout(() => socket.destroy(), lingerMs)
  timer.unref()
  socket.once('close', () => clearTimeout(timer))
}
