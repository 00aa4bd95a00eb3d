// Puts what is the caller's own: where it is there it stays or is replaced, else it is made, however many do so at once.
import type { Access } from './access/access.ts'
import { checkConditions, hasConditions, isThere } from './check-conditions.ts'
import type { Transaction } from './databases/database.ts'
import { ApiError } from './errors/api-error.ts'
import { needsTransaction, readStored } from './execute-record.ts'
import { readAgain } from './read-again.ts'
import { header } from './request/http-request.ts'
import { toReadTarget } from './request/read-target.ts'
import type { Written } from './respond/respond-write.ts'
import { aloneOn, type Entry, type Planned, runOne, type WriteToExecute } from './run-write.ts'

export interface PutSteps {
  plan(entry: Entry): Planned
  run(one: Planned, transaction: Transaction): Promise<Written>
}

/** Who loses a race finds what the winner made; who loses twice more says so. */
const attempts = 3

/**
 * find and lock it ─► there: stays, or is replaced
 *        └─► not there: made ─► meanwhile made by somebody else: from the start
 *
 * @throws ApiError, ApiErrors for what is refused; nothing is changed then
 */
export async function putOwn(
  entry: Entry,
  given: WriteToExecute,
  { writes }: Access,
  steps: PutSteps,
): Promise<{ readonly written: Written; readonly planned: Planned }> {
  const mayMake = writes.create !== 'never' && header(given.http, 'if-match') === undefined
  for (let attempt = 1; ; attempt++) {
    const found = await find(entry, given, steps).catch((error: unknown) => {
      if (mayMake && isCode(error, 'not_found')) return null
      throw error
    })
    if (found) return { ...found, written: { ...found.written, created: false } }
    const planned = steps.plan({ ...entry, kind: 'create', replaces: false })
    try {
      const written = await tellOwn(given, alone(planned, given, steps))
      return { planned, written: { ...written, created: true } }
    } catch (error) {
      if (attempt === attempts || !isCode(error, 'already_exists')) throw error
    }
  }
}

/** By a key that is taken the database refuses it without a word; who sees what is his own there is told so. */
export async function tellOwn<T>(given: WriteToExecute, made: Promise<T>): Promise<T> {
  const { request, runtime, http } = given
  const { route, method } = request
  const makes = method === 'POST' || method === 'PUT'
  const mustBeAbsent = header(http, 'if-none-match')?.trim() === '*'
  return made.catch(async (error: unknown) => {
    if (
      !(isCode(error, 'conflict') || (mustBeAbsent && isCode(error, 'already_exists'))) ||
      route.kind !== 'nested' ||
      !route.singular ||
      !makes
    )
      throw error
    await readAgain(toReadTarget(route), given, (statement, take) =>
      runtime.database.read(statement, http, take),
    ).catch((other: unknown) => {
      throw isCode(other, 'not_found') ? error : other
    })
    if (mustBeAbsent) throw isThere()
    throw new ApiError('already_exists', `There is a "${route.singular.name}" of yours already.`, { cause: error })
  })
}

/** @throws ApiError 404 where it is not there for the caller, 412 where it must not be */
async function find(entry: Entry, given: WriteToExecute, steps: PutSteps) {
  const stays = steps.plan({ ...entry, record: {} })
  const mustBeAbsent = header(given.http, 'if-none-match')?.trim() === '*'
  const replaces = !isEmpty(entry.record)
  if (!mustBeAbsent && !replaces && !hasConditions(given))
    return { planned: stays, written: await alone(stays, given, steps) }
  return given.runtime.database.transaction(async transaction => {
    await readStored(stays, given, transaction)
    if (mustBeAbsent) throw isThere()
    // What may be given to a new record is not what may be changed of one, so it is judged once it is known which it is.
    const planned = replaces ? steps.plan(entry) : stays
    await checkConditions(planned, given, transaction)
    return { planned, written: await steps.run(planned, transaction) }
  })
}

function alone(planned: Planned, given: WriteToExecute, steps: PutSteps): Promise<Written> {
  const { database } = given.runtime
  if (needsTransaction(planned)) return database.transaction(transaction => steps.run(planned, transaction))
  return runOne(planned, given, aloneOn(database, given.http))
}

export function isEmpty(record: unknown): boolean {
  return typeof record === 'object' && record !== null && !Array.isArray(record) && Object.keys(record).length === 0
}

function isCode(error: unknown, code: ApiError['code']): boolean {
  return error instanceof ApiError && error.code === code
}
