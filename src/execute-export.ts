// Executes a plan as an export: a page at once, or the whole match batch by batch, as fast as the client reads.
import type { AccessSet } from './access/access.ts'
import { asksForPage } from './access/allow-page.ts'
import type { PermittedRead } from './access/permitted.ts'
import type { Principal } from './access/principal.ts'
import { ApiError } from './errors/api-error.ts'
import type { ExportFormat } from './formats/export-format.ts'
import type { Rows } from './formats/rows.ts'
import type { BoundValue } from './plan/bind.ts'
import type { NamedPlan } from './plan/plan-cache.ts'
import type { HttpRequest } from './request/http-request.ts'
import type { ApiRequest } from './request/read-request.ts'
import { fillCode } from './respond/fill-code.ts'
import type { ReadAnswer } from './respond/read-answer.ts'
import { linksOf } from './respond/record-links.ts'
import { type ExportContext, finishRecords, WholeExport, writePage } from './respond/respond-export.ts'
import type { Runtime } from './runtime.ts'

export interface ExportToExecute {
  /** Of the request. */
  readonly id: string
  readonly http: HttpRequest
  readonly request: ApiRequest
  readonly principal: Principal
  readonly access: AccessSet
  readonly runtime: Runtime
  readonly read: PermittedRead
  readonly plan: NamedPlan
  readonly values: readonly BoundValue[]
  readonly format: ExportFormat
}

/** What goes wrong before the first batch is there is thrown; what goes wrong later breaks the stream. */
export async function executeExport(given: ExportToExecute): Promise<ReadAnswer> {
  const { http, request, principal, access, runtime, read, plan, values, format } = given
  const { database } = runtime
  const context: ExportContext = {
    read,
    plan,
    format: format.open(plan.layout),
    fill: text => fillCode(text, plan.layout.code, principal, linksOf(request.base, access)),
  }
  const statement = { name: plan.name, text: plan.text, values }
  if (asksForPage(request.query.page)) {
    const { text, records } = await database.read(statement, http, rows => writePage(context, rows))
    return answer(given, one(context.format.head + (await finishRecords(context, text))), () => records)
  }
  const whole = new WholeExport(context)
  const batches = database.stream(statement, http)[Symbol.asyncIterator]()
  const first = await batches.next()
  try {
    if (first.done) throw new Error('a stream has a first batch')
    const text = await whole.first(first.value)
    if (request.method !== 'HEAD') return answer(given, follow(text, whole, batches, given), () => whole.records)
  } catch (error) {
    await batches.return?.()
    throw error
  }
  await batches.return?.()
  return answer(given, one(''), () => whole.records)
}

async function* one(text: string): AsyncGenerator<string> {
  yield text
}

async function* follow(
  first: string,
  whole: WholeExport,
  batches: AsyncIterator<Rows>,
  { id, principal, runtime }: ExportToExecute,
): AsyncGenerator<string> {
  const expires = principal.claims.get('exp')
  try {
    yield first
    for (;;) {
      const next = await batches.next()
      if (next.done) return
      // ACCESS R40: a stream ends with the token.
      if (typeof expires === 'number' && Date.now() >= expires * 1000)
        throw new ApiError('invalid_token', 'The token has expired.')
      await principal.recheck?.()
      yield await whole.next(next.value)
    }
  } catch (error) {
    if (!(error instanceof ApiError) || error.status >= 500) runtime.onError(error, id)
    throw error
  } finally {
    await batches.return?.()
  }
}

/** @param records how many were written, once the stream has ended */
function answer(
  { request, format }: ExportToExecute,
  stream: AsyncIterable<string>,
  records: () => number,
): ReadAnswer {
  return {
    body: '',
    stream,
    trailers: { names: ['Record-Count'], values: () => ({ 'Record-Count': String(records()) }) },
    headers: {
      'content-type': format.contentType,
      'cache-control': 'no-store',
      ...(request.fromBody && { 'accept-query': '"application/json"' }),
    },
  }
}
