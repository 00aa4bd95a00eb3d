// Executes a plan and makes its answer: once for all who ask the very same at the same time, and kept where the API says so.
import { hash } from 'node:crypto'
import type { AccessSet } from './access/access.ts'
import { cursorList } from './access/allow-read.ts'
import type { PermittedRead } from './access/permitted.ts'
import type { Principal } from './access/principal.ts'
import type { Waiting } from './databases/database.ts'
import { keptTarget } from './find-kept.ts'
import { textOf } from './formats/rows.ts'
import { type BoundValue, bindParameters } from './plan/bind.ts'
import type { NamedPlan } from './plan/plan-cache.ts'
import { type HttpRequest, header } from './request/http-request.ts'
import type { ApiRequest } from './request/read-request.ts'
import { entityTag, hasEntityTag, listTag } from './respond/entity-tag.ts'
import { fillCode } from './respond/fill-code.ts'
import type { ReadAnswer } from './respond/read-answer.ts'
import { linksOf, relatedPath } from './respond/record-links.ts'
import { respondRead } from './respond/respond-read.ts'
import type { Runtime } from './runtime.ts'
import type { Timing } from './timing.ts'

export interface ReadToExecute {
  readonly http: HttpRequest
  readonly request: ApiRequest
  readonly principal: Principal
  readonly access: AccessSet
  readonly runtime: Runtime
  readonly timing: Timing
  readonly read: PermittedRead
  readonly plan: NamedPlan
  readonly values: readonly BoundValue[]
}

export function executeRead(given: ReadToExecute): Promise<ReadAnswer> {
  const { plan } = given
  if (plan.layout.meta.validator !== undefined) return runWithProbe(given)
  if (plan.layout.code.length > 0) return runWithCode(given)
  return runOnce(given)
}

function runOnce(given: ReadToExecute, listAccess?: string): Promise<ReadAnswer> {
  const { http, request, plan, principal, runtime } = given
  // ACCESS R25: the plan stands for the roles, and with the target and the caller it decides every value that is bound.
  const claimed = plan.claims.length === 0 ? '' : JSON.stringify(plan.claims.map(claim => principal.claims.get(claim)))
  const asked = request.fromBody ? JSON.stringify([request.method, request.path, given.values]) : http.target
  const range = isRange(given.read) ? `${http.headers.range}\n` : ''
  const key = `${request.version}\n${plan.name}\n${range}${asked}\n${principal.id === null ? '' : JSON.stringify(principal.id)}\n${claimed}`
  return runtime.flights.run(key, http, waiting => runAndKeep(given, waiting, listAccess))
}

async function runAndKeep(given: ReadToExecute, waiting: Waiting, listAccess?: string): Promise<ReadAnswer> {
  const { http, request, plan, principal, access, runtime } = given
  const { answers, api } = runtime
  const since = answers?.now() ?? 0
  const answer = await run(given, waiting, listAccess)
  const { tables, claims } = plan
  if (
    answers &&
    tables?.every(table => api.tables.has(table)) &&
    isGet(request) &&
    !isRange(given.read) &&
    !plan.caching.off
  )
    answers.keep(keptTarget(request.version, given.read.selection.form, http.target), access.roles, principal, answer, {
      tables,
      claims,
      since,
    })
  return answer
}

/** What TypeScript makes may depend on anything, so such an answer is nobody else's. */
async function runWithCode(given: ReadToExecute): Promise<ReadAnswer> {
  const { http, request, plan, principal, access } = given
  const answer = await run(given, http)
  const body = await fillCode(answer.body, plan.layout.code, principal, linksOf(request.base, access))
  if (request.method === 'POST' || isRange(given.read)) return { ...answer, body }
  if (plan.caching.off && given.read.kind === 'list') return { ...answer, body }
  const etag = entityTag(Buffer.from(body, 'latin1'), given.runtime.api.cacheVersion)
  return { ...answer, body, headers: { ...answer.headers, etag } }
}

/** Where the caller may have the list already, that is asked first: it takes the maximum and the count alone. */
async function runWithProbe(given: ReadToExecute): Promise<ReadAnswer> {
  const { http, request, plan, principal, runtime, read, values } = given
  const { api, cursors, database, plans } = runtime
  // All that the bytes depend on beside the rows: the plan, what it binds, and to whom cursors are sealed, with which secret.
  const whose = plan.caching.shared === null ? [principal.id, given.access.roles.id] : []
  const parts = [plan.caching.fingerprint, values, whose, request.path, request.search, cursors.seal('validators', [])]
  const listAccess = hash('sha256', JSON.stringify(parts), 'base64url').slice(0, 22)
  if (header(http, 'if-none-match')?.includes(`-${listAccess}${api.cacheVersion.suffix}"`)) {
    const { name, text, parameters } = plans.probeFor(read)
    const statement = { name, text, values: bindParameters(parameters, read.values, principal) }
    const stands = await database.read(statement, http, rows => textOf(rows.at(0), 0))
    const etag = stands === null ? '' : listTag(stands, listAccess, api.cacheVersion)
    if (hasEntityTag(header(http, 'if-none-match') ?? '', etag))
      return {
        body: '',
        headers: { etag, ...(plan.caching.shared !== null && { vary: 'Accept' }) },
        shared: plan.caching.shared,
      }
  }
  return runOnce(given, listAccess)
}

function run(given: ReadToExecute, waiting: Waiting, listAccess?: string): Promise<ReadAnswer> {
  const { request, principal, access, runtime, timing, read, plan, values } = given
  const { cursors, database } = runtime
  const options = { principal, cursors, version: request.version }
  const seal = (place: readonly (string | null)[]) =>
    cursors.seal(cursorList(read.access, read.sort, access, options), place)
  const related = request.route.kind === 'relationship' ? { related: relatedPath(request.path) } : {}
  const context = {
    ...request,
    ...related,
    read,
    plan,
    write: plan.write,
    seal,
    ...(listAccess !== undefined && { listAccess }),
  }
  return database.read({ name: plan.name, text: plan.text, values }, waiting, rows =>
    timing.of('respond', () => respondRead(context, rows)),
  )
}

function isRange({ page }: PermittedRead): boolean {
  return page?.kind === 'keyset' && page.range !== undefined
}

function isGet({ method }: ApiRequest): boolean {
  return method === 'GET' || method === 'HEAD'
}
