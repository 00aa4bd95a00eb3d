// The street: one request walks through all rooms, each of which does one thing. Reads are allowed, planned and executed in `readRecords`, writes in `executeWrite`.
import { allowWait } from './access/allow-wait.ts'
import { answerCommand, commandedBy } from './answer-command.ts'
import type { WriteAnswer } from './answer-write.ts'
import { executeAction } from './execute-action.ts'
import { executeDocument } from './execute-document.ts'
import { executeOnce } from './execute-once.ts'
import { executeOperations } from './execute-operations.ts'
import { executeRelationship } from './execute-relationship.ts'
import { executeWrite } from './execute-write.ts'
import { findKept, identifyOnce } from './find-kept.ts'
import { inVersion } from './in-version.ts'
import { describeIndex, describeResource } from './openapi/describe.ts'
import { commandAt, readCommand } from './read-command.ts'
import { readContent } from './read-content.ts'
import { readRecords, type Walk } from './read-records.ts'
import { chooseFormat, speaksJsonApi } from './request/choose-format.ts'
import { type HttpRequest, type HttpResponse, header } from './request/http-request.ts'
import { emptyQuery, isWrite, readRequest } from './request/read-request.ts'
import type { Route } from './request/read-route.ts'
import type { VersionAsked } from './request/read-version.ts'
import { pointToWhatIsThere } from './respond/point-into-document.ts'
import type { ReadAnswer } from './respond/read-answer.ts'
import { isShared, readResponse } from './respond/read-response.ts'
import { respondError } from './respond/respond-error.ts'
import { sayStrict } from './respond/say-strict.ts'
import { reuseReport } from './reuse-report.ts'
import type { Runtime } from './runtime.ts'
import { timingHeaders, timingOf } from './timing.ts'

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
    const format = chooseFormat(http, request, asked)
    const principal = await timing.of('identify', identify)
    http.watch?.identified?.(principal.id)
    const access = runtime.accessFor(runtime.rolesOf(principal))
    allowWait(http, request.route, access)
    const made = await answerRequest({ id, http, request, format, principal, access, runtime, timing })
    const answer = sayStrict(http, made)
    const timed = timing.isAsked && !isShared(http, answer) && runtime.mayTime(access)
    return readResponse(http, answer, id, timed ? timingHeaders(timing, answer.headers) : {})
  } catch (error) {
    return respondError(error, id, internal => runtime.onError(internal, id), runtime.challenge, speaksJsonApi(http))
  }
}

function answerRequest(walk: Walk): ReadAnswer | Promise<ReadAnswer> {
  const { request, access } = walk
  const { method, route, fromBody } = request
  if (!fromBody && isWrite(method, route)) return writeOnce(walk)
  if (method === 'OPTIONS') return describeRecords(walk)
  if (route.kind === 'index') return describeIndex(request, access, walk.format)
  if (route.kind === 'content') return readContent(walk, route)
  const command = commandAt(walk)
  return command ? readCommand(walk, command) : readRecords(walk)
}

/** Once it is committed: who waits for what becomes of a command holds no connection. */
async function writeOnce(walk: Walk): Promise<WriteAnswer> {
  const answer = await walk.timing.of('execute', () => executeOnce(walk, writeRecords))
  const commanded = commandedBy(walk.request)
  return commanded ? answerCommand(walk, commanded, answer) : answer
}

async function writeRecords(walk: Walk): Promise<WriteAnswer> {
  const commanded = commandedBy(walk.request)
  const report = commanded?.request?.report
  return commanded && report?.reuse ? reuseReport(walk, commanded, report, writeWhole) : writeWhole(walk)
}

async function writeWhole(walk: Walk): Promise<WriteAnswer> {
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

async function describeRecords(walk: Walk): Promise<ReadAnswer> {
  const { request, access, runtime } = walk
  const { route } = request
  // What stands under a record that is not there for the caller is not described either.
  const shown: Route =
    (route.kind === 'action' && route.id !== null) ||
    (route.kind === 'nested' && route.singular) ||
    route.kind === 'content'
      ? { kind: 'item', resource: route.resource, id: route.id as string }
      : route
  if (shown.kind === 'item' || shown.kind === 'nested' || shown.kind === 'relationship')
    await readRecords({ ...walk, request: { ...request, route: shown, query: emptyQuery } })
  return describeResource(request, access, runtime.inputs, walk.format)
}
