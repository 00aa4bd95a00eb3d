// Entity tags follow the bytes, and are found in If-None-Match as RFC 9110 spells it.
import { describe, expect, it } from 'vitest'
import { entityTag, hasEntityTag } from './entity-tag.ts'

const tagOf = (body: string) => entityTag(Buffer.from(body, 'latin1'), { suffix: '', since: 0 })

describe('entityTag', () => {
  it('is a strong tag of the bytes', () => {
    expect(tagOf('{}')).toMatch(/^"[\w-]{27}"$/)
    expect(tagOf('{}')).toBe(tagOf('{}'))
    const bodies = ['', '{}', '{} ', '{"a":1}', '{"a":2}', '\xc3\xa4', '\xe4', '\x00']
    expect(new Set(bodies.map(tagOf)).size).toBe(bodies.length)
  })
})

describe('hasEntityTag', () => {
  it.each(['"a"', 'W/"a"', '  "a"\t', '"b", "a"', '"b","a","c"', 'W/"b" , W/"a"', '*', ' * ', ', "a",', '"x,y", "a"'])(
    'finds "a" in %s',
    condition => expect(hasEntityTag(condition, '"a"')).toBe(true),
  )

  it.each(['', '"b"', '"A"', 'a', "'a'", '"a', 'a"', 'w/"a"', 'W/ "a"', '"xa"', '"a"x', 'x"a"', '"b" "a"'])(
    'does not find "a" in %s',
    condition => expect(hasEntityTag(condition, '"a"')).toBe(false),
  )

  it('takes * for a tag among others, not for any', () => {
    expect(hasEntityTag('"b", *', '"a"')).toBe(false)
    expect(hasEntityTag('"*"', '"a"')).toBe(false)
  })

  it('takes commas within a tag for a part of it', () => {
    expect(hasEntityTag('"x, "', '"x, "')).toBe(false)
    expect(hasEntityTag('"x,y"', '"x,y"')).toBe(true)
  })

  it('takes no longer for a header that is made to be slow', () => {
    const time = (condition: string) => {
      const since = performance.now()
      hasEntityTag(condition, '"a"')
      return performance.now() - since
    }
    for (const piece of ['"', ',', ' ', '",', 'W/', '" ', ', "b"']) {
      const least = Math.min(...[1, 2, 3].map(() => time(piece.repeat(2_000))))
      const large = Math.min(...[1, 2, 3].map(() => time(piece.repeat(16_000))))
      expect(large, JSON.stringify(piece)).toBeLessThan(Math.max(least, 0.3) * 40)
    }
  })
})
