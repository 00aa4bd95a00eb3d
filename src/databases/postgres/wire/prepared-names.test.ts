// The names of prepared statements are bounded, and those that are in use stay.
import { describe, expect, it } from 'vitest'
import { PreparedNames } from './prepared-names.ts'

describe('PreparedNames', () => {
  it('never holds more than it may, whatever is asked of it', () => {
    for (const max of [1, 2, 7, 100]) {
      const names = new PreparedNames(max)
      const onServer = new Set<string>()
      for (let i = 0; i < 2000; i += 1) {
        const name = `${(i * i + 7 * i) % 137}`
        if (names.has(name)) expect(onServer.has(name)).toBe(true)
        else {
          const closed = names.add(name)
          if (closed !== null) expect(onServer.delete(closed)).toBe(true)
          onServer.add(name)
        }
        expect(onServer.size).toBeLessThanOrEqual(max)
      }
    }
  })

  it('gives up the one that was used least recently', () => {
    const names = new PreparedNames(3)
    for (const name of ['a', 'b', 'c']) expect(names.add(name)).toBeNull()
    expect(names.has('a')).toBe(true)
    expect(names.add('d')).toBe('b')
    expect(names.has('b')).toBe(false)
    expect(names.has('c')).toBe(true)
    expect(names.add('e')).toBe('a')
  })

  it('has room again for what was deleted', () => {
    const names = new PreparedNames(2)
    names.add('a')
    names.add('b')
    names.delete('b')
    expect(names.add('c')).toBeNull()
    expect([names.has('a'), names.has('b'), names.has('c')]).toEqual([true, false, true])
  })
})
