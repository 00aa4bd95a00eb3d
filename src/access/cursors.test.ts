import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { makeCursors } from './cursors.ts'

const source = { parameter: 'page[after]' }

describe('cursors', () => {
  it('opens what it sealed, for the same list only', () => {
    const cursors = makeCursors('a secret of the tests')
    const sealed = cursors.seal('videos', ['1', null, 'ü'])
    expect(cursors.open('videos', sealed, source)).toEqual(['1', null, 'ü'])
    expect(() => cursors.open('users', sealed, source)).toThrow(expect.objectContaining({ code: 'cursor_mismatch' }))
    expect(() => cursors.open('videos', `${sealed.slice(0, -1)}A`, source)).toThrow(
      expect.objectContaining({ code: 'invalid_cursor' }),
    )
  })

  it.each(['short', 'x'.repeat(64), 'long '.repeat(50)])('signs with HMAC-SHA-256 (key %s)', secret => {
    const bytes = Buffer.from(makeCursors(secret).seal('videos', ['1']), 'base64url')
    const mac = createHmac('sha256', secret).update(bytes.subarray(16)).digest().subarray(0, 16)
    expect(bytes.subarray(0, 16)).toEqual(mac)
  })
})
