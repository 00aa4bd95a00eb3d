// Writes many records where some may fail: each in a savepoint of its own, with a result of its own.
import type { Transaction } from './databases/database.ts'
import { ApiError } from './errors/api-error.ts'
import { ApiErrors } from './errors/api-errors.ts'
import { pointTo } from './errors/point-to.ts'
import { toByteText } from './formats/byte-text.ts'
import { preferences } from './request/preferences.ts'
import { fillCode } from './respond/fill-code.ts'
import { linksOf } from './respond/record-links.ts'
import type { Written } from './respond/respond-write.ts'
import type { Entry, Planned, Run, WriteToExecute } from './run-write.ts'

export interface LenientSteps {
  /** @throws ApiError for an entry that names no record */
  read(record: unknown, pointer: string): Entry
  plan(entry: Entry): Planned
  run(one: Planned, transaction: Transaction): Promise<Written>
}

/** `Prefer: handling=lenient` (RFC 7240). A document of JSON:API has no place for what became of each, so there it is all or none. */
export function isLenient({ http, request, format }: WriteToExecute): boolean {
  if (format === 'jsonapi') return false
  return request.route.kind === 'list' && Array.isArray(request.body) && preferences(http).includes('handling=lenient')
}

/** @throws what is no mistake of the caller's: then nothing is done */
export async function executeLenient(given: WriteToExecute, records: readonly unknown[], steps: LenientSteps) {
  const { http, request, access, principal, runtime } = given
  const planned: Planned[] = []
  const results = await runtime.database.transaction(async transaction => {
    const done: string[] = []
    for (const [i, record] of records.entries()) {
      try {
        const one = steps.plan(steps.read(record, `/${i}`))
        const written = await inSavepoint(transaction, inner => steps.run(one, inner))
        planned.push(one)
        const isNew = one.entry.kind === 'create'
        const status = isNew ? 201 : written.record === null ? 204 : 200
        done.push(written.record === null ? `{"status":${status}}` : `{"status":${status},"data":${written.record}}`)
      } catch (error) {
        done.push(sayErrors(pointTo(error, `/${i}`), given.id))
      }
    }
    return done
  })
  runtime.changed([...new Set(planned.map(one => one.plan.changes))])
  const text = `{"data":[${results.join(',')}]}`
  const code = planned.find(one => one.plan.layout)?.plan.layout?.code ?? []
  const body = code.length === 0 ? text : await fillCode(text, code, principal, linksOf(request.base, access))
  const applied = preferences(http).filter(
    one => one === 'handling=lenient' || /^return=(minimal|representation)$/.test(one),
  )
  return { status: 207, body, headers: { 'cache-control': 'no-store', 'preference-applied': applied.join(', ') } }
}

/** What fails is undone, and what was to follow the commit is dropped with it. */
async function inSavepoint<T>(transaction: Transaction, work: (inner: Transaction) => Promise<T>): Promise<T> {
  const calls: (() => void)[] = []
  await say(transaction.run, 'savepoint entry')
  try {
    const result = await work({ ...transaction, onCommit: call => void calls.push(call) })
    await say(transaction.run, 'release savepoint entry')
    for (const call of calls) transaction.onCommit(call)
    return result
  } catch (error) {
    await say(transaction.run, 'rollback to savepoint entry')
    throw error
  }
}

function say(run: Run, text: string): Promise<void> {
  return run({ name: '', text, values: [] }, () => undefined)
}

/** @throws the error, where it is ours or the database's */
function sayErrors(error: unknown, requestId: string): string {
  const errors = error instanceof ApiErrors ? error.errors : error instanceof ApiError ? [error] : []
  const [first] = errors
  if (!first || first.status >= 500) throw error
  return toByteText(JSON.stringify({ status: first.status, errors: errors.map(one => one.toObject(requestId)) }))
}
