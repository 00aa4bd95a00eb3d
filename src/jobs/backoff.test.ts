// How long a command waits for its next attempt, in figures.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { backoffMs } from './backoff.ts'

const exact = { firstMs: 100, maxMs: 1_000, jitter: false }

it('waits twice as long each time, up to the bound', () => {
  expect([1, 2, 3, 4, 5, 6, 100].map(attempt => backoffMs(exact, attempt, 0.5))).toEqual([
    ...[100, 200, 400, 800, 1_000, 1_000, 1_000],
  ])
})

it('waits with jitter anything from nothing up to what it would without', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_000 }),
      fc.double({ min: 0, max: 0.999_999, noNaN: true }),
      (attempt, random) => {
        const ms = backoffMs({ ...exact, jitter: true }, attempt, random)
        expect(ms).toBeGreaterThanOrEqual(0)
        expect(ms).toBeLessThanOrEqual(backoffMs(exact, attempt, 0))
      },
    ),
  )
  expect(backoffMs({ ...exact, jitter: true }, 1, 0)).toBe(0)
})
