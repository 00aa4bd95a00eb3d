// Writes what a request asks for, one record or many, all or nothing, and answers it as its caller sees it.
import type { Access } from './access/access.ts'
import { allowByRole } from './access/allow-by-role.ts'
import { accessTo } from './access/allow-read.ts'
import { answerWrite, isMinimal, prefers, type WriteAnswer } from './answer-write.ts'
import { checkConditions, hasConditions, refuseForList } from './check-conditions.ts'
import type { Transaction } from './databases/database.ts'
import { pointTo } from './errors/point-to.ts'
import { executeFiltered } from './execute-filtered.ts'
import { executeLenient, isLenient } from './execute-lenient.ts'
import { executeRecord, needsMore, needsTransaction } from './execute-record.ts'
import { checkWrite, planEntry } from './plan-entry.ts'
import { putOwn, tellOwn } from './put-own.ts'
import { readRecord } from './read-again.ts'
import { kindOf, readBulk, readEntries, readEntry, targetOf } from './read-entries.ts'
import { checkBulkQuery, checkDocumentQuery } from './request/check-document-query.ts'
import { otherId } from './request/read-document.ts'
import { isKey } from './request/read-linkage.ts'
import { isFiltered, refuseFilters } from './request/read-matching.ts'
import type { ReadTarget } from './request/read-target.ts'
import { toId } from './respond/record-links.ts'
import type { Written } from './respond/respond-write.ts'
import { aloneOn, type Entry, type Planned, partOf, runOne, type WriteToExecute } from './run-write.ts'

export type { Entry, WriteToExecute } from './run-write.ts'

/** @throws ApiError, ApiErrors for what is refused; nothing is changed then */
export async function executeWrite(given: WriteToExecute): Promise<WriteAnswer> {
  const { http, request, access: set } = given
  const target = targetOf(request)
  // What no role gives is told before anything of the body or of the data.
  allowByRole(request, set)
  const access = accessTo(target.resource, set)
  if (given.format === 'jsonapi') checkDocumentQuery(request.query)
  const shows = prefers(http, 'return=representation') && given.format !== 'jsonapi'
  const isSilent = (entry: Entry) =>
    isMinimal(given, entry.kind) || (entry.kind === 'delete' && !shows && !target.resource.request)
  const way: Way = {
    given,
    target,
    access,
    plan: entry => planEntry(entry, given, access, target, isSilent(entry)),
    run: async (one, transaction) => {
      const written = await runPlanned(one, given, transaction)
      if (given.expected && !isKey(written.key, given.expected, target.resource)) throw otherId()
      return written
    },
  }
  if (isFiltered(request)) return writeFiltered(way)
  refuseFilters(request)
  if (isLenient(given)) return writeLeniently(way)
  return target.singular && request.method === 'PUT' ? writeOwn(way) : writeAll(way)
}

/** How the records of a request are written. */
interface Way {
  readonly given: WriteToExecute
  readonly target: ReadTarget
  readonly access: Access
  plan(entry: Entry): Planned
  run(one: Planned, transaction: Transaction): Promise<Written>
}

function writeFiltered({ given, target, access, run }: Way): Promise<WriteAnswer> {
  const { request, runtime } = given
  const kind = request.method === 'DELETE' ? 'delete' : 'update'
  return executeFiltered(given, access, {
    plan: (entry, silent) => planEntry(entry, given, access, target, silent),
    check: async () => {
      checkWrite({ kind, id: null, record: request.body, pointer: '' }, given, access)
      await refuseForList(given)
    },
    run,
    transaction: work => runtime.database.transaction(work),
  })
}

async function writeLeniently({ given, target, plan, run }: Way): Promise<WriteAnswer> {
  const { request, runtime } = given
  await refuseForList(given)
  return executeLenient(given, readBulk(request, runtime), {
    read: (record, pointer) => readEntry(kindOf(request), record, pointer, target.resource),
    plan,
    run: async (one, transaction) => {
      await checkConditions(one, given, transaction)
      return run(one, transaction)
    },
  })
}

