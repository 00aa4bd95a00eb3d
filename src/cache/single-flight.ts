// Lets identical reads that are asked for at the same time share one statement, without showing anybody what is older than his question.
import type { Waiting } from '../databases/database.ts'

interface Flight {
  readonly waiters: Waiting[]
  promise: Promise<unknown>
  /** The turn of the event loop in which it began: until that ends nothing was sent. */
  turn: number
  /** Those who came after the statement was sent: they share the next one. */
  next: Flight | null
}

export class SingleFlight {
  readonly #flights = new Map<string, Flight>()
  /** Who joined the read of somebody else, since the beginning. */
  joined = 0
  #turn = 0
  #turning = false

  /**
   * Joins the read of this key that has not been sent yet, or else begins one: at most one runs, and one waits for it. A result is never of before
   * the question, so whoever changed a row and then asks sees the change.
   * @param key all that the answer depends on (ACCESS R25)
   * @param work is given who waits: it may be cancelled once all of them are gone
   */
  run<T>(key: string, waiting: Waiting, work: (waiting: Waiting) => Promise<T>): Promise<T> {
    const running = this.#flights.get(key)
    if (!running) {
      const flight: Flight = { waiters: [waiting], promise: Promise.resolve(), turn: 0, next: null }
      this.#begin(key, flight, work)
      return flight.promise as Promise<T>
    }
    const open = running.turn === this.#turn ? running : running.next
    if (open) {
      this.joined += 1
      open.waiters.push(waiting)
      return open.promise as Promise<T>
    }
    const next: Flight = { waiters: [waiting], promise: Promise.resolve(), turn: 0, next: null }
    running.next = next
    next.promise = running.promise.then(ignore, ignore).then(() => {
      this.#begin(key, next, work)
      return next.promise
    })
    return next.promise as Promise<T>
  }

  #begin(key: string, flight: Flight, work: (waiting: Waiting) => Promise<unknown>): void {
    // Before the work asks for a turn of its own to send in: this one ends first.
    if (!this.#turning) {
      this.#turning = true
      setImmediate(() => {
        this.#turning = false
        this.#turn += 1
      })
    }
    flight.turn = this.#turn
    this.#flights.set(key, flight)
    const { waiters } = flight
    flight.promise = work({ isGone: () => waiters.every(waiter => waiter.isGone()) })
    const end = () => {
      if (!flight.next) this.#flights.delete(key)
    }
    flight.promise.then(end, end)
  }
}

function ignore(): void {}
