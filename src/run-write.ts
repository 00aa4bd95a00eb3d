// Runs one permitted write as its one statement, and says why it was refused.
import type { AccessSet } from './access/access.ts'
import { allowRead } from './access/allow-read.ts'
import type { PermittedWrite } from './access/permitted-write.ts'
import type { Principal } from './access/principal.ts'
import type { Statement } from './databases/database.ts'
import { ApiError } from './errors/api-error.ts'
import { WriteRefused } from './errors/write-refused.ts'
import type { Rows } from './formats/rows.ts'
import { bindClaim, bindParameters } from './plan/bind.ts'
import type { NamedWritePlan } from './plan/plan-cache.ts'
import type { HttpRequest } from './request/http-request.ts'
import { readQueryBody } from './request/read-query-body.ts'
import type { ApiRequest } from './request/read-request.ts'
import { alreadyExists, conflict, explainRefusal } from './respond/explain-refusal.ts'
import { readWritten, type Written } from './respond/respond-write.ts'
import type { Runtime } from './runtime.ts'

export interface WriteToExecute {
  readonly http: HttpRequest
  readonly request: ApiRequest
  readonly principal: Principal
  readonly access: AccessSet
  readonly runtime: Runtime
  /** Of the request. */
  readonly id: string
}

/** Runs one statement, by itself or in a transaction. */
export type Run = <T>(statement: Statement, take: (rows: Rows) => T) => Promise<T>

/** One record of the request. */
export interface Entry {
  readonly kind: 'create' | 'update' | 'delete'
  readonly id: string | null
  readonly record: unknown
  readonly pointer: string
  /** The whole record is given, and it may be made: `PUT`. */
  readonly replaces?: boolean
}

export interface Planned {
  readonly write: PermittedWrite
  readonly plan: NamedWritePlan
  readonly entry: Entry
  /** New records that it points to, in the order of `write.body.nested`. */
  readonly nested?: readonly Planned[]
  /** The same with what a hook gives; absent where a hook may give nothing. */
  readonly again?: (own: unknown) => Planned
}

export async function runOne({ write, plan: one, entry }: Planned, given: WriteToExecute, run: Run): Promise<Written> {
  const values = bindParameters(one.parameters, write.values, given.principal)
  try {
    return await run({ name: one.name, text: one.text, values }, rows => readWritten(write, one, one.write, rows))
  } catch (error) {
    if (!(error instanceof WriteRefused)) throw error
    const table = given.runtime.inputs.get(write.access.resource.name)?.source.table
    const told = explainRefusal(error, write, table, entry.pointer)
    if (told instanceof ApiError) throw told
    throw (await seesClash(told.columns, write, given))
      ? alreadyExists(told.columns, write.access, entry.pointer)
      : conflict()
  }
}

/** R32: only who sees the row in the way is told which value it is. Asked in a read of its own, as the write is undone. */
async function seesClash(columns: readonly string[], write: PermittedWrite, given: WriteToExecute): Promise<boolean> {
  const { access, set, values } = write
  const filters = columns.map(name => {
    const assignment = write.assignments.find(({ column }) => column.name === name)
    const value = assignment?.value
    const text =
      value?.kind === 'slot'
        ? values[value.slot]
        : value?.kind === 'claim' && assignment
          ? bindClaim({ ...value, type: assignment.column.type, list: false }, given.principal)
          : undefined
    return typeof text === 'string' ? ([name, text] as const) : null
  })
  const found = filters.filter(one => one !== null)
  if (found.length < columns.length) return false
  const search = Object.fromEntries(found)
  const { runtime, principal, request } = given
  const options = { principal, cursors: runtime.cursors, version: request.version, isExport: false }
  const query = readQueryBody({ filter: search, page: { size: 1 } }, runtime.api.limits)
  try {
    const read = allowRead({ resource: access.resource, id: null, parent: null }, query, set, options)
    const plan = runtime.plans.planFor(read)
    const bound = bindParameters(plan.parameters, read.values, principal)
    return await runtime.database.read(
      { name: plan.name, text: plan.text, values: bound },
      given.http,
      rows => rows.length > 0,
    )
  } catch (error) {
    if (error instanceof ApiError) return false
    throw error
  }
}
