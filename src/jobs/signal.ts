// Wakes one who waits, also where the call comes first.

export class Signal {
  #isSet = false
  #waiting: (() => void) | null = null

  set(): void {
    this.#isSet = true
    this.#waiting?.()
  }

  clear(): void {
    this.#isSet = false
  }

  /** Resolves when it is set, or after so many milliseconds: then with false. */
  async wait(timeoutMs: number): Promise<boolean> {
    if (this.#isSet) return true
    await new Promise<void>(resolve => {
      const end = () => {
        clearTimeout(timer)
        this.#waiting = null
        resolve()
      }
      const timer = setTimeout(end, timeoutMs)
      this.#waiting = end
    })
    return this.#isSet
  }
}
