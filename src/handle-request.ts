// The street: one request walks through all rooms, each of which does one thing.
import type { AccessSet } from './access/access.ts'
import { allowRead } from './access/allow-read.ts'
import type { Principal } from './access/principal.ts'
import type { WriteAnswer } from './answer-write.ts'
import { executeAction } from './execute-action.ts'
import { executeDocument } from './execute-document.ts'
import { executeExport } from './execute-export.ts'
import { executeOnce } from './execute-once.ts'
import { executeOperations } from './execute-operations.ts'
import { executeRead } from './execute-read.ts'
import { executeRelationship } from './execute-relationship.ts'
import { executeWrite } from './execute-write.ts'
import { findKept, identifyOnce } from './find-kept.ts'
import type { ExportFormat } from './formats/export-format.ts'
import { inVersion } from './in-version.ts'
import { describeIndex, describeResource } from './openapi/describe.ts'
import { bindParameters } from './plan/bind.ts'
import { chooseFormat } from './request/choose-format.ts'
import { type HttpRequest, type HttpResponse, header } from './request/http-request.ts'
import { readRange } from './request/read-range.ts'
import { type ApiRequest, emptyQuery, isWrite, readRequest } from './request/read-request.ts'
import type { Route } from './request/read-route.ts'
import { toReadTarget } from './request/read-target.ts'
import type { VersionAsked } from './request/read-version.ts'
import { pointToWhatIsThere } from './respond/point-into-document.ts'
import { isShared, readResponse } from './respond/read-response.ts'
import { respondError } from './respond/respond-error.ts'
import type { ReadAnswer } from './respond/respond-read.ts'
import type { Runtime } from './runtime.ts'
import { type Timing, timingHeaders, timingOf } from './timing.ts'

/** Answers one request, in the version that it is for; never throws. */
export function handleRequest(http: HttpRequest, runtime: Runtime): Promise<HttpResponse> {
  return inVersion(http, runtime, walkStreet)
}

async function walkStreet(http: HttpRequest, runtime: Runtime, asked: VersionAsked | null): Promise<HttpResponse> {
  const id = runtime.newRequestId(header(http, 'request-id'))
  const timing = timingOf(http)
  try {
    const identify = identifyOnce(http, runtime)
    const kept = await findKept(http, identify, runtime, asked)
    if (kept) return readResponse(http, kept, id)
    const request = await timing.of('read', () => readRequest(http, runtime.api))
    const format = chooseFormat(header(http, 'accept'), request, asked)
    const principal = await timing.of('identify', identify)
    http.watch?.identified?.(principal.id)
    const access = runtime.accessFor(runtime.rolesOf(principal))
    const answer = await answerRequest({ id, http, request, format, principal, access, runtime, timing })
    const timed = timing.isAsked && !isShared(http, answer) && runtime.mayTime(access)
    return readResponse(http, answer, id, timed ? timingHeaders(timing, answer.headers) : {})
  } catch (error) {
    return respondError(error, id, internal => runtime.onError(internal, id), runtime.challenge)
  }
}

interface Walk {
  /** Of the request. */
  readonly id: string
  readonly http: HttpRequest
  readonly request: ApiRequest
  /** Null for JSON. */
  readonly format: ExportFormat | null
  readonly principal: Principal
  readonly access: AccessSet
  readonly runtime: Runtime
  readonly timing: Timing
}

async function answerRequest(walk: Walk): Promise<ReadAnswer> {
  const { request, access } = walk
  if (!request.fromBody && isWrite(request.method, request.route))
    return walk.timing.of('execute', () => executeOnce(walk, writeRecords))
  if (request.method !== 'OPTIONS')
    return request.route.kind === 'index' ? describeIndex(request, access) : readRecords(walk)
  // What stands under a record that is not there for the caller is not described either.
  const { route } = request
  const described: Route =
    (route.kind === 'action' && route.id !== null) || (route.kind === 'nested' && route.singular)
      ? { kind: 'item', resource: route.resource, id: route.id as string }
      : route
  if (described.kind === 'item' || described.kind === 'nested')
    await readRecords({ ...walk, request: { ...request, route: described, query: emptyQuery } })
  return describeResource(request, access, walk.runtime.inputs)
}

async function writeRecords(walk: Walk): Promise<WriteAnswer> {
  const { route, isDocument, body } = walk.request
  if (route.kind === 'action') return executeAction(walk, route)
  if (!isDocument) return route.kind === 'operations' ? executeOperations(walk) : executeWrite(walk)
  const execute = () => {
    if (route.kind === 'relationship') return executeRelationship(walk, route)
    return route.kind === 'operations' ? executeOperations(walk) : executeDocument(walk)
  }
  return execute().catch((error: unknown) => {
    throw pointToWhatIsThere(error, body)
  })
}

async function readRecords(walk: Walk): Promise<ReadAnswer> {
  const { request, format, principal, access, runtime, timing } = walk
  const { route } = request
  if (route.kind === 'index' || route.kind === 'action' || route.kind === 'operations' || route.kind === 'relationship')
    throw new Error(`${route.kind} has no records`)
  const range = readRange(walk.http, request)
  const options = {
    principal,
    cursors: runtime.cursors,
    version: request.version,
    isExport: format !== null,
    range,
    isConditional: request.method === 'GET' || request.method === 'HEAD',
  }
  const target = toReadTarget(route)
  const read = timing.of('allow', () => allowRead(target, request.query, access, options))
  const plan = timing.of('plan', () => runtime.plans.planFor(read))
  const values = bindParameters(plan.parameters, read.values, principal)
  if (format) return timing.of('execute', () => executeExport({ ...walk, format, read, plan, values }))
  return timing.of('execute', () => executeRead({ ...walk, read, plan, values }))
}
