// Holds a write to what its caller says of the record: If-Match and If-None-Match (RFC 9110 13.1).
import type { Transaction } from './databases/database.ts'
import { ApiError } from './errors/api-error.ts'
import { readStored } from './execute-record.ts'
import { readAgain, readLinkage } from './read-again.ts'
import { header } from './request/http-request.ts'
import { emptyQuery } from './request/read-request.ts'
import type { RelationshipRoute } from './request/read-route.ts'
import { toReadTarget } from './request/read-target.ts'
import { entityTag, hasEntityTag } from './respond/entity-tag.ts'
import type { ReadAnswer } from './respond/read-answer.ts'
import type { Planned, WriteToExecute } from './run-write.ts'

/** Whether a record has to be looked at before it is written. */
export function hasConditions(given: WriteToExecute): boolean {
  return header(given.http, 'if-match') !== undefined || noneMatch(given) !== undefined
}

/**
 * Of the row as it is, which nobody changes meanwhile; what it is compared with is the tag that this caller's GET of this very URL would have.
 * @throws ApiError 404, 403 where there is no such record for the caller or none that he may write so, then 412
 */
export async function checkConditions(
  { write, entry }: Pick<Planned, 'write' | 'entry'>,
  given: WriteToExecute,
  transaction: Transaction,
): Promise<void> {
  const { http, request } = given
  const [wanted, unwanted] = [header(http, 'if-match'), noneMatch(given)]
  if (!write.match || (wanted === undefined && unwanted === undefined)) return
  const stored = await readStored({ write, entry }, given, transaction)
  if (!stored) return
  if (wanted === undefined && unwanted === '*') throw isThere()
  const { route } = request
  const { resource } = write.access
  const target = route.kind === 'nested' ? toReadTarget(route) : { resource, parent: null }
  const current = await readAgain({ ...target, id: entry.id }, given, transaction.run)
  compare(current, wanted, unwanted, given)
}

/** Of the links at a path under `/relationships/`, which are there in any case. @throws ApiError 412 */
export async function checkLinkage(
  route: RelationshipRoute,
  given: WriteToExecute,
  { run }: Transaction,
): Promise<void> {
  const { http, request } = given
  const wanted = header(http, 'if-match')
  const unwanted = request.method === 'POST' ? undefined : header(http, 'if-none-match')?.trim()
  if (wanted === undefined && unwanted === undefined) return
  if (unwanted === '*') throw isThere()
  compare(await readLinkage(route, given, run), wanted, unwanted, given)
}

function compare(
  { headers, body }: ReadAnswer,
  wanted: string | undefined,
  unwanted: string | undefined,
  { runtime }: WriteToExecute,
): void {
  const tag = headers.etag ?? entityTag(Buffer.from(body, 'latin1'), runtime.api.cacheVersion)
  const tags = (wanted ?? '*').split(',').map(part => part.trim())
  if (wanted?.trim() !== '*' && wanted !== undefined && !tags.includes(tag))
    throw new ApiError('precondition_failed', 'The record is not as If-Match says. Read it again.', {
      source: { header: 'If-Match' },
    })
  if (unwanted !== undefined && hasEntityTag(unwanted, tag)) throw isThere()
}

/** A list is there in any case, so `If-None-Match: *` holds of none. @throws ApiError 412; 404 where it stands under what is not there */
export async function refuseForList(given: WriteToExecute): Promise<void> {
  const { http, request, runtime } = given
  const { route } = request
  if (header(http, 'if-none-match')?.trim() !== '*') return
  if (route.kind === 'nested') {
    const { resource, id } = route
    const above = { ...given, request: { ...request, query: emptyQuery } }
    await readAgain({ resource, id, parent: null }, above, (statement, take) =>
      runtime.database.read(statement, http, take),
    )
  }
  throw isThere()
}

/** What is put is asked for by its place; an action is no representation, and a list none of its records. */
function noneMatch({ http, request }: WriteToExecute): string | undefined {
  const condition = header(http, 'if-none-match')?.trim()
  const { route, method } = request
  const isRecord = route.kind === 'item' || (route.kind === 'nested' && (route.targetId !== null || route.singular))
  if (!isRecord || method === 'POST' || (method === 'PUT' && condition === '*')) return undefined
  return condition
}

export function isThere(): ApiError {
  return new ApiError('precondition_failed', 'It is there already, and If-None-Match says that it must not be.', {
    source: { header: 'If-None-Match' },
  })
}
