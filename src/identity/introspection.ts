// Asks an authorization server what an opaque token is worth (RFC 7662).
import { LRUCache } from 'lru-cache'
import { ApiError } from '../errors/api-error.ts'
import type { Challenges } from './challenges.ts'
import { checkSecureUrl, fetchText } from './fetch-text.ts'
import type { Claims } from './to-principal.ts'

export interface IntrospectionOptions {
  /** `https:`, on a loopback address also `http:`. */
  readonly url: string
  /** As whom this server asks. */
  readonly clientId: string
  readonly clientSecret: string
  readonly issuer?: string
  readonly audience?: string | readonly string[]
  /** For how long an answer holds at most, where the token does not end before: 60 unless said otherwise. */
  readonly maxAgeSeconds?: number
  /** How long an answer may take: 5 unless said otherwise. */
  readonly timeoutSeconds?: number
  /** Put before `sub` to make the principal's id. */
  readonly idPrefix?: string
}

export interface IntrospectionProof {
  readonly claims: Claims
  readonly id: unknown
  readonly untilMs: number
}

interface Surroundings {
  readonly challenges: Challenges
  readonly now: () => number
}

const maxBytes = 64 * 1024
/** Questions under way at most. */
const maxRunning = 100
/** A token that is not active seldom becomes so: the server may not have heard of it yet. */
const inactiveMs = 5_000

export class Introspection {
  readonly #options: IntrospectionOptions
  readonly #surroundings: Surroundings
  readonly #inactive: LRUCache<string, true>
  readonly #running = new Map<string, Promise<IntrospectionProof>>()

  /** @throws Error for a URL that somebody on the way could read */
  constructor(options: IntrospectionOptions, surroundings: Surroundings) {
    checkSecureUrl(options.url, 'The URL of token introspection')
    this.#options = options
    this.#surroundings = surroundings
    const perf = { now: () => surroundings.now() }
    this.#inactive = new LRUCache({ max: 5_000, ttl: inactiveMs, ttlResolution: 0, perf })
  }

  /** @throws ApiError `invalid_token`; `unavailable` where the server does not answer, or not as it should */
  async prove(token: string): Promise<IntrospectionProof> {
    const { challenges } = this.#surroundings
    if (this.#inactive.has(token)) throw challenges.refuse('token', 'The token is not valid here.')
    let running = this.#running.get(token)
    if (!running) {
      if (this.#running.size >= maxRunning) throw away(new Error(`${maxRunning} questions are under way`))
      running = this.#ask(token).finally(() => this.#running.delete(token))
      this.#running.set(token, running)
    }
    return await running
  }

  async #ask(token: string): Promise<IntrospectionProof> {
    const { url, clientId, clientSecret, timeoutSeconds = 5, maxAgeSeconds = 60, idPrefix = '' } = this.#options
    const { challenges, now } = this.#surroundings
    const claims = await fetchText(url, {
      ...{ timeoutMs: timeoutSeconds * 1_000, maxBytes },
      // RFC 6749 2.3.1: both are form-encoded first.
      headers: { authorization: `Basic ${btoa(`${formEncode(clientId)}:${formEncode(clientSecret)}`)}` },
      form: new URLSearchParams({ token, token_type_hint: 'access_token' }),
    })
      .then(readAnswer)
      .catch((cause: unknown) => Promise.reject(away(cause)))
    const { active, ...rest } = claims
    if (!active) {
      this.#inactive.set(token, true)
      throw challenges.refuse('token', 'The token is not valid here.')
    }
    this.#check(rest)
    const untilMs = typeof rest.exp === 'number' ? rest.exp * 1_000 : Number.POSITIVE_INFINITY
    const client = typeof rest.client_id === 'string' ? `client:${rest.client_id}` : undefined
    const id = typeof rest.sub === 'string' || typeof rest.sub === 'number' ? `${idPrefix}${rest.sub}` : client
    return { claims: rest, id, untilMs: Math.min(untilMs, now() + maxAgeSeconds * 1_000) }
  }

  /** The server says that it is active; whether it is meant for us, we see. */
  #check({ exp, nbf, iss, aud }: Claims): void {
    const { issuer, audience } = this.#options
    const { challenges, now } = this.#surroundings
    if (typeof exp === 'number' && now() >= exp * 1_000) throw challenges.refuse('token', 'The token has expired.')
    if (typeof nbf === 'number' && now() < nbf * 1_000) throw challenges.refuse('token', 'The token is not valid yet.')
    if (issuer !== undefined && iss !== issuer) throw challenges.refuse('token', 'The token is not valid here.')
    if (audience !== undefined && ![aud].flat().some(one => [audience].flat().includes(one as string)))
      throw challenges.refuse('token', 'The token is meant for another audience.')
  }
}

function readAnswer(text: string): Claims {
  const answer: unknown = JSON.parse(text)
  if (typeof answer !== 'object' || answer === null || !('active' in answer) || typeof answer.active !== 'boolean')
    throw new Error('The answer to a token introspection does not say whether the token is active')
  return answer as Claims
}

const formEncode = (text: string) => new URLSearchParams({ '': text }).toString().slice(1)

function away(cause: unknown): ApiError {
  return new ApiError('unavailable', 'Who issued the token cannot be asked now. Try again shortly.', {
    cause,
    headers: { 'retry-after': '2' },
  })
}
