// Reads that wait for a connection: statements of one plan in the order in which they came, plans by turns.
import type { PendingRead } from './pending-read.ts'
import type { ServiceTimes } from './service-times.ts'

/** So that many slow reads of one kind do not hold up those of another. */
export class FairQueue {
  readonly #plans = new Map<string, PendingRead[]>()
  #size = 0

  get size(): number {
    return this.#size
  }

  /** How long all that waits is expected to take. */
  expectedMs(times: ServiceTimes): number {
    let ms = 0
    for (const [plan, list] of this.#plans) ms += times.expected(plan) * list.length
    return ms
  }

  add(read: PendingRead): void {
    this.#listOf(read).push(read)
    this.#size += 1
  }

  /** Before all others of its plan: it has waited already. */
  addFirst(read: PendingRead): void {
    this.#listOf(read).unshift(read)
    this.#size += 1
  }

  /** The plans whose turn it is, first one first; `take` moves a plan to the end. */
  *plans(): IterableIterator<string> {
    yield* [...this.#plans.keys()]
  }

  /** How the next read of a plan writes. */
  writes(plan: string): PendingRead['writes'] {
    return this.#plans.get(plan)?.[0]?.writes ?? false
  }

  /** The next read of a plan. */
  take(plan: string): PendingRead | undefined {
    const list = this.#plans.get(plan)
    const read = list?.shift()
    if (!list || !read) return undefined
    this.#size -= 1
    this.#plans.delete(plan)
    if (list.length > 0) this.#plans.set(plan, list)
    return read
  }

  /** Takes out all that a test holds for. */
  takeAll(test: (read: PendingRead) => boolean): PendingRead[] {
    const taken: PendingRead[] = []
    for (const [plan, list] of [...this.#plans]) {
      const kept = list.filter(read => !test(read))
      if (kept.length === list.length) continue
      taken.push(...list.filter(test))
      if (kept.length > 0) this.#plans.set(plan, kept)
      else this.#plans.delete(plan)
    }
    this.#size -= taken.length
    return taken
  }

  #listOf({ statement }: PendingRead): PendingRead[] {
    const known = this.#plans.get(statement.name)
    if (known) return known
    const list: PendingRead[] = []
    this.#plans.set(statement.name, list)
    return list
  }
}
