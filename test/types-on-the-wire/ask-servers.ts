// Asks every server the same and holds their answers to one another, byte by byte.
import { type IncomingMessage, request } from 'node:http'
import { buffer } from 'node:stream/consumers'

export interface Reply {
  readonly status: number
  readonly text: string
}

export interface HttpQuestion {
  readonly path: string
  readonly token: string | null
  /** Sent by `POST …/query`. */
  readonly body?: string
}

const maxHeaderSize = 1_000_000
const ofOneAnswer = new Set(['date', 'request-id'])
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** @throws Error where two servers answer differently, or with a body that is no UTF-8 or no single line */
export async function askServers(urls: readonly string[], question: HttpQuestion): Promise<Reply> {
  const [first, ...others] = await Promise.all(urls.map(url => askServer(url, question))).catch((cause: unknown) => {
    throw new Error(`No answer to ${describe(question)}`, { cause })
  })
  if (!first) throw new Error('no server to ask')
  for (const other of others) {
    if (other.status !== first.status || other.headers !== first.headers || !other.bytes.equals(first.bytes))
      throw new Error(`Servers differ on ${describe(question)}\n${tellApart(first, other)}`)
  }
  const text = utf8.decode(first.bytes)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what no line of JSON holds
  if (/[\u0000-\u0008\u000a-\u001f]/.test(text))
    throw new Error(`A raw control character in the answer to ${describe(question)}`)
  return { status: first.status, text }
}

export function describe({ path, token, body }: HttpQuestion): string {
  return `${body === undefined ? 'GET' : 'POST'} ${decodeURIComponent(path)} as ${token === null ? 'guest' : 'admin'} ${body ?? ''}`
}

interface Raw {
  readonly status: number
  readonly headers: string
  readonly bytes: Buffer
}

/** A connection of its own each time, so that none is closed under a question; `fetch` would refuse long headers. */
async function askServer(url: string, { path, token, body }: HttpQuestion): Promise<Raw> {
  const headers = {
    ...(token !== null && { authorization: `Bearer ${token}` }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
  }
  const method = body === undefined ? 'GET' : 'POST'
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(`${url}${path}`, { method, headers, agent: false, maxHeaderSize }, resolve).on('error', reject).end(body)
  })
  const kept = Object.entries(response.headers).filter(([name]) => !ofOneAnswer.has(name))
  return { status: response.statusCode ?? 0, headers: JSON.stringify(kept), bytes: await buffer(response) }
}

function tellApart(one: Raw, other: Raw): string {
  if (one.status !== other.status) return `status ${one.status} and ${other.status}: ${one.bytes} and ${other.bytes}`
  if (!one.bytes.equals(other.bytes)) {
    const at = one.bytes.findIndex((byte, i) => byte !== other.bytes[i])
    const around = ({ bytes }: Raw) => JSON.stringify(bytes.subarray(Math.max(0, at - 60), at + 60).toString())
    return `from byte ${at} of ${one.bytes.length} and ${other.bytes.length}:\n${around(one)}\n${around(other)}`
  }
  return `headers ${one.headers}\nand ${other.headers}`
}
