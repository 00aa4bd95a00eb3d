// Bodies are gathered without loss, and JSON strings are spelled as JSON.stringify spells them.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteWriter } from './byte-writer.ts'

const out = new ByteWriter()

/** Written from the middle of other bytes, as a column stands in a row. */
function jsonString(text: string): string {
  const source = Buffer.concat([Buffer.from('"\n'), Buffer.from(text), Buffer.from('\\"')])
  out.clear()
  out.jsonString(source, 2, source.length - 2)
  return out.bytes.toString('utf8', 0, out.length)
}

const special = fc.constantFrom(
  '"',
  '\\',
  '\n',
  '\r',
  '\t',
  '\b',
  '\f',
  '\u0000',
  '\u001f',
  '\u007f',
  '\u0080',
  '\u2028',
)
const unit = fc.oneof(special, fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }))
const text = fc.oneof(fc.string({ unit }), fc.string({ unit: 'grapheme' }), fc.string())
const part = 16 * 1024

describe('ByteWriter', () => {
  it('spells every character up to U+00FF as JSON.stringify does', () => {
    for (let code = 0; code < 256; code += 1) {
      const char = String.fromCharCode(code)
      expect(jsonString(char)).toBe(JSON.stringify(char))
    }
  })

  it('spells any text as JSON.stringify does', () => {
    fc.assert(
      fc.property(text, given => {
        expect(jsonString(given)).toBe(JSON.stringify(given))
      }),
      { numRuns: 1000 },
    )
  })

  it('spells texts beyond the size of a part as JSON.stringify does, wherever a character stands', () => {
    const pattern = fc.string({ unit, minLength: 1, maxLength: 9 })
    fc.assert(
      fc.property(pattern, fc.integer({ min: part - 8, max: 3 * part }), fc.nat(8), (piece, length, shift) => {
        const given = 'x'.repeat(shift) + piece.repeat(Math.ceil(length / piece.length))
        expect(jsonString(given) === JSON.stringify(given)).toBe(true)
      }),
      { numRuns: 60 },
    )
    for (const char of ['\u0001', '€', '😀', '"'])
      for (let before = part - 5; before <= part + 1; before += 1) {
        const given = `${'x'.repeat(before)}${char}y`
        expect(jsonString(given) === JSON.stringify(given)).toBe(true)
      }
  })

  it('gathers bytes, texts and copies in order, however long they are', () => {
    const piece = fc.record({
      how: fc.constantFrom('byte', 'text', 'copy'),
      given: text,
      times: fc.integer({ min: 1, max: 3000 }),
    })
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), pieces => {
        const writer = new ByteWriter()
        const wanted: Buffer[] = []
        for (const { how, given, times } of pieces) {
          const bytes = Buffer.from(given.repeat(how === 'byte' ? 1 : times))
          if (how === 'byte') for (const byte of bytes) writer.byte(byte)
          else if (how === 'text') writer.text(bytes.toString())
          else writer.copy(Buffer.concat([Buffer.from('ab'), bytes, Buffer.from('c')]), 2, 2 + bytes.length)
          wanted.push(bytes)
        }
        expect(writer.bytes.subarray(0, writer.length).equals(Buffer.concat(wanted))).toBe(true)
        expect(writer.toByteText()).toBe(Buffer.concat(wanted).toString('latin1'))
      }),
      { numRuns: 60 },
    )
  })

  it('keeps its buffer from one body to the next, unless it has grown very large', () => {
    const writer = new ByteWriter()
    writer.text('x'.repeat(1_000_000))
    const kept = writer.bytes
    writer.clear()
    expect(writer.bytes).toBe(kept)
    writer.copy(Buffer.alloc(8_000_000), 0, 8_000_000)
    writer.clear()
    expect(writer.bytes.length).toBeLessThan(1_000_000)
    expect(writer.length).toBe(0)
  })
})
