// Executes a plan and makes its answer: once for all who ask the very same at the same time, and kept where the API says so.
import type { AccessSet } from './access/access.ts'
import { cursorList } from './access/allow-read.ts'
import type { PermittedRead } from './access/permitted.ts'
import type { Principal } from './access/principal.ts'
import type { Waiting } from './databases/database.ts'
import type { BoundValue } from './plan/bind.ts'
import type { NamedPlan } from './plan/plan-cache.ts'
import type { HttpRequest } from './request/http-request.ts'
import type { ApiRequest } from './request/read-request.ts'
import { entityTag } from './respond/entity-tag.ts'
import { fillCode } from './respond/fill-code.ts'
import { linksOf } from './respond/record-links.ts'
import { type ReadAnswer, respondRead } from './respond/respond-read.ts'
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
  const { http, request, plan, principal, runtime } = given
  if (plan.layout.code.length > 0) return runWithCode(given)
  // ACCESS R25: the plan stands for the roles, and with the target and the caller it decides every value that is bound.
  const claimed = plan.claims.length === 0 ? '' : JSON.stringify(plan.claims.map(claim => principal.claims.get(claim)))
  const asked = request.fromBody ? JSON.stringify([request.method, request.path, given.values]) : http.target
  const key = `${request.version}\n${plan.name}\n${asked}\n${principal.id === null ? '' : JSON.stringify(principal.id)}\n${claimed}`
  return runtime.flights.run(key, http, waiting => runAndKeep(given, waiting))
}

async function runAndKeep(given: ReadToExecute, waiting: Waiting): Promise<ReadAnswer> {
  const { http, request, plan, principal, access, runtime } = given
  const { answers, api } = runtime
  const since = answers?.now() ?? 0
  const answer = await run(given, waiting)
  const { tables, claims } = plan
  if (answers && tables?.every(table => api.tables.has(table)) && isGet(request))
    answers.keep(`${request.version}\n${http.target}`, access.roles, principal, answer, { tables, claims, since })
  return answer
}

/** What TypeScript makes may depend on anything, so such an answer is nobody else's. */
async function runWithCode(given: ReadToExecute): Promise<ReadAnswer> {
  const { http, request, plan, principal, access } = given
  const answer = await run(given, http)
  const body = await fillCode(answer.body, plan.layout.code, principal, linksOf(request.base, access))
  if (request.method === 'POST') return { ...answer, body }
  return { body, headers: { ...answer.headers, etag: entityTag(Buffer.from(body, 'latin1')) } }
}

function run(given: ReadToExecute, waiting: Waiting): Promise<ReadAnswer> {
  const { request, principal, access, runtime, timing, read, plan, values } = given
  const { cursors, database } = runtime
  const options = { principal, cursors, version: request.version }
  const seal = (place: readonly (string | null)[]) =>
    cursors.seal(cursorList(read.access, read.sort, access, options), place)
  const context = { ...request, read, plan, write: plan.write, seal }
  return database.read({ name: plan.name, text: plan.text, values }, waiting, rows =>
    timing.of('respond', () => respondRead(context, rows)),
  )
}

function isGet({ method }: ApiRequest): boolean {
  return method === 'GET' || method === 'HEAD'
}
