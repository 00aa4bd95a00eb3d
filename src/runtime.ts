// What the street runs on: the compiled API, its database, and what is kept between requests.
import { randomUUID } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { type AccessSet, compileAccess } from './access/access.ts'
import { type Cursors, makeCursors } from './access/cursors.ts'
import type { RoleSet } from './access/roles-held.ts'
import type { Database } from './databases/database.ts'
import type { Identify } from './identity/identify-jwt.ts'
import { makePlanCache, type PlanCache } from './plan/plan-cache.ts'
import type { Api } from './schema/model.ts'

export interface Runtime {
  readonly api: Api
  readonly database: Database
  readonly identify: Identify
  readonly cursors: Cursors
  readonly plans: PlanCache
  /** The access of a set of roles, compiled once. */
  accessFor(roles: RoleSet): AccessSet
  /** Whether this caller may see how long each room took. */
  mayTime(set: AccessSet): boolean
  newRequestId(given: string | undefined): string
  /** Told of errors that are ours, with the request's id. */
  onError(error: unknown, requestId: string): void
}

export interface RuntimeOptions {
  readonly api: Api
  readonly database: Database
  readonly identify: Identify
  /** Signs cursors. */
  readonly secret: string
  readonly onError?: (error: unknown, requestId: string) => void
}

export function makeRuntime({ api, database, identify, secret, onError }: RuntimeOptions): Runtime {
  const sets = new LRUCache<string, AccessSet>({ max: 1_000 })
  return {
    api,
    database,
    identify,
    cursors: makeCursors(secret),
    plans: makePlanCache(database.dialect),
    accessFor(roles) {
      let set = sets.get(roles.id)
      if (!set) {
        set = compileAccess(api, roles)
        sets.set(roles.id, set)
      }
      return set
    },
    mayTime: set => api.timingRoles.some(role => set.roles.names.has(role)),
    // A caller's own id is taken over where it is harmless in a header and a log.
    newRequestId: given => (given !== undefined && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID()),
    onError: (error, requestId) => onError?.(error, requestId),
  }
}
