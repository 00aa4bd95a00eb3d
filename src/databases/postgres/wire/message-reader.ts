// Cuts the bytes that the server sends into messages, wherever the network has cut them, and bounds what it keeps.
import { ProtocolError } from './wire-errors.ts'

/**
 * Gets one message: its type, and where its body stands in `bytes`. The bytes stay as they are for as long as they are held.
 */
export type OnMessage = (type: number, bytes: Buffer, start: number, end: number) => void

const headBytes = 5

export class MessageReader {
  readonly #maxBytes: number
  readonly #onMessage: OnMessage
  /** The head of a message that was cut within its first five bytes. */
  #head = Buffer.alloc(0)
  /** A message that is longer than what came of it so far. */
  #message: Buffer | null = null
  #filled = 0

  /** @param maxBytes of one message */
  constructor(maxBytes: number, onMessage: OnMessage) {
    this.#maxBytes = maxBytes
    this.#onMessage = onMessage
  }

  /** @throws ProtocolError for a length that no message has, or that is over the bound */
  push(chunk: Buffer): void {
    let at = this.#message === null ? 0 : this.#fill(chunk)
    if (this.#message !== null) return
    let bytes = chunk
    if (this.#head.length > 0) {
      bytes = Buffer.concat([this.#head, chunk])
      this.#head = empty
      at = 0
    }
    const end = bytes.length
    while (end - at >= headBytes) {
      const length = readLength(bytes, at + 1)
      if (length < 4 || length > this.#maxBytes)
        throw new ProtocolError(`A message of ${length} bytes is none, or longer than ${this.#maxBytes}.`)
      const next = at + 1 + length
      if (next > end) {
        this.#begin(bytes, at, 1 + length)
        return
      }
      this.#onMessage(bytes[at] as number, bytes, at + headBytes, next)
      at = next
    }
    // A copy: a few bytes would keep the whole chunk in memory.
    if (at < end) this.#head = Buffer.from(bytes.subarray(at))
  }

  /** Keeps what there is of a message. The system gives pages of a large buffer only as they are filled. */
  #begin(bytes: Buffer, at: number, length: number): void {
    this.#message = Buffer.allocUnsafe(length)
    this.#filled = bytes.copy(this.#message, 0, at)
  }

  /** @returns how many bytes of the chunk belonged to the message that was waited for */
  #fill(chunk: Buffer): number {
    const message = this.#message as Buffer
    const taken = chunk.copy(message, this.#filled)
    this.#filled += taken
    if (this.#filled < message.length) return taken
    this.#message = null
    this.#onMessage(message[0] as number, message, headBytes, message.length)
    return taken
  }
}

const empty = Buffer.alloc(0)

function readLength(bytes: Buffer, at: number): number {
  return (
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  )
}
