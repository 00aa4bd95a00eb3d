// Lets a bounded number of streams run at a time; others wait their turn for a while.
import { ApiError } from '../../errors/api-error.ts'

export class StreamGate {
  readonly #max: number
  readonly #maxWaitMs: number
  #running = 0
  readonly #waiting: (() => void)[] = []

  constructor(max: number, maxWaitMs: number) {
    this.#max = max
    this.#maxWaitMs = maxWaitMs
  }

  /**
   * @returns a function that lets the next one in; it may be called more than once
   * @throws ApiError `unavailable` where it waited too long
   */
  async enter(): Promise<() => void> {
    if (this.#running < this.#max) this.#running += 1
    // Who leaves while others wait hands its place over.
    else await this.#wait()
    let isInside = true
    return () => {
      if (!isInside) return
      isInside = false
      const next = this.#waiting.shift()
      if (next) next()
      else this.#running -= 1
    }
  }

  #wait(): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1)
        reject(
          new ApiError('unavailable', 'As many exports run as may at a time. Try again later.', {
            headers: { 'retry-after': '10' },
          }),
        )
      }, this.#maxWaitMs)
      this.#waiting.push(enter)
    })
  }
}
