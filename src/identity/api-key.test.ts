// Keys of clients have one form, which a scanner of secrets can prove without asking anybody.
import { hash } from 'node:crypto'
import { expect, it } from 'vitest'
import { makeApiKey, readApiKey } from './api-key.ts'

it('reads what it made', () => {
  const made = Array.from({ length: 500 }, makeApiKey)
  for (const key of made) {
    expect(key.text).toMatch(/^cln_[0-9A-Za-z]{57}$/)
    expect(readApiKey(key.text)).toEqual(key)
    expect(key.digest).toBe(hash('sha256', key.text))
  }
  expect(new Set(made.map(({ id }) => id)).size).toBe(500)
})

it('keeps to the checksum that is documented', () => {
  const body = `cln_${'0'.repeat(8)}${'z'.repeat(43)}`
  expect(readApiKey(`${body}${checksumOf(body)}`)).toMatchObject({ id: '00000000' })
})

it('refuses every key with one character changed', () => {
  const { text } = makeApiKey()
  for (let at = 0; at < text.length; at += 1) {
    const other = text[at] === 'A' ? 'B' : 'A'
    expect(readApiKey(text.slice(0, at) + other + text.slice(at + 1)), `at ${at}`).toBeUndefined()
  }
  for (const wrong of ['', 'cln_', text.slice(1), `${text}0`, ` ${text}`, `${text}\n`])
    expect(readApiKey(wrong)).toBeUndefined()
})

/** Worked out without the product: the table of the CRC, bit by bit. */
function checksumOf(text: string): string {
  let crc = 0xffffffff
  for (const byte of Buffer.from(text)) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  let rest = (crc ^ 0xffffffff) >>> 0
  let written = ''
  for (let i = 0; i < 6; i += 1, rest = Math.floor(rest / 62)) written = digits[rest % 62] + written
  return written
}