async function writeOwn({ given, target, access, plan, run }: Way): Promise<WriteAnswer> {
  const { request, runtime } = given
  const [entry] = readEntries(request, target, runtime)
  const { written, planned } = await putOwn(entry as Entry, given, access, { plan, run })
  if (planned.write.assignments.length > 0) runtime.changed([planned.plan.changes])
  const code = planned.plan.layout?.code ?? []
  return answerWrite({ given, resource: target.resource, kind: 'update', written: [written], isBulk: false, code })
}

/** All or nothing: in one statement where that is enough, else in a transaction. */
async function writeAll({ given, target, plan, run }: Way): Promise<WriteAnswer> {
  const { request, runtime } = given
  const isBulk = Array.isArray(request.body) && target.id === null
  if (isBulk && given.format === 'jsonapi') checkBulkQuery(request.query)
  const entries = readEntries(request, target, runtime)
  const writes = entries.map(entry => {
    try {
      return plan(entry)
    } catch (error) {
      throw pointTo(error, entry.pointer)
    }
  })
  if (target.id === null && !target.singular) await refuseForList(given)
  const [first] = writes
  const mayBeAlone = !hasConditions(given) && !given.isWithin && !given.expected
  const isAlone = writes.length === 1 && mayBeAlone && !writes.some(needsTransaction)
  const written = await tellOwn(
    given,
    isAlone ? writeAlone(first as Planned, given) : writeTogether(writes, given, run),
  )
  runtime.changed([...new Set(writes.map(one => one.plan.changes))])
  return answerWrite({
    given,
    resource: target.resource,
    kind: entries[0]?.kind ?? 'update',
    written,
    isBulk,
    code: writes.find(one => one.plan.layout)?.plan.layout?.code ?? [],
  })
}

async function writeAlone(one: Planned, given: WriteToExecute): Promise<readonly Written[]> {
  return [await runOne(one, given, aloneOn(given.runtime.database, given.http, isGroupable(one)))]
}

function writeTogether(
  writes: readonly Planned[],
  given: WriteToExecute,
  run: Way['run'],
): Promise<readonly Written[]> {
  return given.runtime.database.transaction(async transaction => {
    const done: Written[] = []
    for (const one of writes) {
      try {
        await checkConditions(one, given, transaction)
        done.push(await run(one, transaction))
      } catch (error) {
        throw pointTo(error, one.entry.pointer)
      }
    }
    return done
  })
}

/** One write of a transaction; its record is read again where the statement could not see it. */
export async function runPlanned(one: Planned, given: WriteToExecute, transaction: Transaction): Promise<Written> {
  const { run } = transaction
  const { plan: planned, entry, write } = one
  const { resource } = write.access
  // What is deleted can be read only before.
  const isOwn = write.match?.own !== undefined
  const named = isOwn ? targetOf(given.request) : { resource, id: entry.id, parent: null }
  const isGone = entry.kind === 'delete' && !resource.request
  const before = planned.mustReread && isGone ? await readRecord(named, given, run) : null
  const more = needsMore(one)
  const made = await (more ? executeRecord(one, given, transaction) : runOne(one, given, partOf(transaction)))
  const mustReread = planned.mustReread || (more && write.answer !== null && !isGone)
  if (!mustReread || made.isGone) return made
  const id = decodeURIComponent(toId(made.key))
  return { ...made, ...(before ?? (await readRecord({ resource, id, parent: null }, given, run))) }
}

/** Nothing else happens with a new row. It waits, and its group with it, only for others that are at work on what it points to, on what lends it a right (read `for share`), or on a unique value of its own. */
function isGroupable({ write }: Planned): boolean {
  return write.kind === 'create' && !write.access.resource.table.moreOn.insert
}
