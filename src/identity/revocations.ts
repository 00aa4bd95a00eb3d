// Knows which tokens were revoked before their time: the table `colonnade.revoked_tokens`, held in memory.
import type { Database } from '../databases/database.ts'
import { ApiError } from '../errors/api-error.ts'
import { type Rows, textOf } from '../formats/rows.ts'
import { checkReadable } from './check-readable.ts'
import type { Ground } from './known-tokens.ts'
import { listRevoked } from './statements.ts'

interface Revoked {
  /** Null for every issuer. */
  readonly issuer: string | null
  /** In seconds since 1970: what was issued until then is revoked. */
  readonly issuedUntil: number
}

/** How old the table may be while nobody tells of changes. */
const deafMs = 1_000
/** And while somebody seems to: a connection can be dead for long before it is noticed. */
const maxAgeMs = 150_000
/** How often the table is read meanwhile, beside the requests. */
export const refreshMs = 60_000

export class Revocations implements Ground {
  readonly #database: Database
  readonly #now: () => number
  readonly #onLoaded: () => void
  #byJti = new Map<string, Revoked[]>()
  #bySubject = new Map<string, Revoked[]>()
  #listens = true
  #loadedMs = Number.NEGATIVE_INFINITY
  #loads = 0
  /** Grows when the table has changed. */
  #told = 0
  #loaded = -1
  #running: Promise<void> | null = null

  constructor(database: Database, now: () => number, onLoaded: () => void) {
    this.#database = database
    this.#now = now
    this.#onLoaded = onLoaded
  }

  get isCurrent(): boolean {
    return this.#loaded === this.#told && this.#now() - this.#loadedMs < (this.#listens ? maxAgeMs : deafMs)
  }

  told(): void {
    this.#told += 1
    this.#listens = true
  }

  lost(): void {
    this.#listens = false
  }

  /**
   * Loads the table until it is as it was told last.
   * @throws ApiError `unavailable` where the database is away: a token may have been revoked
   */
  async load(): Promise<void> {
    const done = this.#loads
    // While nobody tells of changes, what was asked for just now has to do.
    while (this.#loaded !== this.#told || (!this.isCurrent && this.#loads === done)) {
      await this.#loadOnce()
    }
  }

  /** Whoever waits for nothing else goes on meanwhile. */
  async refresh(): Promise<void> {
    // A request that needs it says that it failed.
    await this.#loadOnce().catch(() => undefined)
  }

  #loadOnce(): Promise<void> {
    this.#running ??= this.#load().finally(() => {
      this.#running = null
    })
    return this.#running
  }

  isRevoked(claims: ReadonlyMap<string, unknown>): boolean {
    const [iss, jti, sub, iat] = ['iss', 'jti', 'sub', 'iat'].map(name => claims.get(name))
    const isOf = ({ issuer }: Revoked) => issuer === null || issuer === iss
    if (this.#byJti.get(String(jti))?.some(isOf)) return true
    // Without a time of issue it may be an old one.
    const issued = typeof iat === 'number' ? iat : Number.NEGATIVE_INFINITY
    return this.#bySubject.get(String(sub))?.some(one => isOf(one) && issued <= one.issuedUntil) ?? false
  }

  async #load(): Promise<void> {
    const told = this.#told
    const began = this.#now()
    try {
      const isThere = await checkReadable(this.#database, ['revoked_tokens'])
      if (isThere) await this.#database.read(listRevoked(), { isGone: () => false }, rows => this.#take(rows))
      else this.#take({ length: 0, at: () => null as never })
    } catch (cause) {
      if (cause instanceof ApiError) throw cause
      throw new ApiError('unavailable', 'Whether the token was revoked cannot be told now. Try again shortly.', {
        cause,
        headers: { 'retry-after': '2' },
      })
    }
    this.#loaded = told
    this.#loadedMs = began
    this.#loads += 1
    this.#onLoaded()
  }

  #take(rows: Rows): void {
    const [byJti, bySubject] = [new Map<string, Revoked[]>(), new Map<string, Revoked[]>()]
    for (let i = 0; i < rows.length; i += 1) {
      const row = rows.at(i)
      const [issuer = null, jti = null, subject = null, until] = [0, 1, 2, 3].map(column => textOf(row, column))
      const map = jti === null ? bySubject : byJti
      const name = jti ?? subject ?? ''
      map.set(name, [...(map.get(name) ?? []), { issuer, issuedUntil: Number(until) }])
    }
    this.#byJti = byJti
    this.#bySubject = bySubject
  }
}
