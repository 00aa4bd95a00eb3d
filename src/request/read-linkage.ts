// Reads the linkage of JSON:API: null, one resource identifier object, or a list of them.
import { ApiError } from '../errors/api-error.ts'
import type { Column } from '../schema/field.ts'
import type { Resource } from '../schema/model.ts'
import { malformed, readMembers, step } from './document-members.ts'

/** A record that is pointed to. */
export interface Linkage {
  readonly id: string
  /** Where it stands in the document. */
  readonly pointer: string
}

/** The id of the record that an earlier operation made. @throws ApiError where there is none of that type */
export type LocalIds = (lid: string, target: Resource, pointer: string) => string

/** @throws ApiError 400 for what is none, 409 for a record of another type */
export function readLinkage(
  data: unknown,
  pointer: string,
  target: Resource | undefined,
  localIds?: LocalIds,
): Linkage | null {
  if (data === null) return null
  if (Array.isArray(data)) throw malformed(pointer, 'It leads to one record at most: {"type":…,"id":…}, or null.')
  return readIdentifier(data, pointer, target, localIds)
}

/** @throws ApiError 400 for what is no list of identifiers, 409 for a record of another type */
export function readLinkages(
  data: unknown,
  pointer: string,
  target: Resource | undefined,
  localIds?: LocalIds,
): readonly Linkage[] {
  if (!Array.isArray(data)) throw malformed(pointer, 'It leads to many records: [{"type":…,"id":…}], or [].')
  return data.map((one: unknown, i) => readIdentifier(one, step(pointer, i), target, localIds))
}

function readIdentifier(
  value: unknown,
  pointer: string,
  target: Resource | undefined,
  localIds: LocalIds | undefined,
): Linkage {
  const { type, id, lid } = readMembers(value, pointer, 'a resource identifier object: {"type":…,"id":…}')
  if (typeof type !== 'string') throw malformed(`${pointer}/type`, 'A resource identifier needs its "type", a string.')
  if (target && type !== target.name)
    throw new ApiError('type_mismatch', 'It leads to records of another type.', {
      source: { pointer: `${pointer}/type` },
    })
  if (typeof id === 'string' && lid === undefined) return { id, pointer }
  if (id === undefined && typeof lid === 'string' && localIds && target)
    return { id: localIds(lid, target, `${pointer}/lid`), pointer }
  if (id === undefined && typeof lid === 'string')
    throw new ApiError('invalid_member', 'No earlier operation has this lid.', {
      source: { pointer: `${pointer}/lid` },
    })
  throw malformed(`${pointer}/id`, 'A resource identifier needs its "id", a string.')
}

/** What stands between the commas of an id, as `formats/spell-id.ts` joins it. */
export function keyPartsOf(id: string, { key }: Resource): readonly string[] {
  if (key.length === 1) return [id]
  return id.split(',').map(part => part.replaceAll('~1', ',').replaceAll('~0', '~'))
}

/** A part of an id as a plain body says it; the same text where it is none. */
export function plainPart(text: string, { type }: Column): unknown {
  const parsed = type.parse(text)
  return parsed === undefined ? text : JSON.parse(type.toJson(parsed))
}

/** The key that an id says, as the database writes it; null for what is no key of such a record. */
export function keyOfId(id: string, resource: Resource): readonly string[] | null {
  const parts = keyPartsOf(id, resource)
  const texts = parts.map((part, i) => resource.key[i]?.type.parse(part))
  if (parts.length !== resource.key.length || !texts.every(text => text !== undefined)) return null
  return texts as readonly string[]
}

/** Whether a key that the database wrote is this one. */
export function isKey(key: readonly (string | null)[], expected: readonly string[], resource: Resource): boolean {
  return resource.key.every((column, i) => column.type.parse(key[i] ?? '') === expected[i])
}
