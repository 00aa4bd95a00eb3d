// Keeps the keys of an issuer that publishes them as a JSON Web Key Set, and follows when they change.
import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose'
import { ApiError } from '../errors/api-error.ts'
import { IdentityError } from './identity-error.ts'

/*
 *          first token                      max age over, or a kid that is not there
 *  empty ───────────────▶ asks ──▶ keys ────────────────────────────────────────────▶ asks ─┐
 *    ▲                     │         ▲  it answered: the new keys                           │
 *    └── away: 503 ────────┘         └──────────────────────────────────────────────────────┤
 *                                    ▲  away: the old keys, until the cool-down is over      │
 *                                    └──────────────────────────────────────────────────────┘
 */
export interface KeySetOptions {
  /** Reads the set as text. */
  readonly read: () => Promise<string>
  readonly maxAgeMs: number
  readonly coolDownMs: number
  readonly now: () => number
  /** Told when other keys have come: what was proven with the old ones is to be proven anew. */
  readonly onChange: () => void
  readonly onError: (error: unknown) => void
}

/** Keys in one set at most. */
const maxKeys = 100
/** How long a token waits for newer keys where there are older ones. */
const patienceMs = 1_000
/** How soon a question is tried again that was not answered, where there are no keys at all. */
const emptyRetryMs = 2_000

export class KeySet {
  readonly #options: KeySetOptions
  #find: JWTVerifyGetKey | null = null
  #text = ''
  #nextMs = Number.NEGATIVE_INFINITY
  #askedMs = Number.NEGATIVE_INFINITY
  #failed: unknown
  #running: Promise<void> | null = null
  /** Grows with every change of the keys. */
  version = 0

  constructor(options: KeySetOptions) {
    this.#options = options
  }

  /** When the keys are to be asked for again: no proof is kept for longer. */
  get untilMs(): number {
    return this.#running ? this.#options.now() + patienceMs : this.#nextMs
  }

  /** @throws ApiError `unavailable` where nobody can tell which key it is; errors of jose where there is none */
  readonly keyFor: JWTVerifyGetKey = async (head, token) => {
    const { now, coolDownMs } = this.#options
    if (now() >= this.#nextMs) await (this.#find ? atMost(patienceMs, this.#ask()) : this.#ask())
    if (!this.#find) throw this.#away()
    try {
      return await this.#find(head, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      const mayAsk = this.#running !== null || now() - this.#askedMs >= coolDownMs
      if (mayAsk) await this.#ask()
      if (this.#failed !== undefined) throw this.#away()
      if (!mayAsk) throw error
      return await this.#find(head, token)
    }
  }

  /** All who wait share one question. */
  #ask(): Promise<void> {
    this.#running ??= this.#load().finally(() => {
      this.#running = null
    })
    return this.#running
  }

  async #load(): Promise<void> {
    const { read, now, maxAgeMs, coolDownMs, onChange, onError } = this.#options
    this.#askedMs = now()
    try {
      const text = await read()
      const find = createLocalJWKSet({ keys: readKeys(text) })
      this.#failed = undefined
      this.#nextMs = now() + maxAgeMs
      this.#find = find
      if (text === this.#text) return
      this.#text = text
      this.version += 1
      onChange()
    } catch (error) {
      this.#failed = error
      this.#nextMs = now() + (this.#find ? coolDownMs : Math.min(coolDownMs, emptyRetryMs))
      onError(new IdentityError('The keys of an issuer of tokens cannot be had', { cause: error }))
    }
  }

  #away(): ApiError {
    return new ApiError('unavailable', 'The keys that tokens are checked with cannot be had now. Try again shortly.', {
      cause: this.#failed,
      headers: { 'retry-after': '2' },
    })
  }
}

/** The public signing keys; what else stands in the set is none of our concern. */
function readKeys(text: string): { kty: string }[] {
  const set: unknown = JSON.parse(text)
  const keys = typeof set === 'object' && set !== null && 'keys' in set ? set.keys : undefined
  if (!Array.isArray(keys)) throw new Error('It is no JSON Web Key Set: it has no list "keys".')
  if (keys.length > maxKeys) throw new Error(`It has more than ${maxKeys} keys.`)
  return keys.filter(key => ['RSA', 'EC', 'OKP'].includes(key?.kty) && !('d' in key))
}

async function atMost(ms: number, work: Promise<void>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  await Promise.race([work, late])
  clearTimeout(timer)
}
