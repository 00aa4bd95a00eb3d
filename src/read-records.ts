// Reads the records that a request asks for, room after room: what its caller may ask, as SQL, run and answered.
import type { AccessSet } from './access/access.ts'
import { allowRead } from './access/allow-read.ts'
import type { Principal } from './access/principal.ts'
import { executeExport } from './execute-export.ts'
import { executeRead } from './execute-read.ts'
import { bindParameters } from './plan/bind.ts'
import { checkDocumentQuery, checkLinkageQuery } from './request/check-document-query.ts'
import { type Format, formOf } from './request/choose-format.ts'
import type { HttpRequest } from './request/http-request.ts'
import { readRange } from './request/read-range.ts'
import type { ApiRequest } from './request/read-request.ts'
import { toReadTarget } from './request/read-target.ts'
import type { ReadAnswer } from './respond/read-answer.ts'
import type { Runtime } from './runtime.ts'
import type { Timing } from './timing.ts'

/** What a request carries along the street, once it is known who asks for what. */
export interface Walk {
  /** Of the request. */
  readonly id: string
  readonly http: HttpRequest
  readonly request: ApiRequest
  readonly format: Format
  readonly principal: Principal
  readonly access: AccessSet
  readonly runtime: Runtime
  readonly timing: Timing
  /** In place of the limit of exports. */
  readonly maxExportRows?: number
}

/** @throws ApiError, ApiErrors for what its caller may not read, or is not there */
export async function readRecords(walk: Walk): Promise<ReadAnswer> {
  const { format, timing } = walk
  const planned = planRecords(walk)
  if (typeof format === 'object') return timing.of('execute', () => executeExport({ ...walk, ...planned, format }))
  return timing.of('execute', () => executeRead({ ...walk, ...planned }))
}

/** @throws ApiError, ApiErrors for what its caller may not read */
export function planRecords(walk: Walk) {
  const { request, format, principal, access, runtime, timing, maxExportRows } = walk
  const { route } = request
  if (route.kind === 'index' || route.kind === 'content' || route.kind === 'action' || route.kind === 'operations')
    throw new Error(`${route.kind} has no records`)
  if (format === 'jsonapi') checkDocumentQuery(request.query)
  if (route.kind === 'relationship') checkLinkageQuery(request.query)
  const range = readRange(walk.http, request)
  const options = {
    principal,
    cursors: runtime.cursors,
    version: request.version,
    isExport: typeof format === 'object',
    ...(maxExportRows !== undefined && { maxExportRows }),
    form: route.kind === 'relationship' ? ('identifier' as const) : formOf(format),
    range,
    isConditional: request.method === 'GET' || request.method === 'HEAD',
  }
  const target = toReadTarget(route)
  const read = timing.of('allow', () => allowRead(target, request.query, access, options))
  const plan = timing.of('plan', () => runtime.plans.planFor(read))
  return { read, plan, values: bindParameters(plan.parameters, read.values, principal) }
}
