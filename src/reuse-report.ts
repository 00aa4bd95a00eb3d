// Answers who asks for a report that is there already, with the same parameters and the same rights, with that one.
import type { WriteAnswer } from './answer-write.ts'
import { ApiError } from './errors/api-error.ts'
import { textOf } from './formats/rows.ts'
import { prepared, quoteName } from './jobs/queue.ts'
import { toCommandPath } from './read-command.ts'
import { readRecords, type Walk } from './read-records.ts'
import { header } from './request/http-request.ts'
import type { ReportOptions, Resource } from './schema/model.ts'

/** What is left of a report has to suffice to fetch it. */
const leastSeconds = 10

/**
 * The new row says what is asked for, whatever filled it in; where there is an equal one, it goes again, and 200 leads to that.
 * @param made the answer to the insert, which is committed
 * @returns null where the new one stands
 */
export async function reuseReport(walk: Walk, resource: Resource, made: WriteAnswer): Promise<WriteAnswer | null> {
  const { runtime, http } = walk
  const report = resource.request?.report
  const { location } = made.headers
  // What an Idempotency-Key leads to is kept with the insert.
  if (!report?.reuse || made.status !== 201 || location === undefined) return null
  if (header(http, 'idempotency-key') !== undefined) return null
  const id = decodeURIComponent(location.slice(location.lastIndexOf('/') + 1))
  const older = await runtime.database.read(findOlder(resource, report, id), { isGone: () => false }, rows =>
    Array.from({ length: rows.length }, (_, i) => textOf(rows.at(i), 0) ?? ''),
  )
  for (const one of older) {
    const shown = await readShown(toCommandPath(walk, one), one)
    // What he does not see any more is not there: neither its place nor that it is may be told.
    if (!shown) continue
    const isTaken = await runtime.database.write(takeOlder(resource, report, id, one), rows => rows.length > 0)
    if (isTaken) return { status: 200, ...shown }
  }
  return null
}

/** Null where it is not there for the caller. */
async function readShown(item: Walk, key: string): Promise<Pick<WriteAnswer, 'body' | 'headers'> | null> {
  const { http, request } = item
  try {
    const { body, headers, state } = await readRecords({
      ...item,
      http: { ...http, headers: { ...http.headers, 'if-none-match': undefined } },
    })
    // A natural key may be spelled like the key of another.
    if (state?.key !== key) return null
    return { body, headers: { ...headers, location: request.path, 'cache-control': 'no-store' } }
  } catch (error) {
    if (error instanceof ApiError && error.status < 500) return null
    throw error
  }
}

/** Times of a token are not its rights. */
const rights = (row: string) =>
  `(${row}.run_as - 'claims') = (n.run_as - 'claims') and (${row}.run_as -> 'claims') - array['exp', 'iat', 'nbf', 'jti'] = (n.run_as -> 'claims') - array['exp', 'iat', 'nbf', 'jti']`

/** Of an older row `o` and the new one `n`: the same report, for the same caller, which can still be fetched. */
function isSame({ params }: ReportOptions, own: string): string {
  const same = params.map(({ name: column }) => `o.${quoteName(column)} is not distinct from n.${quoteName(column)}`)
  return [
    `o.${own} <> n.${own}`,
    `o.status = 'succeeded'`,
    `o.expires_at > now() + interval '${leastSeconds} s'`,
    ...[rights('o'), ...same],
  ].join(' and ')
}

function namesOf({ table, key: [key] }: Resource) {
  return {
    name: `${quoteName(table.schema)}.${quoteName(table.name)}`,
    own: quoteName(key?.name ?? 'id'),
    type: key?.sqlType,
  }
}

/** The keys of all that would do, the one that is there for longest first. */
function findOlder(resource: Resource, report: ReportOptions, id: string) {
  const { name, own, type } = namesOf(resource)
  const text = `select o.${own}::text from ${name} as n join ${name} as o on ${isSame(report, own)}
    where n.${own} = $1::${type} order by o.expires_at desc, o.${own}`
  return prepared(text, [id])
}

/** A worker that has begun with the new one is told that it has lost it. */
function takeOlder(resource: Resource, report: ReportOptions, id: string, older: string) {
  const { name, own, type } = namesOf(resource)
  const { schema, name: table } = resource.table
  const text = `with gone as (
      delete from ${name} as n where n.${own} = $1::${type} and n.status in ('pending', 'running')
        and exists (select from ${name} as o where o.${own} = $3::${type} and ${isSame(report, own)})
      returning n.status
    )
    select case status when 'running' then pg_notify('colonnade_work', $2::text || ' cancel') end from gone`
  return prepared(text, [id, `${schema}.${table}`, older])
}
