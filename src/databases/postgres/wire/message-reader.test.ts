// Messages come out whole and in order wherever the network cuts them, and nothing that is no message is kept.
import { serialize } from 'pg-protocol'
import { describe, expect, it } from 'vitest'
import { MessageReader } from './message-reader.ts'
import { ProtocolError } from './wire-errors.ts'

const maxBytes = 100_000

function message(type: string, body: Buffer | string, length = Buffer.byteLength(body) + 4): Buffer {
  const head = Buffer.alloc(5)
  head.write(type, 0, 'latin1')
  head.writeInt32BE(length, 1)
  return Buffer.concat([head, Buffer.from(body)])
}

interface Held {
  readonly type: string
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
}

function readAll(chunks: readonly Buffer[]): Held[] {
  const held: Held[] = []
  const reader = new MessageReader(maxBytes, (type, bytes, start, end) =>
    held.push({ type: String.fromCharCode(type), bytes, start, end }),
  )
  for (const chunk of chunks) reader.push(chunk)
  return held
}

const outline = (held: readonly Held[]) =>
  held.map(({ type, bytes, start, end }) => `${type} ${bytes.toString('latin1', start, end)}`)

function cut(bytes: Buffer, size: number): Buffer[] {
  const chunks: Buffer[] = []
  for (let at = 0; at < bytes.length; at += size) chunks.push(Buffer.from(bytes.subarray(at, at + size)))
  return chunks
}

const bodies = ['', 'a', 'row of some length', '', '', 'z'.repeat(37), '\0\0\0\x04', 'last']
const stream = Buffer.concat(bodies.map((body, i) => message('DCZ12'.charAt(i % 5), body)))
const whole = bodies.map((body, i) => `${'DCZ12'.charAt(i % 5)} ${body}`)

describe('MessageReader', () => {
  it('reads many messages of one chunk, bodies of no bytes too', () => {
    expect(outline(readAll([stream]))).toEqual(whole)
  })

  it('reads the same wherever the stream is cut in two or in three', () => {
    for (let first = 0; first <= stream.length; first += 1) {
      expect(outline(readAll([stream.subarray(0, first), stream.subarray(first)]))).toEqual(whole)
      const second = Math.min(stream.length, first + 3)
      const three = [stream.subarray(0, first), stream.subarray(first, second), stream.subarray(second)]
      expect(outline(readAll(three))).toEqual(whole)
    }
  })

  it('reads the same in pieces of every size', () => {
    for (let size = 1; size < 60; size += 1) expect(outline(readAll(cut(stream, size)))).toEqual(whole)
  })

  it('gives a message that spans many chunks once it is whole', () => {
    const body = Buffer.from(Array.from({ length: 90_000 }, (_, i) => i % 251))
    const chunks = cut(Buffer.concat([message('D', body), message('Z', 'I')]), 1000)
    const [row, ready] = readAll(chunks)
    expect(row?.bytes.subarray(row.start, row.end).equals(body)).toBe(true)
    expect(ready?.type).toBe('Z')
    expect(readAll(chunks.slice(0, 90))).toEqual([])
  })

  it.each([-1, 0, 3, -(2 ** 31), 2 ** 31 - 1, maxBytes + 1])('takes no message of %i bytes', length => {
    const bytes = Buffer.concat([message('D', 'good'), message('D', 'bad', length)])
    for (const size of [1, 5, bytes.length]) {
      const seen: number[] = []
      const reader = new MessageReader(maxBytes, type => seen.push(type))
      expect(() => {
        for (const chunk of cut(bytes, size)) reader.push(chunk)
      }).toThrow(ProtocolError)
      expect(seen).toHaveLength(1)
    }
  })

  it('takes a message of as many bytes as are allowed', () => {
    expect(readAll([message('D', Buffer.alloc(maxBytes - 4))])).toHaveLength(1)
  })

  it('leaves the bytes of a message that is held as they are', () => {
    const wanted = Array.from({ length: 300 }, (_, i) => `D row ${i} ${'x'.repeat(i % 50)}`)
    const bytes = Buffer.concat(wanted.map(text => message('D', text.slice(2))))
    for (const size of [1, 7, 64, 1000]) expect(outline(readAll(cut(bytes, size)))).toEqual(wanted)
  })

  it('does not hold a chunk for the few bytes at its end', () => {
    const chunk = Buffer.concat([message('D', 'x'), serialize.sync().subarray(0, 2)])
    const seen: number[] = []
    const reader = new MessageReader(maxBytes, type => seen.push(type))
    reader.push(chunk)
    chunk.fill(0xff)
    reader.push(serialize.sync().subarray(2))
    expect(seen).toEqual([0x44, 0x53])
  })
})
