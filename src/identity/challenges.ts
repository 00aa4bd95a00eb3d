// Says to whom a 401 is answered what is missing or wrong: the challenges of RFC 9110 11.6.1 and RFC 6750 section 3.
import { ApiError } from '../errors/api-error.ts'

/** By which a caller shows who he is: a token of an identity provider, or the key of a registered client. */
export type Way = 'token' | 'client'

export interface Challenges {
  /** For a request without credentials. */
  readonly plain: string
  /** @param way that was tried; undefined for credentials that are of none */
  refuse(way: Way | undefined, detail: string, cause?: unknown): ApiError
}

/** @param ways that the server has, in the order in which they are offered */
export function makeChallenges(realm: string, ways: readonly Way[]): Challenges {
  const offered: readonly Way[] = ways.length > 0 ? ways : ['token']
  const challenge = (way: Way) => `Bearer realm="${quotable(way === 'client' ? `${realm} clients` : realm)}"`
  return {
    plain: offered.map(challenge).join(', '),
    refuse(way, detail, cause) {
      const tried = way ?? offered[0]
      const error = `, error="invalid_token", error_description="${quotable(detail)}"`
      return new ApiError('invalid_token', detail, {
        source: { header: 'Authorization' },
        headers: {
          'www-authenticate': offered.map(one => challenge(one) + (one === tried ? error : '')).join(', '),
        },
        cause,
      })
    },
  }
}

/** The characters that RFC 6750 section 3 lets stand in a quoted text. */
function quotable(text: string): string {
  return text.replaceAll('"', "'").replaceAll(/[^\x20-\x5b\x5d-\x7e]/g, '?')
}
