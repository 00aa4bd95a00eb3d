// Writes the messages of one read in PostgreSQL's extended query protocol ("Message Formats" in its documentation).

const firstBytes = 16 * 1024

/** A buffer that a connection fills during a tick and sends in one write. */
export class MessageWriter {
  #bytes = Buffer.allocUnsafeSlow(firstBytes)
  #length = 0

  get isEmpty(): boolean {
    return this.#length === 0
  }

  parse(name: string, text: string): void {
    const start = this.#begin(letter.parse)
    this.#text(name)
    this.#text(text)
    // No types are given: the statement says them by its casts.
    this.#int16(0)
    this.#end(start)
  }

  /** Values go as text, and results come as text. */
  bind(name: string, values: readonly (string | null)[]): void {
    const start = this.#begin(letter.bind)
    this.#text('')
    this.#text(name)
    this.#int16(0)
    this.#int16(values.length)
    for (const value of values) {
      if (value === null) this.#int32(-1)
      else {
        const at = this.#length
        this.#int32(0)
        this.#characters(value)
        this.#bytes.writeInt32BE(this.#length - at - 4, at)
      }
    }
    this.#int16(0)
    this.#end(start)
  }

  /** Of the unnamed portal, all rows. */
  execute(): void {
    const start = this.#begin(letter.execute)
    this.#text('')
    this.#int32(0)
    this.#end(start)
  }

  /** Forgets a prepared statement. */
  close(name: string): void {
    const start = this.#begin(letter.close)
    this.#byte(0x53)
    this.#text(name)
    this.#end(start)
  }

  sync(): void {
    this.#end(this.#begin(letter.sync))
  }

  /** What was written; the writer begins anew. */
  take(): Buffer {
    const taken = Buffer.allocUnsafe(this.#length)
    this.#bytes.copy(taken, 0, 0, this.#length)
    this.#length = 0
    if (this.#bytes.length > firstBytes) this.#bytes = Buffer.allocUnsafeSlow(firstBytes)
    return taken
  }

  #begin(type: number): number {
    this.#byte(type)
    const start = this.#length
    this.#int32(0)
    return start
  }

  #end(start: number): void {
    this.#bytes.writeInt32BE(this.#length - start, start)
  }

  #byte(byte: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = byte
  }

  #int16(value: number): void {
    this.#reserve(2)
    this.#length = this.#bytes.writeUInt16BE(value, this.#length)
  }

  #int32(value: number): void {
    this.#reserve(4)
    this.#length = this.#bytes.writeInt32BE(value, this.#length)
  }

  /** @throws RangeError for a NUL, which ends a text of the protocol */
  #text(text: string): void {
    if (text.includes('\0')) throw new RangeError('A statement holds no NUL.')
    this.#characters(text)
    this.#byte(0)
  }

  #characters(text: string): void {
    this.#reserve(text.length * 3)
    this.#length += this.#bytes.write(text, this.#length, 'utf8')
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#length + more, this.#bytes.length * 2))
    this.#bytes.copy(grown, 0, 0, this.#length)
    this.#bytes = grown
  }
}

const letter = { parse: 0x50, bind: 0x42, execute: 0x45, close: 0x43, sync: 0x53 } as const
