// Gathers the bytes of a body in a buffer that grows, and is kept from one body to the next.

const firstBytes = 64 * 1024
/** A larger buffer is not kept. */
const keptBytes = 4 * 1024 * 1024
/** Below this a loop is faster than a call into node. */
const shortBytes = 64
/** A longer text is escaped in parts. */
const longBytes = 16 * 1024
/** So many bytes a byte of text takes at most in a JSON string: `\u0001`. */
const escapedBytes = 6

const quote = 0x22
const backslash = 0x5c
const fourDigits = 0x75

/** What stands after the backslash, by byte; 0 where a byte stands for itself, `u` where it takes four hexadecimal digits. */
const escapes = new Uint8Array(256)
for (let byte = 0; byte < 0x20; byte += 1) escapes[byte] = fourDigits
for (const [byte, letter] of [
  [0x22, '"'],
  [0x5c, '\\'],
  [8, 'b'],
  [9, 't'],
  [10, 'n'],
  [12, 'f'],
  [13, 'r'],
] as const)
  escapes[byte] = letter.charCodeAt(0)
const hex = Buffer.from('0123456789abcdef')

export class ByteWriter {
  bytes: Buffer = Buffer.allocUnsafeSlow(firstBytes)
  length = 0

  /** Begins a new body. */
  clear(): void {
    this.length = 0
    if (this.bytes.length > keptBytes) this.bytes = Buffer.allocUnsafeSlow(firstBytes)
  }

  byte(byte: number): void {
    if (this.length === this.bytes.length) this.#grow(1)
    this.bytes[this.length++] = byte
  }

  text(text: string): void {
    this.#reserve(text.length * 3)
    this.length += this.bytes.write(text, this.length, 'utf8')
  }

  byteText(text: string): void {
    this.#reserve(text.length)
    this.length += this.bytes.write(text, this.length, 'latin1')
  }

  copy(source: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start)
    const { bytes } = this
    let to = this.length
    if (end - start < shortBytes) {
      let from = start
      // Four at a time takes half as long.
      for (const last = end - 3; from < last; from += 4, to += 4) {
        bytes[to] = source[from] as number
        bytes[to + 1] = source[from + 1] as number
        bytes[to + 2] = source[from + 2] as number
        bytes[to + 3] = source[from + 3] as number
      }
      for (; from < end; from += 1) bytes[to++] = source[from] as number
    } else {
      bytes.set(source.subarray(start, end), to)
      to += end - start
    }
    this.length = to
  }

  /** Writes UTF-8 text as a JSON string (RFC 8259, section 7). */
  jsonString(source: Uint8Array, start: number, end: number): void {
    this.byte(quote)
    // Bit by bit, for the most that it could take is far more than it takes.
    for (let from = start; from < end; from += longBytes) this.#escape(source, from, Math.min(end, from + longBytes))
    this.byte(quote)
  }

  #escape(source: Uint8Array, start: number, end: number): void {
    this.#reserve((end - start) * escapedBytes)
    const { bytes } = this
    let to = this.length
    let from = start
    for (const last = end - 3; from < last; ) {
      const a = source[from] as number
      const b = source[from + 1] as number
      const c = source[from + 2] as number
      const d = source[from + 3] as number
      // Four at a time, as long as none of them has to be escaped.
      if (((escapes[a] as number) | (escapes[b] as number) | (escapes[c] as number) | (escapes[d] as number)) === 0) {
        bytes[to] = a
        bytes[to + 1] = b
        bytes[to + 2] = c
        bytes[to + 3] = d
        to += 4
        from += 4
      } else {
        to = escapeByte(a, bytes, to)
        from += 1
      }
    }
    for (; from < end; from += 1) to = escapeByte(source[from] as number, bytes, to)
    this.length = to
  }

  /** What was written; the bytes are there until something else is. */
  written(): Buffer {
    return this.bytes.subarray(0, this.length)
  }

  toByteText(): string {
    return this.bytes.toString('latin1', 0, this.length)
  }

  #reserve(more: number): void {
    if (this.length + more > this.bytes.length) this.#grow(more)
  }

  #grow(more: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(this.length + more, this.bytes.length * 2))
    grown.set(this.bytes.subarray(0, this.length))
    this.bytes = grown
  }
}

/** @returns where the next byte goes */
function escapeByte(byte: number, bytes: Buffer, at: number): number {
  const escaped = escapes[byte] as number
  if (escaped === 0) {
    bytes[at] = byte
    return at + 1
  }
  bytes[at] = backslash
  bytes[at + 1] = escaped
  if (escaped !== fourDigits) return at + 2
  bytes[at + 2] = 0x30
  bytes[at + 3] = 0x30
  bytes[at + 4] = hex[byte >> 4] as number
  bytes[at + 5] = hex[byte & 15] as number
  return at + 6
}
