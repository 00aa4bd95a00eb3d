// Answers a write: which status, which headers, and the records as their caller sees them.
import { jsonApiType } from './formats/index.ts'
import type { CodeSource } from './plan/layout.ts'
import type { HttpRequest } from './request/http-request.ts'
import { preferences } from './request/preferences.ts'
import { wholeDocument } from './respond/document.ts'
import { entityTag } from './respond/entity-tag.ts'
import { fillCode } from './respond/fill-code.ts'
import { linksOf, toId } from './respond/record-links.ts'
import type { Written } from './respond/respond-write.ts'
import type { Entry, WriteToExecute } from './run-write.ts'
import type { Resource } from './schema/model.ts'

export interface WriteAnswer {
  readonly status: number
  /** Byte text. */
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

interface Outcome {
  readonly given: WriteToExecute
  readonly resource: Resource
  readonly kind: Entry['kind']
  readonly written: readonly Written[]
  readonly isBulk: boolean
  readonly code: readonly CodeSource[]
}

export async function answerWrite(outcome: Outcome): Promise<WriteAnswer> {
  const { given, resource, kind, written, isBulk, code } = outcome
  const { request, principal, access } = given
  const [first] = written
  const applied = appliedPreference(given, kind)
  const put = first?.created !== undefined
  const isNew = kind === 'create' || first?.created === true
  const location = `${request.base}/${resource.path}/${toId(first?.key ?? [])}`
  const headers = {
    'cache-control': 'no-store',
    ...(applied !== null && { 'preference-applied': applied }),
    ...(((kind === 'create' && !isBulk) || put) && { location }),
  }
  const records = written.flatMap(({ record }) => (record === null ? [] : [record]))
  if (kind === 'delete' && resource.request) return answerCancel(outcome, headers, records)
  if (isMinimal(given, kind) || records.length < written.length || written.length === 0)
    return { status: isNew ? 201 : 204, body: '', headers }
  const isDocument = given.format === 'jsonapi'
  const shown = isDocument ? eachOnce(written) : records
  const data = isBulk ? `[${shown.join(',')}]` : (records[0] as string)
  const text = isDocument
    ? wholeDocument(data, first?.included ?? null, isBulk ? request.path : location, request.search)
    : `{"data":${data}}`
  const body = code.length === 0 ? text : await fillCode(text, code, principal, linksOf(request.base, access))
  return {
    status: isNew ? 201 : 200,
    body,
    headers: {
      ...headers,
      ...(isDocument && { 'content-type': jsonApiType }),
      ...(!isBulk &&
        kind !== 'delete' && {
          // RFC 9110 9.3.4: what was put is not what is shown.
          ...(!put && { etag: entityTag(Buffer.from(body, 'latin1'), given.runtime.api.cacheVersion) }),
          'content-location': location,
        }),
    },
  }
}

/** 202 while a worker still has one of them: it lets go of it as soon as it sees that it should. */
async function answerCancel(
  { given, resource, written, isBulk, code }: Outcome,
  headers: WriteAnswer['headers'],
  records: readonly string[],
): Promise<WriteAnswer> {
  const { request, principal, access } = given
  const isRunning = written.some(({ state }) => state === 'running')
  const isDocument = given.format === 'jsonapi'
  const location = `${request.base}/${resource.path}/${toId(written[0]?.key ?? [])}`
  const said = { ...headers, ...(isRunning && !isBulk && !written[0]?.isGone && { location, 'retry-after': '1' }) }
  // In JSON:API what is removed is not shown, and what is over is removed from the queue (1.1, section 9.4.2).
  const isEmpty = prefers(given.http, 'return=minimal') || isDocument || records.length < written.length
  if (isEmpty || written.length === 0) return { status: isRunning ? 202 : 204, body: '', headers: said }
  const text = `{"data":${isBulk ? `[${records.join(',')}]` : records[0]}}`
  const body = code.length === 0 ? text : await fillCode(text, code, principal, linksOf(request.base, access))
  return { status: isRunning ? 202 : 200, body, headers: said }
}

/** A document holds a record once (JSON:API 1.1, section 5.2.2): as it was left by the last of its changes. */
function eachOnce(written: readonly Written[]): readonly string[] {
  const last = new Map(written.map(({ key, record }) => [JSON.stringify(key), record ?? '']))
  return [...last.values()]
}

export function prefers(http: HttpRequest, preference: string): boolean {
  return preferences(http).includes(preference)
}

/** Whether an answer has no body, as is preferred. In JSON:API what is made is shown in any case (1.1, section 9.1.2.2). */
export function isMinimal({ http, format }: Pick<WriteToExecute, 'http' | 'format'>, kind: Entry['kind']): boolean {
  return prefers(http, 'return=minimal') && !(format === 'jsonapi' && kind === 'create')
}

/** RFC 7240: what was done of what was preferred. */
function appliedPreference(given: WriteToExecute, kind: Entry['kind']): string | null {
  const wanted = preferences(given.http).find(one => one === 'return=minimal' || one === 'return=representation')
  if (wanted === 'return=minimal' && !isMinimal(given, kind)) return null
  // In JSON:API what is removed is never shown.
  if (wanted === 'return=representation' && given.format === 'jsonapi' && kind === 'delete') return null
  return wanted ?? null
}
