// What is written is, byte for byte, what the driver's own serializer writes.
import fc from 'fast-check'
import { serialize } from 'pg-protocol'
import { describe, expect, it } from 'vitest'
import { MessageWriter } from './message-writer.ts'

const written = (write: (writer: MessageWriter) => void): Buffer => {
  const writer = new MessageWriter()
  write(writer)
  return writer.take()
}

/** The driver's Bind, without the codes by which it says of each value, and of the results, that they are text: that goes without saying. */
function bindOf(statement: string, list: readonly (string | null)[]): Buffer {
  const bytes = serialize.bind({ statement, values: [...list] })
  const formats = 1 + 4 + 1 + Buffer.byteLength(statement) + 1
  expect(bytes.readUInt16BE(formats)).toBe(list.length)
  expect(bytes.subarray(-4)).toEqual(Buffer.from([0, 1, 0, 0]))
  const none = Buffer.alloc(2)
  const bound = Buffer.concat([
    bytes.subarray(0, formats),
    none,
    bytes.subarray(formats + 2 + 2 * list.length, -4),
    none,
  ])
  bound.writeInt32BE(bound.length - 1, 1)
  return bound
}

const values = [null, '', 'a', 'äöü €', '😀', '\u0000', '\ud800', 'x'.repeat(100_000), '€'.repeat(20_000), '{1,NULL}']

describe('MessageWriter', () => {
  it('writes Parse, Execute, Close and Sync as the driver does', () => {
    const text = `select 'ä€😀' as "${'long'.repeat(10_000)}"`
    expect(written(writer => writer.parse('name', text)).equals(serialize.parse({ name: 'name', text }))).toBe(true)
    expect(written(writer => writer.parse('', '')).equals(serialize.parse({ name: '', text: '' }))).toBe(true)
    expect(written(writer => writer.execute()).equals(serialize.execute())).toBe(true)
    expect(written(writer => writer.close('nämé')).equals(serialize.close({ type: 'S', name: 'nämé' }))).toBe(true)
    expect(written(writer => writer.sync()).equals(serialize.sync())).toBe(true)
  })

  it.each([[[]], [[null]], [['']], [values], [Array.from({ length: 3000 }, (_, i) => `${i}`)]])(
    'writes Bind as the driver does (%#)',
    list => {
      expect(written(writer => writer.bind('name', list)).equals(bindOf('name', list))).toBe(true)
    },
  )

  it('writes Bind of any values as the driver does', () => {
    const value = fc.option(fc.string({ unit: 'binary', maxLength: 40 }), { nil: null })
    fc.assert(
      fc.property(fc.array(value, { maxLength: 20 }), fc.string({ unit: 'grapheme-ascii' }), (list, statement) => {
        const bytes = written(writer => writer.bind(statement, list))
        expect(bytes.equals(bindOf(statement, list))).toBe(true)
      }),
    )
  })

  it('puts messages one after the other, and begins anew once they are taken', () => {
    const writer = new MessageWriter()
    expect(writer.isEmpty).toBe(true)
    const first = Buffer.concat([
      serialize.parse({ name: 'a', text: 'select $1' }),
      bindOf('a', ['x'.repeat(40_000)]),
      serialize.execute(),
      serialize.sync(),
    ])
    for (let round = 0; round < 2; round += 1) {
      writer.parse('a', 'select $1')
      writer.bind('a', ['x'.repeat(40_000)])
      writer.execute()
      writer.sync()
      expect(writer.isEmpty).toBe(false)
      const taken = writer.take()
      expect(taken.equals(first)).toBe(true)
      expect(writer.isEmpty).toBe(true)
      writer.sync()
      expect(writer.take()).toEqual(serialize.sync())
      expect(taken.equals(first)).toBe(true)
    }
  })

  it('refuses a statement with a NUL, which would end it', () => {
    expect(() => written(writer => writer.parse('a', 'select \0'))).toThrow(RangeError)
    expect(() => written(writer => writer.bind('a\0', []))).toThrow(RangeError)
  })
})
