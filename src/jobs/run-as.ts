// Reads who gave a command, as it was stored with it (ACCESS R38).
import type { Principal } from '../access/principal.ts'

export interface Caller {
  readonly principal: Principal
  /** The registered client whose key was shown; null for others. */
  readonly client: string | null
  /** He showed a token, which may have been revoked since. */
  readonly token: boolean
  /** The roles that he held. */
  readonly roles: ReadonlySet<string>
  /** The version in whose names he reads; the current one when left out. */
  readonly version?: string
}

/** @param text of the column `run_as`; null for what was not given over HTTP, which is run as nobody */
export function readCaller(text: string | null): Caller {
  const given: unknown = text === null ? null : JSON.parse(text)
  const { id, client, token, roles, claims } = isObject(given) ? given : {}
  const name = typeof client === 'string' ? client : null
  return {
    principal: {
      id: typeof id === 'string' ? id : null,
      claims: new Map(isObject(claims) ? Object.entries(claims) : []),
      ...(name !== null && { client: name }),
    },
    client: name,
    token: token === true,
    roles: new Set(Array.isArray(roles) ? roles.filter(role => typeof role === 'string') : []),
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
