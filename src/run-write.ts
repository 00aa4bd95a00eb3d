// Runs one permitted write as its one statement, and says why it was refused.
import type { AccessSet } from './access/access.ts'
import { allowRead } from './access/allow-read.ts'
import type { PermittedWrite } from './access/permitted-write.ts'
import type { Principal } from './access/principal.ts'
import type { Database, Statement, Transaction } from './databases/database.ts'
import { ApiError } from './errors/api-error.ts'
import { WriteRefused } from './errors/write-refused.ts'
import type { Rows } from './formats/rows.ts'
import { bindClaim, bindParameters } from './plan/bind.ts'
import type { NamedWritePlan } from './plan/plan-cache.ts'
import type { AfterPlan } from './plan/print-after.ts'
import type { Format } from './request/choose-format.ts'
import type { HttpRequest } from './request/http-request.ts'
import { readQueryBody } from './request/read-query-body.ts'
import type { ApiRequest } from './request/read-request.ts'
import { alreadyExists, conflict, explainRefusal } from './respond/explain-refusal.ts'
import { readWritten, type Written } from './respond/respond-write.ts'
import type { Runtime } from './runtime.ts'

export interface WriteToExecute {
  readonly http: HttpRequest
  readonly request: ApiRequest
  readonly format: Format
  readonly principal: Principal
  readonly access: AccessSet
  readonly runtime: Runtime
  /** Of the request. */
  readonly id: string
  /** The key that the record has to have which the path leads to: what a document says its id is. */
  readonly expected?: readonly string[]
  /** The database of the runtime is a transaction already. */
  readonly isWithin?: true
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
  /** The id is a key, and never a natural one. */
  readonly byKey?: boolean
  /** What becomes of a set of links where it is not made the one that is listed. */
  readonly links?: 'add' | 'remove'
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

/** How one statement is run, and how it is looked what stood in its way. */
export interface Course {
  readonly run: Run
  /** Reads of the transaction that the statement belongs to; of another connection they would see nothing of it, and wait for one that it holds. */
  readonly look: Run
  /** What came before stands, where the statement fails. */
  readonly isPart: boolean
}

/** A statement of a transaction, which can go on after it was refused. */
export function partOf({ run }: Transaction): Course {
  return { run, look: run, isPart: true }
}

/** A statement that is committed by itself. @param grouped whether it may share that commit with others */
export function aloneOn(database: Database, http: HttpRequest, grouped = false): Course {
  return {
    run: (statement, take) => database.write(statement, take, { grouped }),
    look: (statement, take) => database.read(statement, http, take),
    isPart: false,
  }
}

/** @throws ApiError for what is refused; the transaction, where it is part of one, is to be undone then */
export async function runOne({ write, plan: one, entry }: Planned, given: WriteToExecute, course: Course) {
  const table = given.runtime.inputs.get(write.access.resource.name)?.source.table
  const values = bindParameters(one.parameters, write.values, given.principal)
  const act = async (): Promise<Written> => {
    const made = await course.run({ name: one.name, text: one.text, values }, rows =>
      readWritten(write, one, one.write, entry.pointer, given.request, rows),
    )
    if (one.after) await askAfter(one.after, made, write, one.name, given, course.run)
    return made
  }
  // After a statement that failed a transaction answers nothing any more, and a row in the way may have been made in it.
  const mustLook =
    course.isPart && table?.uniques.some(({ columns }) => clashOf(columns, write, given.principal) !== null)
  try {
    return await (mustLook ? inSavepoint(course.run, act) : act())
  } catch (error) {
    if (!(error instanceof WriteRefused)) throw error
    const told = explainRefusal(error, write, table, entry.pointer)
    if (told instanceof ApiError) throw told
    throw (await seesClash(told.columns, write, given, course.look))
      ? alreadyExists(told.columns, write.access, entry.pointer)
      : conflict()
  }
}

/** What the statement itself could not see: the other rows of its table as they are now (ACCESS R29). */
async function askAfter(
  { text, parameters }: AfterPlan,
  { key, created }: Written,
  write: PermittedWrite,
  name: string,
  { principal }: WriteToExecute,
  run: Run,
): Promise<void> {
  const slots = [...write.values, ...key.map(part => part ?? ''), String(created ?? false)]
  const values = bindParameters(parameters, slots, principal)
  await run({ name: `${name}a`, text, values }, () => undefined)
}

async function inSavepoint<T>(run: Run, work: () => Promise<T>): Promise<T> {
  const say = (text: string) => run({ name: '', text, values: [] }, () => undefined)
  await say('savepoint record')
  try {
    const result = await work()
    await say('release savepoint record')
    return result
  } catch (error) {
    if (error instanceof WriteRefused) await say('rollback to savepoint record')
    throw error
  }
}

/** The values that the write gives to these columns, as a filter would name them; null where it does not say all of them. */
function clashOf(columns: readonly string[], { access, assignments, values }: PermittedWrite, principal: Principal) {
  const found = columns.flatMap(name => {
    const assignment = assignments.find(({ column }) => column.name === name)
    const value = assignment?.value
    const text =
      value?.kind === 'slot'
        ? values[value.slot]
        : value?.kind === 'claim' && assignment
          ? bindClaim({ ...value, type: assignment.column.type, list: false }, principal)
          : undefined
    return typeof text === 'string' ? [[access.resource.columnNames.get(name) ?? name, text] as const] : []
  })
  return found.length < columns.length ? null : Object.fromEntries(found)
}

/** R32: only who sees the row in the way is told which value it is. */
async function seesClash(
  columns: readonly string[],
  write: PermittedWrite,
  { runtime, principal, request }: WriteToExecute,
  look: Run,
): Promise<boolean> {
  const filter = clashOf(columns, write, principal)
  if (!filter) return false
  const options = { principal, cursors: runtime.cursors, version: request.version, isExport: false }
  const query = readQueryBody({ filter, page: { size: 1 } }, runtime.api.limits)
  try {
    const read = allowRead({ resource: write.access.resource, id: null, parent: null }, query, write.set, options)
    const plan = runtime.plans.planFor(read)
    const bound = bindParameters(plan.parameters, read.values, principal)
    return await look({ name: plan.name, text: plan.text, values: bound }, rows => rows.length > 0)
  } catch (error) {
    if (error instanceof ApiError) return false
    throw error
  }
}
