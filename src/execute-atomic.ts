// Does one operation of a JSON:API document (https://jsonapi.org/ext/atomic): what the same request by itself would do.
import { accessTo, notFound } from './access/allow-read.ts'
import { knownTo } from './execute-document.ts'
import { runPlanned } from './execute-write.ts'
import { idOf, type OperationCourse } from './made-records.ts'
import { planEntry } from './plan-entry.ts'
import { malformed } from './request/document-members.ts'
import type { AtomicOperation } from './request/read-atomic.ts'
import { type DocumentRead, otherId, readResourceObject } from './request/read-document.ts'
import { isKey, keyOfId, type LocalIds } from './request/read-linkage.ts'
import { fillCode } from './respond/fill-code.ts'
import { pointIntoDocument } from './respond/point-into-document.ts'
import { linksOf } from './respond/record-links.ts'
import type { Entry } from './run-write.ts'
import type { Resource } from './schema/model.ts'
import { writeRelationship } from './write-relationship.ts'

const ways = { add: 'add', update: 'replace', remove: 'remove' } as const

/**
 * @returns the record as its caller sees it now, as byte text; `null` for one that was removed, and for links
 * @throws ApiError, ApiErrors that point into the document, or nowhere: then the operation itself is meant
 */
export async function executeAtomic(operation: AtomicOperation, course: OperationCourse): Promise<string> {
  const { resource, relationship, pointer, op, byKey, data } = operation
  if (!resource) throw notFound()
  const { made, given, transaction, changed } = course
  const localIds: LocalIds = (lid, target, at) => idOf({ lid }, target, made, at)
  const id = operation.id === null ? null : idOf(operation.id, resource, made, pointer)
  if (relationship === null || id === null) return writeRecord({ ...operation, resource }, id, localIds, course)
  const asked = { resource, id, byKey, relationship, how: ways[op], data, at: `${pointer}/data`, localIds }
  for (const table of await writeRelationship(asked, given, transaction)) changed.add(table)
  return 'null'
}

type Found = AtomicOperation & { readonly resource: Resource }

async function writeRecord(
  operation: Found,
  id: string | null,
  localIds: LocalIds,
  { given, transaction, made, changed, minimal }: OperationCourse,
): Promise<string> {
  const { op, resource, parent, pointer, lid, byKey } = operation
  const { access: set, request, principal } = given
  const access = accessTo(resource, set)
  const at = `${pointer}/data`
  const kind = op === 'add' ? 'create' : op === 'update' ? 'update' : 'delete'
  const read =
    kind === 'delete'
      ? null
      : readResourceObject(operation.data, { api: set.api, resource, kind, known: knownTo(access, kind), at, localIds })
  if (read && kind === 'update' && read.id === null && read.lid === null)
    throw malformed(`${at}/id`, 'A record that is changed needs its "id".')
  const entry: Entry = { kind, id, byKey, record: read?.record, pointer: '' }
  try {
    const silent = minimal || op === 'remove'
    const planned = planEntry(entry, given, access, { resource, id, parent }, silent)
    const { key, record } = await runPlanned(planned, given, transaction)
    if (kind === 'update' && !isExpected(read, key, operation)) throw otherId(`${at}/id`)
    changed.add(planned.plan.changes)
    if (lid !== null) made.set(lid, { resource, key })
    if (record === null) return 'null'
    return fillCode(record, planned.plan.layout?.code ?? [], principal, linksOf(request.base, set))
  } catch (error) {
    throw read ? pointIntoDocument(error, read) : error
  }
}

/** Whether it is the record that the data says. */
function isExpected(read: DocumentRead | null, key: readonly (string | null)[], { resource }: Found): boolean {
  if (!read || read.id === null) return true
  const expected = keyOfId(read.id, resource)
  return expected !== null && isKey(key, expected, resource)
}
