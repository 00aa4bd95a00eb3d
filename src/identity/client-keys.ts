// Proves keys of registered clients: a key is looked up by its readable part, and remembered until a change is told.
import { timingSafeEqual } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Database } from '../databases/database.ts'
import { isTrue, type Rows, textOf } from '../formats/rows.ts'
import { readApiKey } from './api-key.ts'
import type { Challenges } from './challenges.ts'
import { checkReadable } from './check-readable.ts'
import type { Ground } from './known-tokens.ts'
import { LastUses } from './last-uses.ts'
import { findKey } from './statements.ts'
import type { Claims } from './to-principal.ts'

export interface ClientsOptions {
  /** For how long a key is remembered at most, also where nobody tells of changes: 30 unless said otherwise. */
  readonly maxAgeSeconds?: number
}

export interface KeyProof {
  readonly id: string
  readonly claims: Claims
  readonly untilMs: number
  readonly onUse: () => void
  /** Whether it may be kept. */
  readonly isCurrent: () => boolean
}

interface Row {
  readonly client: string
  readonly claims: Claims
  readonly digest: string
  readonly untilMs: number
  readonly isRevoked: boolean
}

export interface ClientKeysSurroundings {
  readonly database: Database
  readonly challenges: Challenges
  readonly now: () => number
  readonly onError: (error: unknown) => void
}

/** No digest: what is unknown is compared as long as what is wrong. */
const nobody = '0'.repeat(64)

export class ClientKeys implements Ground {
  readonly #options: ClientKeysSurroundings
  readonly maxAgeMs: number
  readonly #rows: LRUCache<string, Row>
  /** Keys that are not there; apart, so that inventing some drives out no key that is. */
  readonly #missing: LRUCache<string, true>
  readonly #running = new Map<string, Promise<Row | undefined>>()
  readonly uses: LastUses
  #listens = true
  /** Grows when a client or a key has changed. */
  #told = 0
  #isReady: Promise<boolean> | null = null

  constructor(options: ClientKeysSurroundings, { maxAgeSeconds = 30 }: ClientsOptions) {
    this.#options = options
    this.maxAgeMs = maxAgeSeconds * 1_000
    const perf = { now: () => options.now() }
    this.#rows = new LRUCache({ max: 10_000, ttl: this.maxAgeMs, ttlResolution: 0, perf })
    this.#missing = new LRUCache({ max: 10_000, ttl: this.maxAgeMs, ttlResolution: 0, perf })
    this.uses = new LastUses(options.database, options.now, options.onError)
  }

  get isCurrent(): boolean {
    return this.#listens
  }

  told(): void {
    this.#listens = true
    this.#forget()
  }

  lost(): void {
    this.#listens = false
    this.#forget()
  }

  /** @throws Error where the login may not read the tables that are there */
  async isReady(): Promise<boolean> {
    const asked = this.#isReady ?? checkReadable(this.#options.database, ['clients', 'client_keys'])
    this.#isReady = asked
    let isThere = false
    try {
      isThere = await asked
    } finally {
      // A key counts from when it is given: that there are no tables is not remembered until somebody tells otherwise.
      if (!isThere && this.#isReady === asked) this.#isReady = null
    }
    return isThere
  }

  /** @throws ApiError `invalid_token`: in the same words for a key that is not there and for one that is another */
  async prove(text: string): Promise<KeyProof> {
    const { challenges, now } = this.#options
    const key = readApiKey(text)
    if (!key) throw challenges.refuse('client', 'The key is mistyped: its checksum does not fit.')
    const told = this.#told
    const row = await this.#find(key.id)
    const isRight = timingSafeEqual(Buffer.from(row?.digest ?? nobody, 'hex'), Buffer.from(key.digest, 'hex'))
    if (!row || !isRight) throw challenges.refuse('client', 'The key is not valid here.')
    // From here on its holder is proven, and may know.
    if (row.isRevoked) throw challenges.refuse('client', 'The key has been revoked.')
    if (now() >= row.untilMs) throw challenges.refuse('client', 'The key has expired.')
    return {
      id: row.claims.sub === undefined ? `client:${row.client}` : String(row.claims.sub),
      claims: { ...row.claims, client_id: row.client },
      untilMs: Math.min(row.untilMs, now() + this.maxAgeMs),
      onUse: () => this.uses.note(key.id),
      isCurrent: () => this.#listens && told === this.#told,
    }
  }

  async #find(id: string): Promise<Row | undefined> {
    for (;;) {
      const known = this.#rows.get(id)
      if (known || this.#missing.has(id)) return known
      const told = this.#told
      let running = this.#running.get(id)
      if (!running) {
        running = this.#look(id).finally(() => this.#running.delete(id))
        this.#running.set(id, running)
      }
      const found = await running
      // What changed while it was looked up may not be in what was found.
      if (told !== this.#told) continue
      if (this.#listens) {
        if (found) this.#rows.set(id, found)
        else this.#missing.set(id, true)
      }
      return found
    }
  }

  async #look(id: string): Promise<Row | undefined> {
    if (!(await this.isReady())) return undefined
    const { database } = this.#options
    try {
      return await database.read(findKey(id), { isGone: () => false }, readRow)
    } catch (error) {
      if (!database.isSchemaChange(error)) throw error
      // The tables were taken away, with whoever was in them.
      this.#isReady = null
      return undefined
    }
  }

  #forget(): void {
    this.#told += 1
    this.#isReady = null
    this.#running.clear()
    this.#rows.clear()
    this.#missing.clear()
  }
}

function readRow(rows: Rows): Row | undefined {
  if (rows.length === 0) return undefined
  const row = rows.at(0)
  const [client, claims, digest, until] = [0, 1, 2, 3].map(column => textOf(row, column))
  return {
    client: client ?? '',
    claims: JSON.parse(claims ?? '{}') as Claims,
    digest: digest ?? nobody,
    untilMs: until === null ? Number.POSITIVE_INFINITY : Number(until) * 1_000,
    isRevoked: isTrue(row, 4),
  }
}
