// Which statements a connection has prepared: bounded, for the server keeps each of them in memory.

export class PreparedNames {
  readonly #max: number
  /** Least recently used first. */
  readonly #names = new Set<string>()

  constructor(max: number) {
    this.#max = max
  }

  has(name: string): boolean {
    if (!this.#names.has(name)) return false
    // Only where something may have to go soon does it matter who was used last.
    if (this.#names.size > this.#max >> 1) {
      this.#names.delete(name)
      this.#names.add(name)
    }
    return true
  }

  /** @returns the name that has to be closed for this one */
  add(name: string): string | null {
    let closed: string | null = null
    if (this.#names.size >= this.#max) {
      closed = this.#names.values().next().value ?? null
      if (closed !== null) this.#names.delete(closed)
    }
    this.#names.add(name)
    return closed
  }

  delete(name: string): void {
    this.#names.delete(name)
  }
}
