// Calls the function that an action is, for the records that its caller may do it to, in a transaction.
import { allowAction, type PermittedAction } from './access/allow-action.ts'
import { allowSelection } from './access/allow-fields.ts'
import { accessTo, matchKey } from './access/allow-read.ts'
import { newSlots } from './access/slots.ts'
import { checkConditions } from './check-conditions.ts'
import type { Transaction } from './databases/database.ts'
import { ApiError } from './errors/api-error.ts'
import { readStored, showRow, toRow } from './execute-record.ts'
import { isTrue, textOf } from './formats/rows.ts'
import { callAction } from './hooks/call-hook.ts'
import { bindParameters } from './plan/bind.ts'
import { readAgain } from './read-again.ts'
import { formOf } from './request/choose-format.ts'
import { preferences } from './request/preferences.ts'
import { refuseFilters } from './request/read-matching.ts'
import type { ActionRoute } from './request/read-route.ts'
import { entityTag } from './respond/entity-tag.ts'
import { toId } from './respond/record-links.ts'
import type { WriteToExecute } from './run-write.ts'
import type { ActionFunction } from './schema/resource-definition.ts'

/** The places of records in the lists of keys. */
export interface RunOutcome {
  readonly changed: number
  readonly notFound: readonly number[]
  readonly notPermitted: readonly number[]
}

/** @throws ApiError as `callAction`; nothing is changed then */
export async function runOnMany(
  action: PermittedAction,
  count: number,
  run: ActionFunction,
  given: WriteToExecute,
): Promise<RunOutcome> {
  const { runtime, principal } = given
  const { resource } = action.access
  const plan = runtime.plans.chosenFor(action)
  const values = bindParameters(plan.parameters, action.values, principal)
  const outcome = await runtime.database.transaction(async transaction => {
    const found = await transaction.run({ name: plan.name, text: plan.text, values }, rows =>
      Array.from({ length: rows.length }, (_, i) => {
        const row = rows.at(i)
        return { place: Number(textOf(row, 0)) - 1, may: isTrue(row, 1), record: toRow(row, resource, 2) }
      }),
    )
    const seen = new Set(found.map(one => one.place))
    const records = found.filter(one => one.may).map(one => showRow(one.record, resource))
    const changed = records.length === 0 ? 0 : await call(run, records, given, transaction)
    return {
      changed,
      notFound: Array.from({ length: count }, (_, place) => place).filter(place => !seen.has(place)),
      notPermitted: found.filter(one => !one.may).map(one => one.place),
    }
  })
  if (outcome.changed > 0) tellOfChange(given)
  return outcome
}

/** @throws ApiError 404, 403, 412 as any write of one record, and as `callAction`; nothing is changed then */
export async function runOnOne(run: ActionFunction, route: ActionRoute, given: WriteToExecute) {
  const { request, access: set, runtime, http } = given
  const { resource, action } = route
  const access = accessTo(resource, set)
  refuseFilters(request)
  const slots = newSlots()
  const id = route.id as string
  const match = matchKey(id, access, set, slots)
  const wanted = preferences(http).find(one => /^return=(minimal|representation)$/.test(one))
  const form = formOf(given.format)
  const selection = allowSelection(request.query, 'item', access, set, slots, form)
  const write = allowAction(action, match, selection, access, set, slots)
  const entry = { kind: 'update', id, record: undefined, pointer: '' } as const
  const done = await runtime.database.transaction(async transaction => {
    await checkConditions({ write, entry }, given, transaction)
    const row = await readStored({ write, entry }, given, transaction)
    if (!row) throw new Error(`${resource.name}: what is there was not found`)
    await call(run, [showRow(row, resource)], given, transaction)
    const key = toId(resource.key.map(column => row.get(column.name) ?? null))
    const target = { resource, id: decodeURIComponent(key), parent: null }
    const answer = wanted === 'return=minimal' ? null : await readAgain(target, given, transaction.run).catch(ifGone)
    return { key, answer }
  })
  tellOfChange(given)
  const headers = { 'cache-control': 'no-store', ...(wanted !== undefined && { 'preference-applied': wanted }) }
  if (!done.answer) return { status: 204, body: '', headers }
  const { body } = done.answer
  const location = `${request.base}/${resource.path}/${done.key}`
  const etag = entityTag(Buffer.from(body, 'latin1'), given.runtime.api.cacheVersion)
  return { status: 200, body, headers: { ...headers, etag, 'content-location': location } }
}

/** What it removed, or took from the caller's sight, is not answered. */
function ifGone(error: unknown): null {
  if (error instanceof ApiError && error.code === 'not_found') return null
  throw error
}

/** @returns how many of the records it changed */
async function call(
  run: ActionFunction,
  records: readonly Readonly<Record<string, unknown>>[],
  { principal }: WriteToExecute,
  transaction: Transaction,
): Promise<number> {
  const said = (await callAction(run, records, principal, transaction)) ?? records.length
  if (typeof said === 'number' && Number.isInteger(said) && said >= 0 && said <= records.length) return said
  throw new Error(`An action returns how many of its ${records.length} records it changed, not ${String(said)}`)
}

/** Which tables it wrote, nobody knows. */
function tellOfChange({ runtime }: WriteToExecute): void {
  runtime.changed([...runtime.api.tables])
}
