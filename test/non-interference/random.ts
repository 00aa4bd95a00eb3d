// A stream of choices from one seed, so that a case can be made again from its number.

export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 up to, not including, `below`. */
  int(below: number): number {
    // mulberry32
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below)
  }

  chance(probability: number): boolean {
    return this.int(1_000_000) < probability * 1_000_000
  }

  pick<T>(from: readonly T[]): T {
    if (from.length === 0) throw new Error('nothing to pick from')
    return from[this.int(from.length)] as T
  }

  /** Picks by weight: `[[3, 'often'], [1, 'seldom']]`. */
  weigh<T>(from: readonly (readonly [weight: number, value: T])[]): T {
    let left = this.int(from.reduce((sum, [weight]) => sum + weight, 0))
    for (const [weight, value] of from) {
      left -= weight
      if (left < 0) return value
    }
    throw new Error('nothing to pick from')
  }

  shuffle<T>(from: readonly T[]): T[] {
    const list = [...from]
    for (let i = list.length - 1; i > 0; i--) {
      const j = this.int(i + 1)
      ;[list[i], list[j]] = [list[j] as T, list[i] as T]
    }
    return list
  }

  /** Between `least` and `most` different ones of the list. */
  some<T>(from: readonly T[], least: number, most: number): T[] {
    return this.shuffle(from).slice(0, least + this.int(most - least + 1))
  }
}
