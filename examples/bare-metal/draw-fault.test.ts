// Holds the weather of the switch to its odds, and to being the same for the same seed.
import { expect, it } from 'vitest'
import { drawFault, faults } from './draw-fault.ts'

it('comes as often as the weather says', () => {
  const weather = { fails: 0.2, cutAfter: 0.1 }
  const drawn = Array.from({ length: 5_000 }, (_, i) => drawFault(weather, 7, `operation ${i}`, 1))
  const count = (fault: string | null) => drawn.filter(one => one.fault === fault).length / drawn.length
  expect(count('fails')).toBeCloseTo(0.2, 1)
  expect(count('cutAfter')).toBeCloseTo(0.1, 1)
  expect(count(null)).toBeCloseTo(0.7, 1)
  const lengths = drawn.map(one => one.length)
  expect(Math.min(...lengths)).toBeLessThan(0.01)
  expect(Math.max(...lengths)).toBeGreaterThan(0.99)
})

it('is the same for the same seed, operation and try, and another for another', () => {
  const draw = (seed: number, attempt: number) =>
    Array.from({ length: 50 }, (_, i) => drawFault({ fails: 0.5 }, seed, `operation ${i}`, attempt))
  expect(draw(1, 1)).toEqual(draw(1, 1))
  expect(draw(2, 1)).not.toEqual(draw(1, 1))
  expect(draw(1, 2)).not.toEqual(draw(1, 1))
})

it('brings each fault where it is certain, and none where there is none', () => {
  for (const fault of faults) expect(drawFault({ [fault]: 1 }, 1, 'a', 1).fault).toBe(fault)
  expect(drawFault({}, 1, 'a', 1).fault).toBe(null)
})
