// Says which requests are one and the same: whose key it is, and what was asked with which rights. Digests only.
import { createHash } from 'node:crypto'
import type { Principal } from '../access/principal.ts'
import type { RoleSet } from '../access/roles-held.ts'
import type { Format } from '../request/choose-format.ts'
import type { ApiRequest } from '../request/read-request.ts'

export interface Attempt {
  /** Of the key within its scope: principal, client, version, method and URL. */
  readonly key: string
  /** Of the body, with the format that it has and the one that is asked for. */
  readonly body: string
  /** Of the roles and claims. */
  readonly rights: string
}

/** What a new token of the same caller says anew. */
const ofTheToken = new Set(['exp', 'iat', 'nbf', 'jti'])

export function identifyAttempt(
  key: string,
  request: ApiRequest,
  format: Format,
  principal: Principal,
  roles: RoleSet,
): Attempt {
  const { id, claims } = principal
  const client = claims.get('client_id') ?? claims.get('azp') ?? null
  const told = [...claims].filter(([name]) => !ofTheToken.has(name)).sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    key: digest([id, client, request.method, request.version, request.path, request.search, key]),
    body: digest([request.body ?? null, request.isDocument ?? false, format]),
    rights: digest([roles.id, told]),
  }
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex')
}
