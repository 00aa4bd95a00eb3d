// Draws decisions one by one, so that a failing question shrinks: 0 is always the plainest choice.
import fc, { type GeneratorValue } from 'fast-check'

const below = (count: number) => fc.noBias(fc.nat({ max: count - 1 }))

export class Choices {
  readonly #value: GeneratorValue

  constructor(value: GeneratorValue) {
    this.#value = value
  }

  /** From 0 to one less than this. */
  below(count: number): number {
    return count <= 1 ? 0 : this.#value(below, count)
  }

  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new Error('nothing to pick from')
    return list[this.below(list.length)] as T
  }

  /** Sometimes one of the preferred, where there is one. */
  prefer<T>(list: readonly T[], preferred: ReadonlySet<T>): T {
    const few = list.filter(one => preferred.has(one))
    return few.length > 0 && this.chance(35) ? this.pick(few) : this.pick(list)
  }

  chance(percent: number): boolean {
    return this.below(100) >= 100 - percent
  }

  /** Up to this many different ones, in random order. */
  some<T>(list: readonly T[], most: number): readonly T[] {
    const left = [...list]
    const count = Math.min(this.below(most + 1), left.length)
    return Array.from({ length: count }, () => left.splice(this.below(left.length), 1)[0] as T)
  }
}
