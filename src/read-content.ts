// Answers with the content of a report: to who asked for it and to roles that name `content`, while it is there (ACCESS R39).
import { compileAccess } from './access/access.ts'
import { notFound } from './access/allow-read.ts'
import { SingleFlight } from './cache/single-flight.ts'
import { ApiError } from './errors/api-error.ts'
import { makePlanCache, type PlanCache } from './plan/plan-cache.ts'
import { readRecords, type Walk } from './read-records.ts'
import { type ContentFile, findContent, type ReportContent, readContentRow } from './reports/find-content.ts'
import { header } from './request/http-request.ts'
import { readByteRange } from './request/read-byte-range.ts'
import { emptyQuery } from './request/read-request.ts'
import type { ContentRoute } from './request/read-route.ts'
import { hasEntityTag } from './respond/entity-tag.ts'
import type { ReadAnswer } from './respond/read-answer.ts'
import { toContentDisposition } from './respond/to-content-disposition.ts'
import type { Resource } from './schema/model.ts'

/** How long a link to an object store lives. */
const linkSeconds = 60

/** @throws ApiError 404 where there is no such report for the caller, 403 where its content is not for him, 409, 410, 412, 416 */
export async function readContent(walk: Walk, route: ContentRoute): Promise<ReadAnswer> {
  const { resource, id } = route
  const { runtime } = walk
  const { found, item, shown } = await lookUp(walk, route)
  if (!isGiver(walk, found) && !(await namesContent(item, resource, found)))
    throw new ApiError('forbidden', 'The content is for who asked for the report.')
  const { status, file } = found
  if (status === 'pending' || status === 'running') return notYet(shown)
  if (status !== 'succeeded') throw notMade(status, shown)
  if (!file || file.secondsLeft <= 0) throw expired()
  const storage = await runtime.storage.open()
  return answer(walk, { file, storage, fileName: `${resource.name}-${id}.${extensionOf(file)}` })
}

interface LookedUp {
  readonly found: ReportContent
  /** The place of its row, and what the caller sees there. */
  readonly item: Walk
  readonly shown: ReadAnswer
}

/**
 * The report whose row the caller sees at this id. First what is there, then whether he may: a right that is lost in between counts.
 * @throws ApiError 404
 */
async function lookUp(walk: Walk, { resource, id }: Pick<ContentRoute, 'resource' | 'id'>): Promise<LookedUp> {
  const found = await find(walk, resource, id)
  const item = asItem(walk, resource, id)
  const shown = await readRecords(item)
  const key = shown.state?.key
  if (found && key === found.key) return { found, item, shown }
  // A natural key, which may be spelled like the key of another report that he does not see: what is shown counts, by its own key.
  if (key === undefined || key === id) throw notFound()
  const named = await lookUp(walk, { resource, id: key })
  if (named.found.key !== key) throw notFound()
  return named
}

async function find({ runtime }: Walk, resource: Resource, id: string): Promise<ReportContent | null> {
  const text = resource.key[0]?.type.parse(id)
  if (text === undefined) return null
  return runtime.database.read(findContent(resource, text), { isGone: () => false }, readContentRow)
}

function isGiver({ principal: { id, client } }: Walk, { giver }: ReportContent): boolean {
  return id !== null && giver.id === id && giver.client === (client ?? null)
}

function asItem(walk: Walk, resource: Resource, id: string): Walk {
  const { request, http } = walk
  const path = `${request.base}/${encodeURIComponent(resource.path)}/${encodeURIComponent(id)}`
  const { range: _, 'if-none-match': __, 'if-modified-since': ___, ...headers } = http.headers
  return {
    ...walk,
    format: walk.format === 'jsonapi' ? 'jsonapi' : 'plain',
    http: { ...http, target: path, method: 'GET', headers },
    request: { ...request, method: 'GET', path, search: '', query: emptyQuery, route: { kind: 'item', resource, id } },
  }
}

interface NamingContent {
  readonly resource: Resource
  readonly plans: PlanCache
}

/** The same resource with those of its roles alone that name `content`; plans of it are not those of the resource. */
const naming = new WeakMap<Resource, NamingContent>()

