// Reads what a write came to, and makes its answer.

import { notFound } from '../access/allow-read.ts'
import type { PermittedWrite } from '../access/permitted-write.ts'
import { ApiError } from '../errors/api-error.ts'
import { ByteWriter } from '../formats/byte-writer.ts'
import type { WriteRecord } from '../formats/json-record.ts'
import { isNull, isTrue, type Rows, textOf } from '../formats/rows.ts'
import { marks } from '../plan/layout.ts'
import type { WritePlan } from '../plan/plan-write.ts'
import { liftRecords } from './document.ts'

/** A record that was written. */
export interface Written {
  readonly key: readonly (string | null)[]
  /** As its caller sees it, as byte text; null where it was not asked for, or has to be read again. */
  readonly record: string | null
  /** What a document of JSON:API includes, likewise; absent where nothing is. */
  readonly included?: string
  /** Of a record that was put: whether it is new. */
  readonly created?: boolean
  /** Of a command that was cancelled: `cancelled`, or `running` until its worker lets go of it. */
  readonly state?: string
  /** Its caller does not see it any more. */
  readonly isGone?: true
}

const out = new ByteWriter()
const cutMark = new RegExp(`${marks.cut}\\d+;`, 'g')

/**
 * @throws ApiError 404 where the record is not there for the caller, 403 where he may not do this to it, 422 for a link to what is not there,
 *   409 where it changed meanwhile
 */
export function readWritten(
  write: PermittedWrite,
  plan: WritePlan,
  record: WriteRecord | null,
  pointer: string,
  links: { readonly base: string; readonly search: string; readonly fromBody: boolean },
  rows: Rows,
): Written {
  if (rows.length === 0) throw notFound()
  const row = rows.at(0)
  if (isNull(row, plan.written)) throw whyNot(write, plan, pointer, rows)
  const key = plan.key.map(part => textOf(row, part.index))
  const put = {
    ...(write.replaces && { created: plan.created >= 0 && isTrue(row, plan.created) }),
    ...(plan.state >= 0 && { state: textOf(row, plan.state) ?? '' }),
  }
  if (plan.seen >= 0 && !isTrue(row, plan.seen)) return { key, record: null, isGone: true, ...put }
  if (!record) return { key, record: null, ...put }
  out.clear()
  record(row, out, links.base)
  if (plan.layout?.object) {
    const included = liftRecords(out, 0, plan.layout, links)
    return { key, record: out.toByteText(), ...(included !== null && { included }), ...put }
  }
  const text = out.toByteText()
  return { key, record: plan.layout && plan.layout.included.length > 0 ? text.replace(cutMark, '') : text, ...put }
}

function whyNot(
  { rights, links, mustBeAbsent }: PermittedWrite,
  plan: WritePlan,
  pointer: string,
  rows: Rows,
): ApiError {
  const row = rows.at(0)
  const isThere = plan.found < 0 || isTrue(row, plan.found)
  if (isThere && plan.under >= 0 && !isTrue(row, plan.under)) return notFound()
  for (const [i, right] of isThere ? rights.entries() : []) {
    const column = plan.rights[i] ?? -1
    if (column >= 0 && !isTrue(row, column)) return mayNot(right.field, pointer)
  }
  for (const [i, link] of links.entries()) {
    const column = plan.links[i] ?? -1
    if (column < 0 || isTrue(row, column)) continue
    return link.pointer === null ? notFound() : noSuchLink(link.pointer)
  }
  if (isThere && mustBeAbsent)
    return new ApiError('precondition_failed', 'There is such a record already.', {
      source: { header: 'If-None-Match' },
    })
  if (plan.over >= 0 && isTrue(row, plan.over))
    return new ApiError('already_finished', 'The command is over; what it came to stays as it is.')
  // A record in the way that is not to be seen (ACCESS R34).
  if (!isThere) return new ApiError('conflict', 'This cannot be done beside what is there.')
  return new ApiError('conflict', 'The record changed while this was done. Read it again, then try once more.')
}

/**
 * @param field null where it is the whole record
 * @param pointer where the record stands in the body
 */
export function mayNot(field: string | null, pointer: string): ApiError {
  return field === null
    ? new ApiError('forbidden', 'You may not do this to this record.')
    : new ApiError('forbidden', `You may not write "${field}" of this record.`, {
        source: { pointer: `${pointer}/${field}` },
      })
}

/** Missing and invisible are one. */
export function noSuchLink(pointer: string): ApiError {
  return new ApiError('link_not_found', 'There is no such record, or none that you may see.', { source: { pointer } })
}
