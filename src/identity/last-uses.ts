// Writes when a key was used last: at most once a minute for each, many at once, and after the request.
import { LRUCache } from 'lru-cache'
import type { Database } from '../databases/database.ts'
import { IdentityError } from './identity-error.ts'
import { noteUses } from './statements.ts'

const minuteMs = 60_000
/** Uses are collected for so long. */
const gatherMs = 1_000

export class LastUses {
  readonly #database: Database
  readonly #now: () => number
  readonly #onError: (error: unknown) => void
  readonly #notedMs = new LRUCache<string, number>({ max: 10_000 })
  readonly #waiting = new Set<string>()
  #timer: NodeJS.Timeout | undefined

  constructor(database: Database, now: () => number, onError: (error: unknown) => void) {
    this.#database = database
    this.#now = now
    this.#onError = onError
  }

  note(id: string): void {
    const now = this.#now()
    if (now - (this.#notedMs.get(id) ?? Number.NEGATIVE_INFINITY) < minuteMs) return
    this.#notedMs.set(id, now)
    this.#waiting.add(id)
    this.#timer ??= setTimeout(() => void this.flush(), gatherMs).unref()
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#waiting.size === 0) return
    const ids = [...this.#waiting]
    this.#waiting.clear()
    try {
      await this.#database.write(noteUses(ids), () => undefined)
    } catch (cause) {
      this.#onError(new IdentityError('When keys of clients were used last could not be written', { cause }))
    }
  }
}
