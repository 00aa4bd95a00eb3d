// What the street runs on: the compiled API, its database, and what is kept between requests.
import { randomUUID } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { type AccessSet, compileAccess } from './access/access.ts'
import { type Cursors, makeCursors } from './access/cursors.ts'
import type { Principal } from './access/principal.ts'
import { type RoleSet, rolesHeld } from './access/roles-held.ts'
import { ResponseCache } from './cache/response-cache.ts'
import { SingleFlight } from './cache/single-flight.ts'
import type { Database } from './databases/database.ts'
import { type Followers, makeFollowers } from './following/followers.ts'
import { type AnswerStore, makeAnswerStore } from './idempotency/answer-store.ts'
import type { Identify } from './identity/identify.ts'
import { makePlanCache, type PlanCache } from './plan/plan-cache.ts'
import { makeReportStorage, type ReportStorage } from './reports/report-storage.ts'
import type { CompiledVersion } from './schema/compile-versions.ts'
import type { Api } from './schema/model.ts'
import type { RecordInputs } from './validation/record-inputs.ts'

export interface Runtime {
  readonly api: Api
  /** This one and those of the other versions, which share what is kept. */
  readonly versions: ReadonlyMap<string, Runtime>
  readonly database: Database
  readonly identify: Identify
  /** `WWW-Authenticate` for a caller without credentials. */
  readonly challenge: string | undefined
  readonly cursors: Cursors
  readonly plans: PlanCache
  /** How the records of each resource are read from a body. */
  readonly inputs: ReadonlyMap<string, RecordInputs>
  readonly flights: SingleFlight
  /** Null where no answer is kept. */
  readonly answers: ResponseCache | null
  /** Answers to requests with an Idempotency-Key. */
  readonly keptAnswers: AnswerStore
  /** Who waits for what becomes of a command. */
  readonly followers: Followers
  /** Where the content of reports is. */
  readonly storage: ReportStorage
  /** The roles that a principal holds. */
  rolesOf(principal: Principal): RoleSet
  /** The access of a set of roles, compiled once. */
  accessFor(roles: RoleSet): AccessSet
  /** Whether this caller may see how long each room took. */
  mayTime(set: AccessSet): boolean
  newRequestId(given: string | undefined): string
  /** Told of the tables that a write has changed, once that is committed. */
  changed(tables: readonly string[]): void
  /** Told of errors that are ours, with the request's id. */
  onError(error: unknown, requestId: string): void
}

export interface RuntimeOptions {
  readonly api: Api
  readonly inputs: ReadonlyMap<string, RecordInputs>
  readonly older?: readonly CompiledVersion[]
  readonly database: Database
  readonly identify: Identify
  readonly challenge?: string
  /** Signs cursors. */
  readonly secret: string
  /** Of the server: a reload keeps them. When left out, the runtime has its own. */
  readonly followers?: Followers
  /** Likewise; when left out, the folder of the default. */
  readonly storage?: ReportStorage
  readonly onError?: (error: unknown, requestId: string) => void
}

export function makeRuntime(options: RuntimeOptions): Runtime {
  const { api, inputs, older = [], database, identify, challenge, secret, onError, followers, storage } = options
  const answers = api.responseCache && new ResponseCache(api.responseCache)
  const versions = new Map<string, Runtime>()
  const shared = {
    versions,
    database,
    identify,
    challenge,
    cursors: makeCursors(secret),
    flights: new SingleFlight(),
    answers,
    followers: followers ?? makeFollowers(database),
    storage: storage ?? makeReportStorage(),
    keptAnswers: makeAnswerStore(database, api.idempotency.maxAgeMs),
    changed(tables: readonly string[]) {
      // None would mean: any may have changed.
      if (tables.length > 0) answers?.changed(tables)
    },
    // A caller's own id is taken over where it is harmless in a header and a log.
    newRequestId: (given: string | undefined) =>
      given !== undefined && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID(),
    onError: (error: unknown, requestId: string) => onError?.(error, requestId),
  }
  for (const one of [{ api, inputs }, ...older])
    versions.set(one.api.version, { ...shared, ...one, ...keepAccess(one.api), plans: makePlanCache(database.dialect) })
  return versions.get(api.version) as Runtime
}

/** What the roles of one version permit. */
function keepAccess(api: Api): Pick<Runtime, 'rolesOf' | 'accessFor' | 'mayTime'> {
  const sets = new LRUCache<string, AccessSet>({ max: 1_000 })
  // A token that was verified gives the same principal again.
  const roles = new WeakMap<Principal, RoleSet>()
  return {
    rolesOf(principal) {
      let held = roles.get(principal)
      if (!held) {
        held = rolesHeld(api, principal)
        roles.set(principal, held)
      }
      return held
    },
    accessFor(roles) {
      let set = sets.get(roles.id)
      if (!set) {
        set = compileAccess(api, roles)
        sets.set(roles.id, set)
      }
      return set
    },
    mayTime: set => api.timingRoles.some(role => set.roles.names.has(role)),
  }
}
