// Knows which registered clients are accepted with a signature only: few names, held in memory until a change is told.
import type { Principal } from '../access/principal.ts'
import type { Database } from '../databases/database.ts'
import { ApiError } from '../errors/api-error.ts'
import { textOf } from '../formats/rows.ts'
import { checkReadable } from './check-readable.ts'
import { listSigning } from './statements.ts'

export interface SigningClientsSurroundings {
  readonly database: Database
  readonly now: () => number
  /** For how long the names are remembered, also where nobody tells of changes. */
  readonly maxAgeMs: number
}

export class SigningClients {
  readonly #options: SigningClientsSurroundings
  #names: ReadonlySet<string> | null = null
  #loadedMs = 0
  #listens = true
  /** Grows when a client has changed. */
  #told = 0
  #running: Promise<ReadonlySet<string>> | null = null

  constructor(options: SigningClientsSurroundings) {
    this.#options = options
  }

  told(): void {
    this.#listens = true
    this.#forget()
  }

  lost(): void {
    this.#listens = false
    this.#forget()
  }

  /**
   * Whether the client that a key or a token names (`client_id` of RFC 9068, or `azp` of OpenID Connect) must sign.
   * @throws ApiError `unavailable` where that cannot be told: an unsigned request may have to be refused
   */
  mustSign({ id, claims }: Principal): boolean | Promise<boolean> {
    const client = claims.get('client_id') ?? claims.get('azp')
    if (id === null || typeof client !== 'string') return false
    const isFresh = this.#names !== null && this.#options.now() - this.#loadedMs < this.#options.maxAgeMs
    return isFresh && this.#names ? this.#names.has(client) : this.#find().then(names => names.has(client))
  }

  async #find(): Promise<ReadonlySet<string>> {
    for (;;) {
      const told = this.#told
      const began = this.#options.now()
      this.#running ??= this.#load()
      const running = this.#running
      const names = await running.finally(() => {
        if (this.#running === running) this.#running = null
      })
      // What changed while it was read may not be in what was found.
      if (told !== this.#told) continue
      if (this.#listens) [this.#names, this.#loadedMs] = [names, began]
      return names
    }
  }

  async #load(): Promise<ReadonlySet<string>> {
    const { database } = this.#options
    try {
      if (!(await checkReadable(database, ['clients']))) return new Set()
      return await database.read(
        listSigning(),
        { isGone: () => false },
        rows => new Set(Array.from({ length: rows.length }, (_, i) => textOf(rows.at(i), 0) ?? '')),
      )
    } catch (cause) {
      // The table was taken away, with whoever was in it.
      if (database.isSchemaChange(cause)) return new Set()
      if (cause instanceof ApiError) throw cause
      throw new ApiError('unavailable', 'Whether this client must sign cannot be told now. Try again shortly.', {
        cause,
        headers: { 'retry-after': '2' },
      })
    }
  }

  #forget(): void {
    this.#told += 1
    this.#names = null
    this.#running = null
  }
}
