// What a plan is expected to take follows what it took, the low times more than the high ones, within bounds.
import { describe, expect, it } from 'vitest'
import { ServiceTimes } from './service-times.ts'

describe('ServiceTimes', () => {
  it('assumes more than a quick statement of a plan that has not run', () => {
    expect(new ServiceTimes().expected('a')).toBeGreaterThan(1)
  })

  it('takes the first time as it is, and keeps plans apart', () => {
    const times = new ServiceTimes()
    times.note('a', 0.2)
    times.note('b', 300)
    expect([times.expected('a'), times.expected('b')]).toEqual([0.2, 300])
  })

  it('is hardly moved by one time that was high, and soon by one that was low', () => {
    const times = new ServiceTimes()
    times.note('a', 1)
    times.note('a', 11)
    expect(times.expected('a')).toBeLessThan(1.5)
    times.note('b', 11)
    times.note('b', 1)
    expect(times.expected('b')).toBeLessThan(7)
  })

  it('learns that a plan has become slow for good', () => {
    const times = new ServiceTimes()
    times.note('a', 1)
    for (let i = 0; i < 300; i += 1) times.note('a', 100)
    expect(times.expected('a')).toBeGreaterThan(90)
  })

  it('forgets rather than grow without end', () => {
    const times = new ServiceTimes()
    times.note('first', 0.5)
    for (let i = 0; i < 10_000; i += 1) times.note(`plan ${i}`, 1)
    expect(times.expected('first')).toBe(new ServiceTimes().expected('first'))
    expect(times.expected('plan 9999')).toBe(1)
  })
})
