// Writes the one record of a JSON:API document: as a plain body of the same meaning would be, with refusals that point into the document.
import type { Access } from './access/access.ts'
import { allowByRole } from './access/allow-by-role.ts'
import { accessTo } from './access/allow-read.ts'
import type { WriteAnswer } from './answer-write.ts'
import { ApiError } from './errors/api-error.ts'
import { executeWrite } from './execute-write.ts'
import { targetOf } from './read-entries.ts'
import { type DocumentRead, type DocumentToRead, otherId, readDocument } from './request/read-document.ts'
import { keyOfId } from './request/read-linkage.ts'
import { pointIntoDocument } from './respond/point-into-document.ts'
import type { WriteToExecute } from './run-write.ts'
import type { Field } from './schema/field.ts'

/** @throws ApiError, ApiErrors for what is refused; nothing is changed then */
export async function executeDocument(given: WriteToExecute): Promise<WriteAnswer> {
  const { request, access: set } = given
  // What no role gives is told before anything of the body.
  allowByRole(request, set)
  const { resource, id } = targetOf(request)
  const kind = request.method === 'POST' ? 'create' : 'update'
  const known = knownTo(accessTo(resource, set), kind)
  const read = readDocument(request.body, { api: set.api, resource, kind, known, at: '/data' })
  const expected = kind === 'create' ? undefined : expectedId(read, id, resource)
  const body = read.record as NonNullable<WriteToExecute['request']['body']>
  try {
    return await executeWrite({ ...given, request: { ...request, body }, ...(expected && { expected }) })
  } catch (error) {
    throw pointIntoDocument(error, read)
  }
}

/** The fields that this caller may know of: those that it may read, and those that it may write. */
export function knownTo({ permitted, writes }: Access, kind: 'create' | 'update'): DocumentToRead['known'] {
  const right = (field: Field) => (kind === 'create' ? writes.creates(field) : writes.updates(field))
  return field => permitted.has(field.name) || right(field) !== 'never'
}

/**
 * The key that the record of the path has to have; undefined where the path says the same.
 * @throws ApiError 400 for a document without an id, 409 for another one than the path's
 */
function expectedId(
  { id }: DocumentRead,
  path: string | null,
  resource: DocumentToRead['resource'],
): readonly string[] | undefined {
  if (id === null)
    throw new ApiError('malformed_document', 'A record that is changed or deleted needs its "id".', {
      source: { pointer: '/data/id' },
    })
  const key = keyOfId(id, resource)
  const named = path === null ? null : keyOfId(path, resource)
  if (key !== null && named !== null && JSON.stringify(key) === JSON.stringify(named)) return undefined
  // What a natural key leads to, or the caller's own, is known once it is found.
  if (key === null || (named !== null && resource.naturalKey === null)) throw otherId()
  return key
}
