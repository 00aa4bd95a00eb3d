// The street: one request walks through all rooms, each of which does one thing.
import type { AccessSet } from './access/access.ts'
import { allowRead, cursorList } from './access/allow-read.ts'
import type { Principal } from './access/principal.ts'
import { rolesHeld } from './access/roles-held.ts'
import { describeIndex, describeResource } from './openapi/describe.ts'
import { bindParameters } from './plan/bind.ts'
import { checkAccept } from './request/accepts-json.ts'
import { type HttpRequest, type HttpResponse, header } from './request/http-request.ts'
import { type ApiRequest, emptyQuery, readRequest } from './request/read-request.ts'
import { toReadTarget } from './request/read-target.ts'
import { jsonResponse } from './respond/json-response.ts'
import { linksOf } from './respond/record-links.ts'
import { respondError } from './respond/respond-error.ts'
import { type ReadAnswer, respondRead } from './respond/respond-read.ts'
import type { Runtime } from './runtime.ts'
import { noTiming, startTiming, type Timing } from './timing.ts'

/** Answers one request; never throws. */
export async function handleRequest(http: HttpRequest, runtime: Runtime): Promise<HttpResponse> {
  const id = runtime.newRequestId(header(http, 'request-id'))
  const timing = header(http, 'prefer')?.includes('timing') ? startTiming() : noTiming
  try {
    const request = await timing.of('read', () => readRequest(http, runtime.api))
    checkAccept(header(http, 'accept'))
    const principal = await timing.of('identify', () => runtime.identify(header(http, 'authorization')))
    const access = runtime.accessFor(rolesHeld(runtime.api, principal))
    const answer = await answerRequest({ http, request, principal, access, runtime, timing })
    const timed = timing !== noTiming && runtime.mayTime(access)
    return jsonResponse(
      200,
      answer,
      id,
      timed ? { 'server-timing': timing.toHeader(), 'preference-applied': 'timing' } : {},
    )
  } catch (error) {
    return respondError(error, id, internal => runtime.onError(internal, id))
  }
}

interface Walk {
  readonly http: HttpRequest
  readonly request: ApiRequest
  readonly principal: Principal
  readonly access: AccessSet
  readonly runtime: Runtime
  readonly timing: Timing
}

async function answerRequest(walk: Walk): Promise<ReadAnswer> {
  const { request, access } = walk
  if (request.method !== 'OPTIONS')
    return request.route.kind === 'index' ? describeIndex(request, access) : readRecords(walk)
  // What stands under a record that is not there for the caller is not described either.
  if (request.route.kind === 'item' || request.route.kind === 'nested')
    await readRecords({ ...walk, request: { ...request, query: emptyQuery } })
  return describeResource(request, access)
}

async function readRecords({ http, request, principal, access, runtime, timing }: Walk): Promise<ReadAnswer> {
  const { cursors, database, plans } = runtime
  if (request.route.kind === 'index') throw new Error('the index has no records')
  const options = { principal, cursors, version: request.version }
  const target = toReadTarget(request.route)
  const read = timing.of('allow', () => allowRead(target, request.query, access, options))
  const plan = timing.of('plan', () => plans.planFor(read))
  const values = bindParameters(plan.parameters, read.values, principal)
  const rows = await timing.of('execute', () => database.read({ name: plan.name, text: plan.text, values }, http))
  const seal = (place: readonly (string | null)[]) =>
    cursors.seal(cursorList(read.access, read.sort, access, options), place)
  return timing.of('respond', () =>
    respondRead({
      ...request,
      read,
      plan,
      rows,
      principal,
      encode: plan.encode,
      seal,
      linksOf: linksOf(request.base, access),
    }),
  )
}
