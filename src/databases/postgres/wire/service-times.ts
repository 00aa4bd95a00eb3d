// Remembers how long the statements of each plan take, to tell how many may wait behind each other.

/** What is assumed of a plan that has not run yet: enough for a connection of its own. */
const unknownMs = 5
/**
 * How much a new measurement counts. What is measured holds all that else delays an answer, on a busy machine far more than the statement itself,
 * so that what is remembered follows the low ones.
 */
const weightBelow = 0.5
const weightAbove = 0.02
const maxPlans = 4_000

export class ServiceTimes {
  readonly #times = new Map<string, number>()

  /** Milliseconds that a statement of this plan is expected to take. */
  expected(plan: string): number {
    return this.#times.get(plan) ?? unknownMs
  }

  note(plan: string, ms: number): void {
    const known = this.#times.get(plan)
    if (known === undefined && this.#times.size >= maxPlans) this.#times.clear()
    this.#times.set(plan, known === undefined ? ms : known + (ms - known) * (ms < known ? weightBelow : weightAbove))
  }
}
