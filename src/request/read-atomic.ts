// Reads a JSON:API document of operations (https://jsonapi.org/ext/atomic): what is to be written, one after another. Looks at no record.
import { ApiError } from '../errors/api-error.ts'
import type { Api, Resource } from '../schema/model.ts'
import { type Members, malformed, readMembers, step } from './document-members.ts'
import { findByDocumentName } from './read-document.ts'
import type { LocalId } from './read-operations.ts'
import { type Route, readRoute } from './read-route.ts'

export interface AtomicOperation {
  readonly op: 'add' | 'update' | 'remove'
  /** Null where nothing is there: told when its turn comes, as of what is hidden. */
  readonly resource: Resource | null
  /** Null for a new record. */
  readonly id: string | LocalId | null
  /** An id out of a path may be a natural key too. */
  readonly byKey: boolean
  /** The record that a new one is made under: `href` of `/videos/1/comments`. */
  readonly parent: { readonly resource: Resource; readonly id: string; readonly relationship: string } | null
  /** Null where it is the record itself that is written. */
  readonly relationship: string | null
  /** Undefined for a record that is removed. */
  readonly data: unknown
  readonly lid: string | null
  /** `/atomic:operations/2` */
  readonly pointer: string
}

/** @throws ApiError 400 for a document that is none of operations */
export function readAtomic(body: unknown, api: Api, base: string): readonly AtomicOperation[] {
  const at = '/atomic:operations'
  const operations = readMembers(body, '', 'a document: {"atomic:operations":[…]}')['atomic:operations']
  if (!Array.isArray(operations)) throw malformed(at, 'A document of operations has a list "atomic:operations".')
  const max = api.limits.listItems
  if (operations.length > max)
    throw new ApiError('limit_exceeded', `At most ${max} operations in one request.`, {
      source: { pointer: at },
      meta: { limit: 'listItems', max },
    })
  const read = operations.map((one: unknown, i) => readOperation(one, step(at, i), api, base))
  const lids = new Set<string>()
  for (const { lid, pointer } of read) {
    if (lid === null) continue
    if (lids.has(lid)) throw malformed(`${pointer}/data/lid`, 'An earlier operation has this lid.')
    lids.add(lid)
  }
  return read
}

type Named = Pick<AtomicOperation, 'resource' | 'id' | 'byKey' | 'parent' | 'relationship'>

function readOperation(given: unknown, pointer: string, api: Api, base: string): AtomicOperation {
  const one = readMembers(given, pointer, 'an operation: {"op":"add","data":…}')
  const { op, ref, href, data } = one
  if (op !== 'add' && op !== 'update' && op !== 'remove')
    throw malformed(`${pointer}/op`, 'The "op" is add, update or remove.')
  if (ref !== undefined && href !== undefined) throw malformed(`${pointer}/href`, 'Give ref or href, not both.')
  const named =
    ref !== undefined
      ? readRef(ref, `${pointer}/ref`, api)
      : href !== undefined
        ? readHref(href, op, `${pointer}/href`, api, base)
        : readOfData(data, op, pointer, api)
  const isLinks = named.relationship !== null
  if (!isLinks && op !== 'add' && named.id === null)
    throw malformed(pointer, `The operation ${op} needs a record: by ref, by href, or by the id of its data.`)
  if (!isLinks && op === 'add' && ref !== undefined)
    throw malformed(`${pointer}/ref`, 'A new record has no ref; say its type in its data.')
  if (data === undefined && (isLinks || op !== 'remove')) throw malformed(pointer, 'The operation needs its "data".')
  const lid = !isLinks && op === 'add' ? readMembers(data, `${pointer}/data`).lid : undefined
  return { op, ...named, data, lid: typeof lid === 'string' ? lid : null, pointer }
}

function readRef(ref: unknown, pointer: string, api: Api): Named {
  const members = readMembers(ref, pointer, 'a reference: {"type":…,"id":…}')
  const resource = readType(members.type, `${pointer}/type`, api)
  const id = readIdentity(members, pointer)
  if (id === null) throw malformed(pointer, 'A reference needs its "id" or "lid", a string.')
  const { relationship } = members
  if (relationship === undefined) return { resource, id, byKey: true, parent: null, relationship: null }
  if (typeof relationship !== 'string') throw malformed(`${pointer}/relationship`, 'A "relationship" is a string.')
  // One that there is not is told of as one that the caller may not walk: when its turn comes.
  const field = resource && findByDocumentName(resource, relationship)
  return { resource, id, byKey: true, parent: null, relationship: field ? field.name : relationship }
}

function readOfData(data: unknown, op: AtomicOperation['op'], pointer: string, api: Api): Named {
  if (op === 'remove') throw malformed(pointer, 'The operation remove needs ref or href.')
  const members = readMembers(data, `${pointer}/data`, 'one resource object, such as {"type":"…","attributes":{…}}')
  const resource = readType(members.type, `${pointer}/data/type`, api)
  const id = op === 'add' ? null : readIdentity(members, `${pointer}/data`)
  return { resource, id, byKey: true, parent: null, relationship: null }
}

function readIdentity({ id, lid }: Members, pointer: string): string | LocalId | null {
  if (id !== undefined && typeof id !== 'string') throw malformed(`${pointer}/id`, 'An "id" is a string.')
  if (lid !== undefined && typeof lid !== 'string') throw malformed(`${pointer}/lid`, 'A "lid" is a string.')
  return id ?? (lid === undefined ? null : { lid })
}

function readType(type: unknown, pointer: string, api: Api): Resource | null {
  if (typeof type !== 'string') throw malformed(pointer, 'It needs its "type", a string.')
  return api.resources.get(type) ?? null
}

/** As a path of this API, absolute or from where the operations stand. */
function readHref(href: unknown, op: AtomicOperation['op'], pointer: string, api: Api, base: string): Named {
  const here = `http://here${base}/operations`
  const url = typeof href === 'string' && URL.canParse(href, here) ? new URL(href, here) : null
  if (url?.host !== 'here' || url.search !== '' || url.hash !== '')
    throw malformed(pointer, `It must be a path such as ${base}/…, without parameters.`)
  const route = findRoute(url.pathname, api)
  if (!route) return { resource: null, id: op === 'add' ? null : '', byKey: false, parent: null, relationship: null }
  const named = toNamed(route, op)
  if (!named) throw malformed(pointer, `The operation ${op} does not go with this path.`)
  return named
}

function findRoute(path: string, api: Api): Route | null {
  try {
    return readRoute(path, api).route
  } catch (error) {
    if (error instanceof ApiError && error.code === 'not_found') return null
    throw error
  }
}

function toNamed(route: Route, op: AtomicOperation['op']): Named | null {
  const record = { byKey: false, parent: null, relationship: null }
  switch (route.kind) {
    case 'list':
      return op === 'add' ? { ...record, resource: route.resource, id: null } : null
    case 'item':
      return op === 'add' ? null : { ...record, resource: route.resource, id: route.id }
    case 'relationship':
      return { ...record, resource: route.resource, id: route.id, relationship: route.relationship }
    case 'nested': {
      if (route.singular || (route.targetId === null) !== (op === 'add')) return null
      const { resource, id, relationship } = route
      return { ...record, resource: route.target, id: route.targetId, parent: { resource, id, relationship } }
    }
    default:
      return null
  }
}
