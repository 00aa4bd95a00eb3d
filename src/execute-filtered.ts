// Changes or deletes all records that a filter finds, or none: they are locked, counted, and written one by one in a transaction.
import type { Access } from './access/access.ts'
import { allowFilters } from './access/allow-filter.ts'
import { allowScopes } from './access/allow-scopes.ts'
import { newSlots } from './access/slots.ts'
import { ApiError } from './errors/api-error.ts'
import { allOf } from './expressions/condition.ts'
import { jsonApiType } from './formats/index.ts'
import { textOf } from './formats/rows.ts'
import { bindParameters } from './plan/bind.ts'
import { planMatching } from './plan/plan-matching.ts'
import { header } from './request/http-request.ts'
import { preferences } from './request/preferences.ts'
import { readMaxAffected } from './request/read-matching.ts'
import { fillCode } from './respond/fill-code.ts'
import { linksOf, toId } from './respond/record-links.ts'
import type { Written } from './respond/respond-write.ts'
import type { Entry, Planned, Run, WriteToExecute } from './run-write.ts'

export interface FilteredAnswer {
  readonly status: number
  /** Byte text. */
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

export interface Steps<Transaction> {
  plan(entry: Entry, silent: boolean): Planned
  /** @throws ApiError, ApiErrors for what is wrong with the write, whichever records it is for */
  check(): Promise<void>
  run(one: Planned, transaction: Transaction): Promise<Written>
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>
}

/** @throws ApiError 400 without a filter or a number, 409 where it would be more records, 403 where one of them may not be written: nothing is done then */
export async function executeFiltered<Transaction extends { readonly run: Run }>(
  given: WriteToExecute,
  access: Access,
  steps: Steps<Transaction>,
): Promise<FilteredAnswer> {
  const { http, request, access: set, principal, runtime } = given
  const max = readMaxAffected(http, request, runtime.api.limits.listItems)
  // A list has a tag of its page, not of all that is meant here.
  if (header(http, 'if-match') !== undefined)
    throw new ApiError('precondition_failed', 'A write by filter has no tag to compare with.', {
      source: { header: 'If-Match' },
    })
  const slots = newSlots()
  const { filters, scopes } = request.query
  const filter = allOf([allowFilters(filters, access, set, slots), allowScopes(scopes, access, set, slots)])
  await steps.check()
  const wanted = preferences(http)
  const isDocument = given.format === 'jsonapi'
  // JSON:API shows no records of such a write: what is removed never, and many are not its business.
  const shows = wanted.includes('return=representation') && !isDocument
  const search = planMatching({ set, access, filter, limit: max + 1 }, runtime.database.dialect)
  const values = bindParameters(search.parameters, slots.values, principal)
  const kind = request.method === 'DELETE' ? 'delete' : 'update'
  const { plans, written } = await steps.transaction(async transaction => {
    const ids = await transaction.run({ name: '', text: search.text, values }, rows =>
      Array.from({ length: rows.length }, (_, i) =>
        decodeURIComponent(toId(access.resource.key.map((_, part) => textOf(rows.at(i), part)))),
      ),
    )
    if (ids.length > max)
      throw new ApiError('too_many_affected', `This would be more than ${max} records. Nothing was done.`, {
        source: request.query.maxAffected?.source ?? { header: 'Prefer' },
        meta: { max },
      })
    const plans = ids.map(id => steps.plan({ kind, id, record: request.body, pointer: '' }, !shows))
    const done: Written[] = []
    for (const one of plans) done.push(await steps.run(one, transaction))
    return { plans, written: done }
  })
  runtime.changed([...new Set(plans.map(one => one.plan.changes))])
  const applied = wanted.filter(
    one =>
      one === 'return=minimal' ||
      (one === 'return=representation' && !isDocument) ||
      (!request.query.maxAffected && /^max-affected=/.test(one)),
  )
  const headers = {
    'cache-control': 'no-store',
    ...(applied.length > 0 && { 'preference-applied': applied.join(', ') }),
  }
  const isEmpty = wanted.includes('return=minimal') || (isDocument && kind === 'delete')
  if (isEmpty && !shows) return { status: 204, body: '', headers }
  const meta = `"meta":{"affected":${written.length}}`
  if (isDocument)
    return {
      status: 200,
      body: `{"jsonapi":{"version":"1.1"},${meta}}`,
      headers: { ...headers, 'content-type': jsonApiType },
    }
  if (!shows) return { status: 200, body: `{${meta}}`, headers }
  const text = `{"data":[${written.map(one => one.record).join(',')}],${meta}}`
  const code = plans.find(one => one.plan.layout)?.plan.layout?.code ?? []
  const body = code.length === 0 ? text : await fillCode(text, code, principal, linksOf(request.base, set))
  return { status: 200, body, headers }
}
