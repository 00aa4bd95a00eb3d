// Answers who asks for a report that is there already, with the same parameters and the same rights, with that one.
import type { WriteAnswer } from './answer-write.ts'
import { SingleFlight } from './cache/single-flight.ts'
import type { Database, Transaction } from './databases/database.ts'
import { ApiError } from './errors/api-error.ts'
import { textOf } from './formats/rows.ts'
import { prepared, quoteName } from './jobs/queue.ts'
import { toCommandPath } from './read-command.ts'
import { readRecords, type Walk } from './read-records.ts'
import type { ReportOptions, Resource } from './schema/model.ts'

/** What is left of a report has to suffice to fetch it. */
const leastSeconds = 10
/** Of several that would do so many are looked at, whether he sees them. */
const maxLooked = 10

/**
 * The new row says what is asked for, whatever filled it in; where there is an equal one, the insert is undone with all that hooks did
 * beside it, and 200 leads to that. No worker ever sees the new one then, and an answer that is kept for an Idempotency-Key is the same.
 * @param write inserts it, over the runtime that it is given
 */
export async function reuseReport(
  walk: Walk,
  resource: Resource,
  report: ReportOptions,
  write: (walk: Walk) => Promise<WriteAnswer>,
): Promise<WriteAnswer> {
  const { database } = walk.runtime
  const changes: string[] = []
  const answer = await database.transaction(async transaction => {
    const calls: (() => void)[] = []
    // What is called after the commit belongs to the insert, and is forgotten with it.
    const own: Transaction = { ...transaction, onCommit: call => void calls.push(call) }
    const runtime = {
      ...walk.runtime,
      database: within(own, database),
      changed: (tables: readonly string[]) => void changes.push(...tables),
    }
    const say = (text: string) => transaction.run({ name: '', text, values: [] }, () => undefined)
    await say('savepoint asked')
    const inner = { ...walk, isWithin: true, runtime } as Walk
    const made = await write(inner)
    const reading = { ...walk, runtime: { ...runtime, answers: null, flights: new SingleFlight() } }
    const found = await firstShown(await findOlder(made, resource, report, transaction), reading)
    if (found === null) {
      for (const call of calls) transaction.onCommit(call)
      return made
    }
    await say('rollback to savepoint asked')
    changes.length = 0
    calls.length = 0
    // As it is without what the insert did beside it, by which alone he may have seen it.
    const shown = await readShown(reading, found)
    const answer = shown ? { status: 200, ...shown } : await write(inner)
    for (const call of calls) transaction.onCommit(call)
    return answer
  })
  // Only what is committed has changed.
  if (changes.length > 0) walk.runtime.changed([...new Set(changes)])
  return answer
}

/** The database as it is inside the transaction, reads too: they see what it does, and take no other connection. */
function within(transaction: Transaction, database: Database): Database {
  return {
    ...database,
    read: (statement, _, take) => transaction.run(statement, take),
    write: (statement, take) => transaction.run(statement, take),
    transaction: work => work(transaction),
  }
}

async function findOlder(
  { status, headers: { location } }: WriteAnswer,
  resource: Resource,
  report: ReportOptions,
  { run }: Transaction,
): Promise<readonly string[]> {
  if (status !== 201 || location === undefined) return []
  const id = decodeURIComponent(location.slice(location.lastIndexOf('/') + 1))
  return run(older(resource, report, id), rows =>
    Array.from({ length: rows.length }, (_, i) => textOf(rows.at(i), 0) ?? ''),
  )
}

/** What he does not see any more is not there: neither its place nor that it is may be told. */
async function firstShown(ids: readonly string[], walk: Walk): Promise<string | null> {
  for (const id of ids) if (await readShown(walk, id)) return id
  return null
}

/** Null where it is not there for the caller. */
async function readShown(walk: Walk, id: string): Promise<Pick<WriteAnswer, 'body' | 'headers'> | null> {
  const item = toCommandPath(walk, id)
  try {
    const { body, headers, state } = await readRecords({
      ...item,
      http: { ...item.http, headers: { ...item.http.headers, 'if-none-match': undefined } },
    })
    // A natural key may be spelled like the key of another.
    if (state?.key !== id) return null
    return { body, headers: { ...headers, location: item.request.path, 'cache-control': 'no-store' } }
  } catch (error) {
    if (error instanceof ApiError && error.status < 500) return null
    throw error
  }
}

/** Times of a token are not its rights. */
const rights = (row: string) =>
  `(${row}.run_as - 'claims') = (n.run_as - 'claims') and (${row}.run_as -> 'claims') - array['exp', 'iat', 'nbf', 'jti'] = (n.run_as -> 'claims') - array['exp', 'iat', 'nbf', 'jti']`

/** The keys of all that would do, the one that is there for longest first. */
function older({ table, key: [key] }: Resource, { params }: ReportOptions, id: string) {
  const name = `${quoteName(table.schema)}.${quoteName(table.name)}`
  const own = quoteName(key?.name ?? 'id')
  const same = params.map(({ name: column }) => `o.${quoteName(column)} is not distinct from n.${quoteName(column)}`)
  const soon = `now() + interval '${leastSeconds} s'`
  const text = `select o.${own}::text from ${name} as n join ${name} as o on o.${own} <> n.${own} and o.status = 'succeeded'
        and o.expires_at > ${soon} and (o.listed_until is null or o.listed_until > ${soon}) and ${[rights('o'), ...same].join(' and ')}
      where n.${own} = $1::${key?.sqlType} order by o.expires_at desc, o.${own} limit ${maxLooked}`
  return prepared(text, [id])
}
