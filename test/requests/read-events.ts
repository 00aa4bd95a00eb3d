// Reads an event stream over a socket of its own, event by event, as it comes.
import { connect, type Socket } from 'node:net'

export interface StreamEvent {
  readonly event: string
  readonly id: string
  readonly data: string
}

export interface EventReader {
  /** Of the head. */
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** All that have come so far. */
  readonly events: readonly StreamEvent[]
  /** Comments that have come so far. */
  comments(): number
  /** Resolves once the stream has ended. @returns whether it ended well */
  readonly ended: Promise<boolean>
  hangUp(): void
  /** Reads nothing from now on. */
  stall(): void
}

export async function readEvents(
  url: string,
  { token, lastEventId, accept = 'text/event-stream' }: { token: string; lastEventId?: string; accept?: string },
): Promise<EventReader> {
  const { hostname, port, pathname, search } = new URL(url)
  const socket = connect(Number(port), hostname)
  const lines = [
    `GET ${pathname}${search} HTTP/1.1`,
    `Host: ${hostname}:${port}`,
    `Authorization: Bearer ${token}`,
    `Accept: ${accept}`,
    ...(lastEventId === undefined ? [] : [`Last-Event-ID: ${lastEventId}`]),
  ]
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  return follow(socket)
}

function follow(socket: Socket): Promise<EventReader> {
  const { promise, resolve, reject } = Promise.withResolvers<EventReader>()
  const ended = Promise.withResolvers<boolean>()
  const events: StreamEvent[] = []
  let comments = 0
  let received = ''
  let text = ''
  let isHead = true
  const take = () => {
    if (isHead) {
      const end = received.indexOf('\r\n\r\n')
      if (end < 0) return
      const [line = '', ...fields] = received.slice(0, end).split('\r\n')
      received = received.slice(end + 4)
      isHead = false
      const headers = Object.fromEntries(
        fields.map(field => [
          field.slice(0, field.indexOf(':')).toLowerCase(),
          field.slice(field.indexOf(':') + 1).trim(),
        ]),
      )
      resolve({
        status: Number(line.split(' ')[1]),
        headers,
        events,
        comments: () => comments,
        ended: ended.promise,
        hangUp: () => void socket.destroy(),
        stall: () => void socket.pause(),
      })
      if (headers['transfer-encoding'] !== 'chunked') ended.resolve(true)
    }
    for (;;) {
      const [, size] = /^([\da-f]+)\r\n/i.exec(received) ?? []
      if (size === undefined) return
      const begin = size.length + 2
      const length = Number.parseInt(size, 16)
      if (received.length < begin + length + 2) return
      if (length === 0) {
        ended.resolve(true)
        socket.end()
        return
      }
      text += received.slice(begin, begin + length)
      received = received.slice(begin + length + 2)
      readText()
    }
  }
  const readText = () => {
    for (;;) {
      const end = text.indexOf('\n\n')
      if (end < 0) return
      const lines = text.slice(0, end).split('\n')
      text = text.slice(end + 2)
      if (lines.every(line => line.startsWith(':'))) comments += 1
      else {
        const of = (name: string) =>
          lines.filter(line => line.startsWith(`${name}: `)).map(line => line.slice(name.length + 2))
        events.push({
          event: of('event').join(),
          id: of('id').join(),
          data: Buffer.from(of('data').join('\n'), 'latin1').toString(),
        })
      }
    }
  }
  socket.setEncoding('latin1')
  socket.on('data', (chunk: string) => {
    received += chunk
    take()
  })
  socket.on('error', error => {
    reject(error)
    ended.resolve(false)
  })
  socket.on('close', () => {
    reject(new Error('The connection was closed before an answer.'))
    ended.resolve(false)
  })
  return promise
}
