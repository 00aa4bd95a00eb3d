// Reads a JSON:API document of a POST or PATCH (https://jsonapi.org/format/1.1/#crud) as the plain record that it means, and says where in it each member stands.
import { ApiError } from '../errors/api-error.ts'
import { documentName } from '../schema/document-names.ts'
import type { Column, Field, ManyToManyField, RelationshipField, ToOneField } from '../schema/field.ts'
import { isRelationship, isToMany } from '../schema/field-value.ts'
import type { Api, Resource } from '../schema/model.ts'
import { findField } from '../schema/policy-reader.ts'
import { type Members, malformed, readMembers, step } from './document-members.ts'
import { keyPartsOf, type Linkage, type LocalIds, plainPart, readLinkage, readLinkages } from './read-linkage.ts'

export interface DocumentToRead {
  readonly api: Api
  readonly resource: Resource
  readonly kind: 'create' | 'update'
  /** The field, where the caller may know of it: of what it may not know, nothing is said but what is said of any unknown name. */
  readonly known: (field: Field) => boolean
  /** Where the resource object stands: `/data`. */
  readonly at: string
  /** What a `lid` stands for; absent where there is none but the new record's own. */
  readonly localIds?: LocalIds | undefined
}

/** Where a member of the plain record stands in the document: itself, and what is in it. */
interface Spot {
  readonly at: string
  readonly inside: string
}

export interface DocumentRead {
  /** As a plain body would be. */
  readonly record: Readonly<Record<string, unknown>>
  readonly id: string | null
  readonly lid: string | null
  /** From a pointer into the plain record to one into the document. */
  readonly place: (pointer: string) => string
  /** Whether a pointer into the document leads to a part of an identifier. */
  readonly isLinkage: (pointer: string) => boolean
}

/**
 * The resource object of a document.
 * @throws ApiError 400 with a pointer for what is none, 409 for one of another type
 */
export function readDocument(body: unknown, asked: DocumentToRead): DocumentRead {
  return readResourceObject(readPrimary(body), asked)
}

/** @throws ApiError 400 for a document without `data` */
export function readPrimary(body: unknown): unknown {
  const { data } = readMembers(body, '')
  if (data === undefined) throw malformed('', 'A document needs the member "data".')
  return data
}

/** @throws as `readDocument` */
export function readResourceObject(data: unknown, asked: DocumentToRead): DocumentRead {
  const { resource, at, kind } = asked
  const object = readMembers(data, at, 'one resource object, such as {"type":"…","attributes":{…}}')
  readType(object, at, resource)
  const id = readId(object, asked)
  const lid = readLid(object, at)
  const spots = new Map<string, Spot>()
  const record: Record<string, unknown> = Object.create(null)
  const put = (name: string, value: unknown, spot: Spot) => {
    if (spots.has(name))
      throw malformed(spot.at, 'It stands in the document already: attributes, relationships and id share their names.')
    spots.set(name, spot)
    record[name] = value
  }
  if (kind === 'create' && id !== null)
    for (const [name, value] of keyMembers(resource, id, `${at}/id`))
      put(name, value, { at: `${at}/id`, inside: `${at}/id` })
  readAttributes(object.attributes, asked, put)
  readRelationships(object.relationships, asked, put)
  return { record, id, lid, place: placeIn(spots, asked), isLinkage }
}

const isLinkage = (pointer: string) => /\/relationships\/[^/]+\/data\//.test(pointer)

function readType({ type }: Members, at: string, { name }: Resource): void {
  if (typeof type !== 'string') throw malformed(`${at}/type`, 'A resource object needs its "type", a string.')
  if (type !== name)
    throw new ApiError('type_mismatch', `The type of records here is ${JSON.stringify(name)}.`, {
      source: { pointer: `${at}/type` },
    })
}

function readId({ id }: Members, { at, kind }: DocumentToRead): string | null {
  // An id is a string (1.1, section 5.2.1), but there are clients that send null with what they make.
  if (id === undefined || (id === null && kind === 'create')) return null
  if (typeof id !== 'string') throw malformed(`${at}/id`, 'An "id" is a string.')
  return id
}

function readLid({ lid }: Members, at: string): string | null {
  if (lid === undefined) return null
  if (typeof lid !== 'string' || lid === '') throw malformed(`${at}/lid`, 'A "lid" is a string that is not empty.')
  return lid
}

/** The id of a new record as the members of its key. */
function keyMembers(resource: Resource, id: string, pointer: string): readonly (readonly [string, unknown])[] {
  const { key } = resource
  const parts = keyPartsOf(id, resource)
  if (parts.length !== key.length)
    throw new ApiError('invalid_member', `An id has ${key.length} parts here, with commas between them.`, {
      source: { pointer },
    })
  return key.map((column, i) => [memberOf(column, resource), plainPart(parts[i] as string, column)] as const)
}

/** What a plain body calls a column of the key: a foreign key by the column's own name. */
function memberOf(column: Column, { fields }: Resource): string {
  for (const field of fields.values()) if (field.kind === 'column' && field.column === column) return field.name
  return column.name
}

type Put = (name: string, value: unknown, spot: Spot) => void