/** Whether the caller sees the report by a role that names `content`: with every condition of that role, on this very row. */
async function namesContent(item: Walk, resource: Resource, { key }: ReportContent): Promise<boolean> {
  const roles = new Map([...resource.roles].filter(([, role]) => role.content))
  if (roles.size === 0) return false
  const { access, request, runtime } = item
  const own = naming.get(resource) ?? {
    resource: { ...resource, roles },
    plans: makePlanCache(runtime.database.dialect),
  }
  naming.set(resource, own)
  try {
    const { state } = await readRecords({
      ...item,
      access: compileAccess(access.api, access.roles),
      request: { ...request, route: { kind: 'item', resource: own.resource, id: key } },
      runtime: { ...runtime, plans: own.plans, answers: null, flights: new SingleFlight() },
    })
    return state?.key === key
  } catch (error) {
    if (error instanceof ApiError && (error.status === 404 || error.status === 403)) return false
    throw error
  }
}

/** With the row, so that who waits sees how far it has come. */
function notYet({ body, headers: { 'content-type': type } }: ReadAnswer): ReadAnswer {
  const headers = {
    'cache-control': 'no-store',
    'retry-after': '1',
    ...(type !== undefined && { 'content-type': type }),
  }
  return { status: 202, body, headers }
}

/** The cause, where the caller reads it on the row. */
function notMade(status: string, { body }: ReadAnswer): ApiError {
  const { data } = JSON.parse(Buffer.from(body, 'latin1').toString()) as {
    readonly data: { readonly error?: unknown; readonly attributes?: { readonly error?: unknown } }
  }
  const cause = data.error ?? data.attributes?.error
  const said = isCause(cause) ? ` ${cause.message}` : ''
  return new ApiError(
    status === 'cancelled' ? 'report_cancelled' : 'report_failed',
    status === 'cancelled' ? 'The report was cancelled.' : `The report has failed.${said}`,
    { ...(isCause(cause) && { meta: { cause } }) },
  )
}

function isCause(value: unknown): value is { readonly message: string } {
  return typeof value === 'object' && value !== null && 'message' in value
}

function expired(): ApiError {
  return new ApiError('report_expired', 'The content of this report is not there any more.')
}

function extensionOf({ type }: ContentFile): string {
  return type.startsWith('text/csv') ? 'csv' : type.includes('ndjson') ? 'ndjson' : 'json'
}

interface Content {
  readonly file: ContentFile
  readonly storage: Awaited<ReturnType<Walk['runtime']['storage']['open']>>
  readonly fileName: string
}

async function answer({ http, request }: Walk, { file, storage, fileName }: Content): Promise<ReadAnswer> {
  const { name, type, size, sha256 } = file
  const secondsLeft = Math.floor(file.secondsLeft)
  const etag = `"${sha256}"`
  const match = header(http, 'if-match')
  // RFC 9110 13.1.1: any where there is something, else strongly compared.
  if (match !== undefined && match.trim() !== '*' && !match.split(',').some(one => one.trim() === etag))
    throw new ApiError('precondition_failed', 'The content is another than If-Match says.', {
      source: { header: 'If-Match' },
    })
  const headers = {
    'content-type': type,
    'content-disposition': toContentDisposition(fileName),
    'cache-control': `private, max-age=${secondsLeft}`,
    'accept-ranges': 'bytes',
    vary: 'Authorization',
    etag,
  }
  const unwanted = header(http, 'if-none-match')
  if (unwanted !== undefined && hasEntityTag(unwanted, etag)) return { body: '', headers }
  if (request.method === 'HEAD')
    return { body: '', stream: nothing(), headers: { ...headers, 'content-length': String(size) } }
  const seconds = Math.max(1, Math.min(linkSeconds, secondsLeft))
  const location = await storage.link(name, { seconds, contentType: type, fileName })
  if (location !== null)
    return { status: 307, body: '', headers: { location, 'cache-control': 'no-store', vary: 'Authorization' } }
  const range = readByteRange(header(http, 'range'), header(http, 'if-range'), { size, etag })
  if (range === 'beyond')
    throw new ApiError('range_not_satisfiable', `The content has ${size} bytes.`, {
      source: { header: 'Range' },
      headers: { 'content-range': `bytes */${size}` },
    })
  const stored = await storage.read(name, range === 'whole' ? undefined : range)
  if (!stored) throw expired()
  const { first, last } = stored
  const part = { 'content-length': String(last - first + 1) }
  const stream = toByteTexts(stored.content)
  if (range === 'whole') return { body: '', stream, headers: { ...headers, ...part } }
  return {
    status: 206,
    body: '',
    stream,
    headers: { ...headers, ...part, 'content-range': `bytes ${first}-${last}/${size}` },
  }
}

async function* nothing(): AsyncGenerator<string> {
  // A HEAD has the headers alone.
}

async function* toByteTexts(content: AsyncIterable<Buffer>): AsyncGenerator<string> {
  for await (const chunk of content) yield chunk.toString('latin1')
}
