// Reads the answers that come over one connection, byte for byte, and says what was left unfinished when it ended.
import { connect, type Socket } from 'node:net'

export interface Answered {
  readonly status: number
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface ReadConnection {
  readonly socket: Socket
  /** Whole ones, in order. */
  readonly answers: Answered[]
  /** Bytes of an answer that is not whole. */
  leftover(): number
  /** Resolves once the connection is closed, however. */
  readonly closed: Promise<void>
  send(text: string): void
}

/** @param onAnswer called with each whole answer */
export function readConnection(port: number, onAnswer: (answer: Answered) => void = () => undefined): ReadConnection {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  const answers: Answered[] = []
  let received = Buffer.alloc(0)
  socket.on('data', chunk => {
    received = Buffer.concat([received, chunk])
    for (let taken = takeAnswer(received); taken; taken = takeAnswer(received)) {
      received = received.subarray(taken.bytes)
      answers.push(taken.answer)
      onAnswer(taken.answer)
    }
  })
  socket.on('error', () => undefined)
  const closed = new Promise<void>(resolve => socket.once('close', () => resolve()))
  return {
    socket,
    answers,
    leftover: () => received.length,
    closed,
    send: text => void socket.write(text),
  }
}

function takeAnswer(bytes: Buffer): { readonly answer: Answered; readonly bytes: number } | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [line = '', ...fields] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  const headers = Object.fromEntries(
    fields.map(field => [field.slice(0, field.indexOf(':')).toLowerCase(), field.slice(field.indexOf(':') + 1).trim()]),
  )
  const length = Number(headers['content-length'] ?? 0)
  if (bytes.length < end + 4 + length) return undefined
  const body = bytes.subarray(end + 4, end + 4 + length).toString('utf8')
  return { answer: { status: Number(line.slice(9, 12)), headers, body }, bytes: end + 4 + length }
}
