// Calls the user's own code in the transaction of a write: the hooks of a resource, and functions that are actions.
import type { PermittedWrite } from '../access/permitted-write.ts'
import type { Principal } from '../access/principal.ts'
import type { Transaction } from '../databases/database.ts'
import { ApiError } from '../errors/api-error.ts'
import { WriteRefused } from '../errors/write-refused.ts'
import type { Column } from '../schema/field.ts'
import type { HookName, HooksDefinition } from '../schema/hook-definition.ts'
import type { Resource } from '../schema/model.ts'
import type { ActionFunction } from '../schema/resource-definition.ts'
import { servedName, toDefined } from '../schema/spell-record.ts'
import { shownColumns } from '../validation/ask-rules.ts'
import type { Given } from '../validation/given.ts'
import { hookDatabase } from './hook-database.ts'

/** What the hooks of one write are told. */
export interface HookCall {
  readonly write: PermittedWrite
  /** Where the record stands in the body. */
  readonly pointer: string
  readonly principal: Principal
  readonly stored: Readonly<Record<string, unknown>> | null
  readonly key: Readonly<Record<string, unknown>> | null
}

/**
 * @returns what the hook returned
 * @throws what the hook throws; ApiError 409 where a constraint or somebody else's write stood in its way
 */
export async function callHook(name: HookName, call: HookCall, transaction: Transaction): Promise<unknown> {
  const hook = hooksOf(call)[name]
  if (!hook) return undefined
  const { pointer, write } = call
  return callUser(
    () => hook({ ...contextOf(call), db: hookDatabase(transaction) } as never),
    error => pointWithin(error, pointer, write.access.resource),
  )
}

/** What an action does to records. @throws as `callHook` */
export function callAction(
  run: ActionFunction,
  records: readonly Readonly<Record<string, unknown>>[],
  principal: Principal,
  transaction: Transaction,
): Promise<unknown> {
  return callUser(
    () => run({ records, principal: sayPrincipal(principal), db: hookDatabase(transaction) } as never),
    error => error,
  )
}

async function callUser(call: () => unknown, placed: (error: ApiError) => ApiError): Promise<unknown> {
  try {
    return await call()
  } catch (error) {
    if (error instanceof WriteRefused && /^(23|40)/.test(error.code))
      throw new ApiError('conflict', 'This cannot be done beside what is there.', { cause: error })
    throw error instanceof ApiError ? placed(error) : error
  }
}

/** A hook knows its record as the definition calls its members, and not where that stands. */
function pointWithin(error: ApiError, pointer: string, resource: Resource): ApiError {
  const { code, message, source, meta, headers } = error
  if (!source || !('pointer' in source)) return error
  const [, member, rest = ''] = /^\/([^/]*)(.*)$/s.exec(source.pointer) ?? []
  const own = member === undefined ? source.pointer : `/${servedName(resource, member)}${rest}`
  if (pointer === '' && own === source.pointer) return error
  return new ApiError(code, message, {
    source: { pointer: `${pointer}${own}` },
    ...(meta && { meta }),
    headers,
    cause: error,
  })
}

/** Nobody waits for it. */
export function callAfterCommit(call: HookCall, onError: (error: unknown) => void): void {
  const hook = hooksOf(call).afterCommit
  if (!hook) return
  const context = { ...contextOf(call), did: call.write.kind }
  Promise.resolve()
    .then(() => hook(context as never))
    .catch(onError)
}

function hooksOf({ write }: HookCall): HooksDefinition {
  return write.access.resource.hooks ?? {}
}

function contextOf({ write, principal, stored, key }: HookCall) {
  return {
    record: recordOf(write),
    stored,
    key,
    principal: sayPrincipal(principal),
  }
}

function sayPrincipal({ id, claims }: Principal) {
  return { id, claims: Object.fromEntries(claims) }
}

/** Columns as answers show them, and relationships under their own name. */
function recordOf({ body, set: { api } }: PermittedWrite): Readonly<Record<string, unknown>> {
  const record: Record<string, unknown> = {}
  for (const value of body?.given.values() ?? []) {
    for (const [column, shown] of shownColumns(value)) set(record, column, shown)
    if (value.kind === 'increment') set(record, value.field.column.name, { increment: value.by })
    else if (value.kind !== 'column') set(record, value.field.definedAs, sayRelated(value, api.resources))
  }
  return record
}

function sayRelated(
  value: Exclude<Given, { kind: 'column' | 'increment' }>,
  resources: ReadonlyMap<string, Resource>,
): unknown {
  if (value.kind === 'nested') {
    const target = resources.get(value.field.target ?? '')
    return target ? toDefined(value.record, target, resources) : value.record
  }
  if (value.kind === 'links') return value.records.map(({ key, natural }) => (key ? key.join() : natural))
  const columns = value.field.chosenKey ?? value.field.link.foreign
  const { key } = value
  return key && Object.fromEntries(columns.map((column, i) => [column.name, toShown(column, key[i] ?? null)]))
}

/** The value of a column as answers show it. */
export function toShown(column: Column, text: string | null): unknown {
  return text === null ? null : JSON.parse(column.type.toJson(text))
}

/** Also a column that is called `__proto__` is one like others. */
function set(record: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(record, name, { value, enumerable: true, configurable: true, writable: true })
}
