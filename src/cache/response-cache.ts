// Keeps whole answers in memory for those who ask the very same thing with the same rights, until a table that they come from changes.
import { LRUCache } from 'lru-cache'
import type { Principal } from '../access/principal.ts'
import type { RoleSet } from '../access/roles-held.ts'
import type { ReadAnswer } from '../respond/read-answer.ts'
import type { ResponseCacheLimits } from '../schema/model.ts'

/** What an answer came from. */
export interface Origin {
  /** `public.videos` */
  readonly tables: readonly string[]
  /** Claims that the statement binds. */
  readonly claims: readonly string[]
  /** `now()` of this cache before the statement was sent. */
  readonly since: number
}

interface Kept {
  readonly answer: ReadAnswer
  readonly origin: Origin
  readonly keptAt: number
  /** The claims as they were, as JSON. */
  readonly claimed: string
}

/** What an entry takes beside its texts. */
const overheadBytes = 1_000

export class ResponseCache {
  readonly #options: ResponseCacheLimits
  readonly #kept: LRUCache<string, Kept>
  /** Since the beginning. */
  hits = 0
  misses = 0
  readonly #changedAt = new Map<string, number>()
  #clock = 0
  #allChangedAt = 0
  /** False while changes may go unnoticed. */
  #trusted = true

  constructor(options: ResponseCacheLimits) {
    this.#options = options
    this.#kept = new LRUCache({ maxSize: options.maxBytes })
  }

  /** Counts changes: what is read from now on shows all that were told so far. */
  now(): number {
    return this.#clock
  }

  get size(): number {
    return this.#kept.size
  }

  /** What all entries take. */
  get bytes(): number {
    return this.#kept.calculatedSize
  }

  /** @param target the version, and the whole request target as it was sent */
  find(target: string, roles: RoleSet, principal: Principal): ReadAnswer | undefined {
    const answer = this.#find(target, roles, principal)
    if (answer) this.hits += 1
    else this.misses += 1
    return answer
  }

  #find(target: string, roles: RoleSet, principal: Principal): ReadAnswer | undefined {
    const key = keyOf(target, roles, principal)
    const kept = this.#kept.get(key)
    if (!kept || !this.#trusted) return undefined
    const { claims } = kept.origin
    const fresh = Date.now() - kept.keptAt < this.#options.maxAgeMs && this.#isCurrent(kept.origin)
    if (!fresh || (claims.length > 0 && claimsOf(principal, claims) !== kept.claimed)) {
      this.#kept.delete(key)
      return undefined
    }
    return kept.answer
  }

  /** Keeps an answer, unless a table has changed while it was made. */
  keep(target: string, roles: RoleSet, principal: Principal, answer: ReadAnswer, origin: Origin): void {
    if (!this.#trusted || (principal.id !== null && !this.#options.private) || !this.#isCurrent(origin)) return
    const key = keyOf(target, roles, principal)
    const claimed = claimsOf(principal, origin.claims)
    const size = key.length + answer.body.length + bytesOf(answer.headers) + claimed.length + overheadBytes
    this.#kept.set(key, { answer, origin, keptAt: Date.now(), claimed }, { size })
  }

  /** @param tables `public.videos`; none: any may have changed */
  changed(tables: readonly string[]): void {
    this.#clock += 1
    if (tables.length === 0) this.#allChangedAt = this.#clock
    for (const table of tables) this.#changedAt.set(table, this.#clock)
  }

  /** Nothing is kept or found any more: nobody tells of changes. */
  distrust(): void {
    this.#trusted = false
    this.#kept.clear()
  }

  #isCurrent({ tables, since }: Origin): boolean {
    if (this.#allChangedAt > since) return false
    for (const table of tables) if ((this.#changedAt.get(table) ?? 0) > since) return false
    return true
  }
}

/** Callers share an answer only as the anonymous one: to any other, cursors are bound. */
function keyOf(target: string, roles: RoleSet, { id }: Principal): string {
  return id === null ? `${roles.id}\n${target}` : `${roles.id}\n${JSON.stringify(id)}\n${target}`
}

function claimsOf(principal: Principal, claims: readonly string[]): string {
  return claims.length === 0 ? '' : JSON.stringify(claims.map(claim => principal.claims.get(claim) ?? null))
}

function bytesOf(headers: ReadAnswer['headers']): number {
  let bytes = 0
  for (const value of Object.values(headers)) bytes += value.length
  return bytes
}