function readAttributes(given: unknown, { resource, known, at }: DocumentToRead, put: Put): void {
  if (given === undefined) return
  const attributes = readMembers(given, `${at}/attributes`)
  const spelled = new Map([...resource.fields.values()].map(field => [documentName(field, resource), field]))
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('@')) continue
    const pointer = step(`${at}/attributes`, name)
    if (name === 'id' || name === 'type')
      throw malformed(pointer, `"${name}" is no attribute: it stands beside the attributes.`)
    const field = spelled.get(name) ?? findField(resource, name)
    if (field && isRelationship(field) && known(field))
      throw malformed(pointer, `It is no attribute but a relationship: {"relationships":{"${field.name}":…}}.`)
    // Of another name than its own, what is not known would be told from what is not there.
    put(field && known(field) ? field.name : name, value, { at: pointer, inside: pointer })
  }
}

function readRelationships(given: unknown, asked: DocumentToRead, put: Put): void {
  if (given === undefined) return
  const { resource, known, at } = asked
  const relationships = readMembers(given, `${at}/relationships`)
  for (const [name, value] of Object.entries(relationships)) {
    if (name.startsWith('@')) continue
    const pointer = step(`${at}/relationships`, name)
    const { data } = readMembers(value, pointer, 'a relationship object: {"data":…}')
    if (data === undefined) throw malformed(pointer, 'A relationship that is written needs its "data".')
    const inside = `${pointer}/data`
    const field = findByDocumentName(resource, name)
    if (field && !isRelationship(field) && known(field))
      throw malformed(pointer, `It is no relationship but an attribute: {"attributes":{"${name}":…}}.`)
    if (field && isRelationship(field) && known(field))
      put(field.name, toPlain(field, data, inside, asked), { at: pointer, inside })
    else put(name, data, { at: pointer, inside })
  }
}

export function findByDocumentName(resource: Resource, name: string): Field | undefined {
  for (const field of resource.fields.values()) if (documentName(field, resource) === name) return field
  return findField(resource, name)
}

/** Linkage as a plain body says it. @throws ApiError 400 for what is no linkage, 409 for a record of another type */
export function toPlain(
  field: RelationshipField,
  data: unknown,
  pointer: string,
  { api, localIds }: Pick<DocumentToRead, 'api' | 'localIds'>,
): unknown {
  const target = field.target === null ? undefined : api.resources.get(field.target)
  if (isToMany(field)) {
    const links = readLinkages(data, pointer, target, localIds)
    return field.kind === 'manyToMany' ? links.map(one => toPlainKey(one, field, target, api)) : links
  }
  const link = readLinkage(data, pointer, target, localIds)
  return link === null ? null : toPlainKey(link, field, target, api)
}

/** The key by which the record is linked, under the names that its parts have in a plain body. */
function toPlainKey(
  { id, pointer }: Linkage,
  field: RelationshipField,
  target: Resource | undefined,
  api: Api,
): Readonly<Record<string, unknown>> | Linkage {
  const shown = shownColumns(field, api)
  if (!target || shown === null) return { id, pointer }
  const parts = keyPartsOf(id, target)
  const named = target.key.flatMap((column, i) =>
    shown.includes(column) && parts[i] !== undefined
      ? [[nameOf(column, target), plainPart(parts[i], column)] as const]
      : [],
  )
  if (parts.length === target.key.length && named.length === shown.length) return Object.fromEntries(named)
  if (parts.length !== target.key.length)
    throw new ApiError('not_found', 'There is no such record, or none that you may see.', { source: { pointer } })
  throw new ApiError('invalid_member', 'It is linked by another key than its id, so that an id does not name it.', {
    source: { pointer },
  })
}

/** The columns that name a linked record in a plain body. */
function shownColumns(field: RelationshipField, api: Api): readonly Column[] | null {
  const one = field.kind === 'manyToMany' ? farField(field, api) : field
  return one?.kind === 'toOne' ? (one.chosenKey ?? one.link.foreign) : null
}

function farField({ through }: ManyToManyField, api: Api): ToOneField | null {
  const join = through.resource === null ? undefined : api.resources.get(through.resource)
  const far = join?.fields.get(through.farField)
  return far?.kind === 'toOne' ? far : null
}

function nameOf(column: Column, { fields }: Resource): string {
  for (const field of fields.values())
    if (field.kind === 'column' && field.column.name === column.name) return field.name
  return column.name
}

/** What the document does not hold is pointed to where it would stand. */
function placeIn(spots: ReadonlyMap<string, Spot>, { resource, at }: DocumentToRead): DocumentRead['place'] {
  return pointer => {
    if (pointer === '') return at
    const [, first = '', ...rest] = pointer.split('/')
    const name = first.replaceAll('~1', '/').replaceAll('~0', '~')
    const field = findField(resource, name)
    const spot = spots.get(name) ?? (field && spotOf(field, resource, at)) ?? { at, inside: at }
    return rest.length === 0 ? spot.at : [spot.inside, ...rest].join('/')
  }
}

function spotOf(field: Field, resource: Resource, at: string): Spot {
  const isLink = isRelationship(field)
  const pointer = step(`${at}/${isLink ? 'relationships' : 'attributes'}`, documentName(field, resource))
  return { at: pointer, inside: isLink ? `${pointer}/data` : pointer }
}

export function otherId(pointer = '/data/id'): ApiError {
  return new ApiError('id_mismatch', 'This is the id of another record than the one that is to be changed.', {
    source: { pointer },
  })
}
