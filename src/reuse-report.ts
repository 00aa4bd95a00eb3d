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
  const found = await runtime.database.write(takeOlder(resource, report, id), rows =>
    rows.length === 0 ? null : textOf(rows.at(0), 0),
  )
  if (found === null) return null
  const item = toCommandPath(walk, found)
  const { body, headers } = await readRecords({
    ...item,
    http: { ...item.http, headers: { ...item.http.headers, 'if-none-match': undefined } },
  }).catch((error: unknown) => {
    // He may create, and not see what was created.
    if (error instanceof ApiError) return { body: '', headers: {} }
    throw error
  })
  const path = item.request.path
  return { status: 200, body, headers: { ...headers, location: path, 'cache-control': 'no-store' } }
}

/** Times of a token are not its rights. */
const rights = (row: string) =>
  `(${row}.run_as - 'claims') = (n.run_as - 'claims') and (${row}.run_as -> 'claims') - array['exp', 'iat', 'nbf', 'jti'] = (n.run_as -> 'claims') - array['exp', 'iat', 'nbf', 'jti']`

/** A worker that has begun with the new one is told that it has lost it. */
function takeOlder({ table, key: [key] }: Resource, { params }: ReportOptions, id: string) {
  const name = `${quoteName(table.schema)}.${quoteName(table.name)}`
  const own = quoteName(key?.name ?? 'id')
  const same = params.map(({ name: column }) => `o.${quoteName(column)} is not distinct from n.${quoteName(column)}`)
  const soon = `now() + interval '${leastSeconds} s'`
  const text = `with found as (
      select o.${own} as id from ${name} as n join ${name} as o on o.${own} <> n.${own} and o.status = 'succeeded'
        and o.expires_at > ${soon} and (o.listed_until is null or o.listed_until > ${soon}) and ${[rights('o'), ...same].join(' and ')}
      where n.${own} = $1::${key?.sqlType} order by o.expires_at desc limit 1
    ), gone as (
      delete from ${name} as n where n.${own} = $1::${key?.sqlType} and n.status in ('pending', 'running') and exists (select from found)
      returning n.status
    )
    select found.id::text, case gone.status when 'running' then pg_notify('colonnade_work', $2::text || ' cancel') end from found, gone`
  return prepared(text, [id, `${table.schema}.${table.name}`])
}
