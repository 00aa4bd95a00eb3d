// Says who is calling, by whatever ways a server knows its callers.
import { anonymous, type Principal } from '../access/principal.ts'
import type { Database } from '../databases/database.ts'
import { type HttpRequest, header } from '../request/http-request.ts'
import { keyPrefix } from './api-key.ts'
import { makeChallenges, type Way } from './challenges.ts'
import { checkReadable } from './check-readable.ts'
import { ClientKeys, type ClientsOptions } from './client-keys.ts'
import { makeJwtProver } from './identify-jwt.ts'
import { Introspection, type IntrospectionOptions } from './introspection.ts'
import type { JwtOptions } from './jwt-options.ts'
import { type Known, KnownTokens } from './known-tokens.ts'
import { Revocations, refreshMs } from './revocations.ts'
import { demandSignature, type MustSign } from './signatures/demand-signature.ts'
import { identifyBySignature } from './signatures/identify-signature.ts'
import { makeNonceStore } from './signatures/nonce-store.ts'
import type { SignatureOptions } from './signatures/signature-options.ts'
import { SigningClients } from './signing-clients.ts'
import { BadClaimsError, type Claims, toPrincipal } from './to-principal.ts'

/** @throws ApiError 401 for credentials that are no good; without any the caller is anonymous */
export type Identify = (http: HttpRequest) => Principal | Promise<Principal>

export interface IdentityOptions {
  /** Tokens that prove themselves; several where there are several issuers. */
  readonly jwt?: JwtOptions | readonly JwtOptions[] | undefined
  /** Keys of the clients that `colonnade clients` registers. */
  readonly clients?: boolean | ClientsOptions | undefined
  /** Tokens that only their issuer can tell about. */
  readonly introspection?: IntrospectionOptions | undefined
  /** Accepts requests that are signed (RFC 9421). */
  readonly signatures?: SignatureOptions | undefined
  /** What `WWW-Authenticate` calls this server: `colonnade` unless said otherwise. */
  readonly realm?: string | undefined
}

