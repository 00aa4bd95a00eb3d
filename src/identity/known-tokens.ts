// Remembers credentials that were proven, so that a request which brings them again costs one look into a map.
import { LRUCache } from 'lru-cache'
import type { Principal } from '../access/principal.ts'

/** What a proof rests on: as long as that may have changed unheard, the proof does not count. */
export interface Ground {
  readonly isCurrent: boolean
}

export interface Known {
  readonly principal: Principal
  /** In milliseconds of the clock; from then on it is proven anew. */
  readonly untilMs: number
  readonly ground: Ground
  /** Who proved it, such as one issuer of tokens. */
  readonly by: object
  readonly onUse?: () => void
}

export class KnownTokens {
  /** By the whole header. */
  readonly #known = new LRUCache<string, Known>({ max: 5_000 })

  find(authorization: string, nowMs: number): Principal | undefined {
    const known = this.#known.get(authorization)
    if (!known || nowMs >= known.untilMs || !known.ground.isCurrent) return undefined
    known.onUse?.()
    return known.principal
  }

  keep(authorization: string, known: Known): void {
    this.#known.set(authorization, known)
  }

  forget(isOver: (known: Known) => boolean): void {
    for (const [authorization, known] of this.#known.entries()) if (isOver(known)) this.#known.delete(authorization)
  }
}
