// What is kept is found by those alone who would be given the same, until a table that it came from changes.
import { afterEach, describe, expect, it, vi } from 'vitest'
import { anonymous, type Principal } from '../access/principal.ts'
import type { RoleSet } from '../access/roles-held.ts'
import { type Origin, ResponseCache } from './response-cache.ts'

const roles = (...names: string[]): RoleSet => ({ id: names.join(), names: new Set(names), authenticated: false })
const guest = roles('guest')
const member = roles('guest', 'member')
const answer = (body: string) => ({ body, headers: { etag: `"${body.length}"` } })
const person = (id: string, claims: Readonly<Record<string, unknown>> = {}): Principal => ({
  id,
  claims: new Map(Object.entries(claims)),
})

function open(options: Partial<ConstructorParameters<typeof ResponseCache>[0]> = {}) {
  const cache = new ResponseCache({ maxBytes: 1_000_000, maxAgeMs: 60_000, private: false, ...options })
  const from = (tables: readonly string[], claims: readonly string[] = []): Origin => ({
    tables,
    claims,
    since: cache.now(),
  })
  const body = (target: string, set = guest, principal = anonymous) => cache.find(target, set, principal)?.body
  return { cache, from, body }
}

describe('ResponseCache', () => {
  afterEach(() => void vi.useRealTimers())

  it('finds what it keeps by target and roles', () => {
    const { cache, from, body } = open()
    cache.keep('/a', guest, anonymous, answer('A'), from(['s.t']))
    expect(body('/a')).toBe('A')
    expect(cache.find('/a', guest, anonymous)?.headers).toEqual({ etag: '"1"' })
    expect(body('/b')).toBeUndefined()
    expect(body('/a', member)).toBeUndefined()
    expect(body('/a', guest, person('1'))).toBeUndefined()
  })

  it('keeps nothing of those who have signed in, unless it is told to, and then for each alone', () => {
    const off = open()
    off.cache.keep('/a', member, person('1'), answer('A'), off.from(['s.t']))
    expect(off.body('/a', member, person('1'))).toBeUndefined()
    const on = open({ private: true })
    on.cache.keep('/a', member, person('1'), answer('A'), on.from(['s.t']))
    expect(on.body('/a', member, person('1'))).toBe('A')
    expect(on.body('/a', member, person('2'))).toBeUndefined()
    expect(on.body('/a', member, anonymous)).toBeUndefined()
    expect(on.body('/a', guest, person('1'))).toBeUndefined()
  })

  it('takes no id for another, whatever it holds', () => {
    const { cache, from, body } = open({ private: true })
    cache.keep('/a', guest, person('1"\n/a'), answer('A'), from([]))
    expect(body('/a', guest, person('1"\n/a'))).toBe('A')
    for (const id of ['1', '1"', '1\\"\n/a', '']) expect(body('/a', guest, person(id))).toBeUndefined()
  })

  it('compares the claims that the statement binds, and no others', () => {
    const { cache, from, body } = open({ private: true })
    cache.keep('/a', member, person('1', { team: [1, 2], age: 7 }), answer('A'), from(['s.t'], ['team', 'none']))
    expect(body('/a', member, person('1', { team: [1, 2], age: 8 }))).toBe('A')
    expect(body('/a', member, person('1', { team: [2, 1] }))).toBeUndefined()
    // Who asks with other claims has his own from then on.
    expect(body('/a', member, person('1', { team: [1, 2], age: 7 }))).toBeUndefined()
  })

  it('drops what comes from a table that changed, and nothing else', () => {
    const { cache, from, body } = open()
    cache.keep('/a', guest, anonymous, answer('A'), from(['s.t', 's.u']))
    cache.keep('/b', guest, anonymous, answer('B'), from(['s.v']))
    cache.changed(['s.u', 's.w'])
    expect([body('/a'), body('/b')]).toEqual([undefined, 'B'])
    cache.keep('/a', guest, anonymous, answer('A2'), from(['s.t', 's.u']))
    expect(body('/a')).toBe('A2')
    cache.changed([])
    expect([body('/a'), body('/b')]).toEqual([undefined, undefined])
    cache.keep('/b', guest, anonymous, answer('B2'), from(['s.v']))
    expect(body('/b')).toBe('B2')
  })

  it.each([[['s.t']], [[]]])('keeps nothing of a table that changed while the answer was made (%j)', tables => {
    const { cache, from, body } = open()
    const origin = from(['s.t'])
    cache.changed(tables)
    cache.keep('/a', guest, anonymous, answer('old'), origin)
    expect(body('/a')).toBeUndefined()
  })

  it('forgets after the time that it is given', () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { cache, from, body } = open({ maxAgeMs: 1_000 })
    cache.keep('/a', guest, anonymous, answer('A'), from(['s.t']))
    vi.setSystemTime(Date.now() + 999)
    expect(body('/a')).toBe('A')
    vi.setSystemTime(Date.now() + 1)
    expect(body('/a')).toBeUndefined()
  })

  it('keeps no more bytes than it may, those that were asked for last', () => {
    const { cache, from, body } = open({ maxBytes: 50_000 })
    const long = 'x'.repeat(9_000)
    for (let i = 0; i < 20; i += 1) {
      cache.keep(`/${i}`, guest, anonymous, answer(long), from(['s.t']))
      body('/0')
    }
    const found = Array.from({ length: 20 }, (_, i) => i).filter(i => body(`/${i}`) !== undefined)
    expect(found).toContain(0)
    expect(found).toContain(19)
    expect(found.length).toBeGreaterThan(2)
    expect(found.length).toBeLessThanOrEqual(5)
    cache.keep('/huge', guest, anonymous, answer('x'.repeat(60_000)), from(['s.t']))
    expect([body('/huge'), body('/0')]).toEqual([undefined, long])
  })

  it('counts headers and claims among the bytes', () => {
    const { cache, from, body } = open({ maxBytes: 50_000, private: true })
    const team = 'x'.repeat(20_000)
    for (let i = 0; i < 10; i += 1)
      cache.keep(`/${i}`, member, person('1', { team }), answer('A'), from(['s.t'], ['team']))
    const link = 'x'.repeat(20_000)
    for (let i = 10; i < 20; i += 1)
      cache.keep(`/${i}`, member, person('1', { team }), { body: '', headers: { link } }, from(['s.t']))
    const found = Array.from({ length: 20 }, (_, i) => body(`/${i}`, member, person('1', { team })))
    expect(found.slice(0, 10).filter(one => one !== undefined)).toHaveLength(0)
    expect(found.slice(10).filter(one => one !== undefined)).toHaveLength(2)
  })

  it('keeps and finds nothing once nobody tells of changes', () => {
    const { cache, from, body } = open()
    cache.keep('/a', guest, anonymous, answer('A'), from(['s.t']))
    cache.distrust()
    expect(body('/a')).toBeUndefined()
    cache.keep('/a', guest, anonymous, answer('A'), from(['s.t']))
    expect(body('/a')).toBeUndefined()
  })
})