export interface Surroundings {
  /** Null where nothing is looked up: then no token can be revoked, and there are no clients. */
  readonly database: Database | null
  readonly onError?: (error: unknown) => void
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

export interface Identity {
  readonly identify: Identify
  /** `WWW-Authenticate` for a caller without credentials. */
  readonly challenge: string
  /** Loads what is revoked. @throws Error where the login may not read it */
  start(): Promise<void>
  /** Of a change, by NOTIFY; `all` after a time in which nothing was heard. */
  told(what: 'clients' | 'revoked' | 'all'): void
  /** Changes are not heard any more. */
  lost(): void
  /** Writes what is still to be written. */
  close(): Promise<void>
}

/** @throws Error for options that would accept no token, or any */
export function makeIdentity(options: IdentityOptions, surroundings: Surroundings): Identity {
  const { database, now = Date.now, onError = () => undefined } = surroundings
  const { jwt, clients, introspection, signatures, realm = 'colonnade' } = options
  const issuers = jwt === undefined ? [] : ([jwt].flat() as readonly JwtOptions[])
  const takesTokens = issuers.length > 0 || introspection !== undefined
  const takesKeys = database !== null && clients !== undefined && clients !== false
  const ways: readonly Way[] = [...(takesTokens ? ['token' as const] : []), ...(takesKeys ? ['client' as const] : [])]
  const challenges = makeChallenges(realm, ways)

  const known = new KnownTokens()
  const forgetOf = (by: object) => known.forget(one => one.by === by)
  const revocations =
    database && takesTokens
      ? new Revocations(database, now, () =>
          known.forget(one => one.ground === revocations && revocations.isRevoked(one.principal.claims)),
        )
      : null
  let timer: NodeJS.Timeout | undefined
  const ground = revocations ?? { isCurrent: true }
  const jwts = makeJwtProver(issuers, { challenges, now, onError, onKeys: forgetOf })
  const opaque = introspection && new Introspection(introspection, { challenges, now })
  const keys = takesKeys
    ? new ClientKeys({ database, challenges, now, onError }, clients === true ? {} : clients)
    : null
  const signing = keys && database ? new SigningClients({ database, now, maxAgeMs: keys.maxAgeMs }) : null

  /** @param authorization the whole header */
  async function prove(authorization: string): Promise<Principal> {
    const token = /^Bearer +([\w.~+/-]+=*)$/i.exec(authorization)?.[1]
    if (token === undefined) throw challenges.refuse(undefined, 'Authorization takes: Bearer TOKEN.')
    if (keys && token.startsWith(keyPrefix)) return await proveKey(authorization, token, keys)
    if (!takesTokens) throw challenges.refuse('client', 'The key is not valid here.')
    await revocations?.load()
    if (jwts.takes(token)) return await finish(authorization, await jwts.prove(token))
    if (opaque) return await finish(authorization, { ...(await opaque.prove(token)), by: opaque })
    throw challenges.refuse('token', 'The token is not valid here.')
  }

  async function finish(authorization: string, proof: TokenProof): Promise<Principal> {
    const principal = { ...makePrincipal(authorization, proof.claims, proof.id, 'token'), token: true as const }
    // From here on nothing waits but for what was revoked meanwhile.
    await revocations?.load()
    if (revocations?.isRevoked(principal.claims)) throw challenges.refuse('token', 'The token has been revoked.')
    if (proof.isCurrent?.() ?? true)
      known.keep(authorization, { principal, untilMs: proof.untilMs, ground, by: proof.by })
    return principal
  }

  async function proveKey(authorization: string, text: string, by: ClientKeys): Promise<Principal> {
    const { id, claims, untilMs, onUse, isCurrent } = await by.prove(text)
    const client = String(claims.client_id)
    const principal = { ...makePrincipal(authorization, claims, id, 'client'), client }
    onUse()
    if (isCurrent()) known.keep(authorization, { principal, untilMs, ground: by, by, onUse })
    return principal
  }

  function makePrincipal(authorization: string, claims: Claims, id: unknown, way: Way): Principal {
    try {
      return { ...toPrincipal(claims, id), recheck: () => find(authorization) }
    } catch (error) {
      throw error instanceof BadClaimsError ? challenges.refuse(way, error.message) : error
    }
  }

  const find = (authorization: string) => known.find(authorization, now()) ?? prove(authorization)

  const byToken: Identify = http => {
    if (ways.length === 0) return anonymous
    const authorization = header(http, 'authorization')
    return authorization === undefined ? anonymous : find(authorization)
  }

  const mustSign: MustSign = principal => signing?.mustSign(principal) ?? false
  const unsigned: Identify = http => {
    const found = byToken(http)
    return found instanceof Promise
      ? found.then(principal => demandSignature(http, principal, mustSign))
      : demandSignature(http, found, mustSign)
  }

  return {
    identify:
      signatures && database
        ? identifyBySignature(signatures, makeNonceStore(database, signatures), { identify: byToken, mustSign })
        : unsigned,
    challenge: challenges.plain,
    async start() {
      if (database && revocations) await checkReadable(database, ['revoked_tokens'])
      await revocations?.load()
      if (revocations) timer = setInterval(() => void revocations.refresh(), refreshMs).unref()
      await keys?.isReady()
    },
    told(what) {
      if (what !== 'clients') revocations?.told()
      if (what === 'revoked') return
      keys?.told()
      signing?.told()
      if (keys) forgetOf(keys)
    },
    lost() {
      revocations?.lost()
      keys?.lost()
      signing?.lost()
      if (keys) forgetOf(keys)
    },
    async close() {
      clearInterval(timer)
      await keys?.uses.flush()
    },
  }
}

type TokenProof = Pick<Known, 'untilMs' | 'by'> & {
  readonly claims: Claims
  readonly id: unknown
  readonly isCurrent?: () => boolean
}
