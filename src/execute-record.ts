// Writes one record with all that hangs on it, in a transaction: its hooks, new records that it points to, its rules, its links.

import type { Access } from './access/access.ts'
import { notFound } from './access/allow-read.ts'
import { nestedAccess } from './access/allow-related.ts'
import { allowWrite } from './access/allow-write.ts'
import type { SlotValue } from './access/permitted.ts'
import type { NestedRecord, PermittedWrite } from './access/permitted-write.ts'
import { newSlots } from './access/slots.ts'
import type { Transaction } from './databases/database.ts'
import { ApiError } from './errors/api-error.ts'
import { ApiErrors } from './errors/api-errors.ts'
import { isTrue, type RowBytes, textOf } from './formats/rows.ts'
import { callAfterCommit, callHook, type HookCall, toShown } from './hooks/call-hook.ts'
import { bindParameters } from './plan/bind.ts'
import { shownKeyOf } from './plan/plan-links.ts'
import { replaceLinks } from './replace-links.ts'
import { conflict } from './respond/explain-refusal.ts'
import { mayNot, type Written } from './respond/respond-write.ts'
import { type Planned, partOf, runOne, type WriteToExecute } from './run-write.ts'
import type { HookName } from './schema/hook-definition.ts'
import type { Resource } from './schema/model.ts'
import { askRules } from './validation/ask-rules.ts'
import type { RecordInputs } from './validation/record-inputs.ts'

/** By the name of the column, as text. */
type Row = ReadonlyMap<string, string | null>

/** Whether one statement is not enough. */
export function needsMore({ write }: Planned): boolean {
  const { body, access } = write
  if (write.stays) return false
  if (access.resource.hooks) return true
  return body !== undefined && body.rulesLeft.length + body.nested.length + body.sets.length > 0
}

/** Whether it is more than one statement, or has to be read again after it. */
export function needsTransaction(planned: Planned): boolean {
  return planned.plan.mustReread || planned.plan.after !== null || needsMore(planned)
}

/**
 * new records  ─►  before-hook  ─►  the row itself  ─►  rules over the row  ─►  links  ─►  after-hook  …  commit  ─►  afterCommit
 *
 * @throws ApiError, ApiErrors for what is refused, and what a hook throws; the transaction cannot go on then
 */
export async function executeRecord(
  planned: Planned,
  given: WriteToExecute,
  transaction: Transaction,
): Promise<Written> {
  const { run } = transaction
  const { resource } = planned.write.access
  const { kind } = planned.write
  const stored = resource.hooks && kind !== 'create' ? await readStored(planned, given, transaction) : null
  // What is put may not be there yet.
  const isNew = kind === 'create' || (planned.write.creation !== undefined && !stored)
  const step = kind === 'delete' ? 'Delete' : isNew ? 'Create' : 'Update'
  const call: HookCall = {
    write: planned.write,
    pointer: planned.entry.pointer,
    principal: given.principal,
    stored: stored && showRow(stored, resource),
    key: stored && showKey(stored, resource),
  }
  const own = await callHook(`before${step}` as HookName, call, transaction)
  const now = own === undefined || own === null || kind === 'delete' ? planned : planAgain(planned, own)
  for (const [i, one] of (now.nested ?? []).entries())
    await makeNested(one, now.write, now.write.body?.nested[i], given, transaction)
  const made = await runOne(now, given, partOf(transaction))
  transaction.onCommit(() => given.runtime.changed([now.plan.changes]))
  const { body } = now.write
  if (body && body.rulesLeft.length + body.sets.length > 0) {
    const row = await readRow(resource, made.key, transaction, given)
    if (body.rulesLeft.length > 0) askOfRow(now, row, given)
    for (const one of body.sets)
      await replaceLinks({
        given: one,
        row,
        links: now.entry.links,
        request: given,
        run,
        write: join => executeRecord(join, given, transaction),
      })
  }
  const key = Object.fromEntries(resource.key.map((column, i) => [column.name, toShown(column, made.key[i] ?? null)]))
  const done: HookCall = { ...call, write: now.write, key }
  await callHook(`after${step}` as HookName, done, transaction)
  if (resource.hooks?.afterCommit)
    transaction.onCommit(() => callAfterCommit(done, error => given.runtime.onError(error, given.id)))
  return made
}

/** The writes of new records that a body holds, and of those in them: what is wrong with one is told before anything is done. */
export function planNested({ body }: PermittedWrite, given: WriteToExecute, depth = 1): readonly Planned[] {
  return (body?.nested ?? []).map(one => planNew(one, given, depth))
}

