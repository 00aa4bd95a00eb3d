// Reads what a PostgreSQL client sends: start-up, the extended query protocol, cancels.
import type { Row } from './backend-messages.ts'

export type FrontendMessage =
  | { readonly type: 'startup' | 'ssl' }
  | { readonly type: 'cancel'; readonly pid: number }
  | { readonly type: 'P'; readonly name: string; readonly text: string }
  | { readonly type: 'B'; readonly name: string; readonly values: Row }
  | { readonly type: 'C'; readonly name: string }
  | { readonly type: 'Q' | 'E' | 'S' | 'X' }

const sslCode = 80_877_103
const cancelCode = 80_877_102

export class FrontendReader {
  #bytes = Buffer.alloc(0)
  #started = false

  push(chunk: Buffer): FrontendMessage[] {
    this.#bytes = Buffer.concat([this.#bytes, chunk])
    const messages: FrontendMessage[] = []
    for (;;) {
      const head = this.#started ? 1 : 0
      if (this.#bytes.length < head + 4) return messages
      const length = this.#bytes.readInt32BE(head)
      if (this.#bytes.length < head + length) return messages
      const message = this.#bytes.subarray(0, head + length)
      this.#bytes = this.#bytes.subarray(head + length)
      messages.push(this.#started ? readMessage(message) : this.#readStart(message))
    }
  }

  #readStart(message: Buffer): FrontendMessage {
    const code = message.readInt32BE(4)
    if (code === sslCode) return { type: 'ssl' }
    if (code === cancelCode) return { type: 'cancel', pid: message.readInt32BE(8) }
    this.#started = true
    return { type: 'startup' }
  }
}

function readMessage(message: Buffer): FrontendMessage {
  const type = String.fromCharCode(message[0] ?? 0)
  let at = 5
  const text = () => {
    const end = message.indexOf(0, at)
    const read = message.toString('utf8', at, end)
    at = end + 1
    return read
  }
  if (type === 'P') return { type, name: text(), text: text() }
  if (type === 'C') {
    at += 1
    return { type, name: text() }
  }
  if (type !== 'B') return { type: type as 'Q' | 'E' | 'S' | 'X' }
  text()
  const name = text()
  at += 2 + 2 * message.readUInt16BE(at)
  const count = message.readUInt16BE(at)
  at += 2
  const values: (string | null)[] = []
  for (let i = 0; i < count; i += 1) {
    const length = message.readInt32BE(at)
    at += 4
    values.push(length < 0 ? null : message.toString('utf8', at, at + length))
    at += Math.max(0, length)
  }
  return { type: 'B', name, values }
}