function planNew({ field, record, pointer }: NestedRecord, given: WriteToExecute, depth: number): Planned {
  const { access: set, runtime } = given
  const access = nestedAccess(field.target, set)
  const inputs = access && runtime.inputs.get(access.resource.name)
  if (!access || !inputs) throw notFound()
  const max = set.api.limits.includeDepth
  if (depth > max)
    throw new ApiError('limit_exceeded', `New records stand in each other ${max} deep at most.`, {
      source: { pointer },
      meta: { limit: 'includeDepth', max },
    })
  const entry = { kind: 'create', id: null, record, pointer } as const
  return planCreate(entry, { access, inputs }, given, depth)
}

function planCreate(
  entry: Planned['entry'],
  { access, inputs }: { readonly access: Access; readonly inputs: RecordInputs },
  given: WriteToExecute,
  depth: number,
  own?: unknown,
): Planned {
  const { record, pointer } = entry
  const { access: set, runtime } = given
  const write = allowWrite(
    { kind: 'create', match: null, record, pointer, answer: null, inputs, own },
    access,
    set,
    newSlots(),
  )
  return {
    write,
    plan: runtime.plans.planForWrite(write),
    entry,
    nested: planNested(write, given, depth + 1),
    again: values => planCreate(entry, { access, inputs }, given, depth, values),
  }
}

/** What a hook gives is judged and planned with the body as one. */
function planAgain(planned: Planned, own: unknown): Planned {
  if (!planned.again)
    throw new Error(`A hook of ${planned.write.access.resource.name} gave values to a write that takes none`)
  return planned.again(own)
}

/** Its key goes into the slots of the write that points to it. */
async function makeNested(
  one: Planned,
  into: PermittedWrite,
  nested: NestedRecord | undefined,
  given: WriteToExecute,
  transaction: Transaction,
): Promise<void> {
  const { key } = await executeRecord(one, given, transaction)
  if (!nested) return
  const row = await readRow(one.write.access.resource, key, transaction, given)
  const values = into.values as SlotValue[]
  for (const [i, column] of shownKeyOf(nested.field).entries())
    values[nested.slots[i] as number] = row.get(column.name) ?? ''
}

/** The row as it is, which nobody changes meanwhile. @throws ApiError 404 where it is not there for the caller, 403 where he may not do this to it */
export async function readStored(
  { write, entry }: Pick<Planned, 'write' | 'entry'>,
  given: WriteToExecute,
  { run }: Transaction,
): Promise<Row | null> {
  const { resource } = write.access
  const plan = given.runtime.plans.storedFor(write)
  const values = bindParameters(plan.parameters, write.values, given.principal)
  return run({ name: plan.name, text: plan.text, values }, rows => {
    if (rows.length === 0 && write.creation) return null
    if (rows.length === 0) throw notFound()
    const row = rows.at(0)
    const refused = write.rights.find((one, i) => one.on !== 'create' && !isTrue(row, resource.columns.size + i))
    if (refused) throw mayNot(refused.field, entry.pointer)
    return toRow(row, resource)
  })
}

async function readRow(
  resource: Resource,
  key: Written['key'],
  { run }: Transaction,
  { runtime, principal }: WriteToExecute,
): Promise<Row> {
  const plan = runtime.plans.rowFor(resource)
  const values = bindParameters(plan.parameters, key as readonly string[], principal)
  return run({ name: plan.name, text: plan.text, values }, rows => {
    if (rows.length === 0) throw new Error(`${resource.name}: the row that was written is not there`)
    return toRow(rows.at(0), resource)
  })
}

/** @param from where the columns of the resource begin */
export function toRow(row: RowBytes, { columns }: Resource, from = 0): Row {
  return new Map([...columns.values()].map((column, i) => [column.name, textOf(row, from + i)] as const))
}

export function showRow(row: Row, { columns }: Resource): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    [...columns.values()].map(column => [column.name, toShown(column, row.get(column.name) ?? null)]),
  )
}

function showKey(row: Row, { key }: Resource): Readonly<Record<string, unknown>> {
  return Object.fromEntries(key.map(column => [column.name, toShown(column, row.get(column.name) ?? null)]))
}

/** @throws ApiErrors 422; ApiError 409 where the caller may not read all that a rule looks at */
function askOfRow({ write, entry }: Planned, row: Row, { runtime }: WriteToExecute): void {
  const { access, body } = write
  const inputs = runtime.inputs.get(access.resource.name)
  if (!inputs || !body) return
  const options = { readable: access.permitted, pointer: entry.pointer }
  const problems = askRules(inputs, body.rulesLeft, showRow(row, access.resource), options)
  if (problems === 'conflict') throw conflict()
  if (problems.length > 0)
    throw new ApiErrors(
      problems.map(
        ({ code, detail, pointer, meta }) => new ApiError(code, detail, { source: { pointer }, ...(meta && { meta }) }),
      ),
    )
}
