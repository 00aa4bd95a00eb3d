// Reads the body of `/operations`: what is to be written, one after another. Looks at no record.
import { ApiError } from '../errors/api-error.ts'
import type { Api, Resource } from '../schema/model.ts'
import { foldPath } from '../schema/spell-path.ts'

/** The record that an earlier operation made, by the name that it was given there. */
export interface LocalId {
  readonly lid: string
}

export interface Operation {
  readonly op: 'add' | 'update' | 'remove'
  readonly resource: Resource
  /** Null for `add`. */
  readonly id: string | LocalId | null
  /** Undefined for `remove`. */
  readonly data: unknown
  readonly lid: string | null
  /** `/operations/2` */
  readonly pointer: string
}

const members = {
  add: ['op', 'resource', 'data', 'lid'],
  update: ['op', 'resource', 'id', 'data'],
  remove: ['op', 'resource', 'id'],
} as const

type Members = Readonly<Record<string, unknown>>

/** @throws ApiError 400, 422 for a body that is none of operations, 404 for a resource that is not there */
export function readOperations(body: unknown, api: Api): readonly Operation[] {
  const { operations } = readMembers(body, '', ['operations'])
  if (operations === undefined)
    throw new ApiError('missing_member', 'Give the operations: {"operations":[…]}.', {
      source: { pointer: '/operations' },
    })
  if (!Array.isArray(operations))
    throw new ApiError('invalid_member', 'It must be a list of operations.', { source: { pointer: '/operations' } })
  const max = api.limits.listItems
  if (operations.length > max)
    throw new ApiError('limit_exceeded', `At most ${max} operations in one request.`, {
      source: { pointer: '/operations' },
      meta: { limit: 'listItems', max },
    })
  const read = operations.map((one: unknown, i) => readOperation(one, `/operations/${i}`, api))
  const lids = new Set<string>()
  for (const { lid, pointer } of read) {
    if (lid !== null && lids.has(lid))
      throw new ApiError('invalid_member', 'An earlier operation has this lid.', {
        source: { pointer: `${pointer}/lid` },
      })
    if (lid !== null) lids.add(lid)
  }
  return read
}

export function isLocalId(value: unknown): value is LocalId {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 1) return false
  return 'lid' in value && typeof value.lid === 'string'
}

function readOperation(given: unknown, pointer: string, api: Api): Operation {
  const op = isObject(given) ? given.op : undefined
  if (isObject(given) && op !== 'add' && op !== 'update' && op !== 'remove')
    throw new ApiError(op === undefined ? 'missing_member' : 'invalid_member', 'It must be add, update or remove.', {
      source: { pointer: `${pointer}/op` },
    })
  const kind = op as Operation['op']
  const one = readMembers(given, pointer, members[kind] ?? [])
  for (const name of members[kind])
    if (name !== 'lid' && one[name] === undefined)
      throw new ApiError('missing_member', `The operation ${kind} needs ${members[kind].join(', ')}.`, {
        source: { pointer: `${pointer}/${name}` },
      })
  return {
    op: kind,
    resource: readResource(one.resource, pointer, api),
    id: kind === 'add' ? null : readId(one.id, pointer),
    data: one.data,
    lid: readLid(one.lid, pointer),
    pointer,
  }
}

function readResource(name: unknown, pointer: string, api: Api): Resource {
  const source = { pointer: `${pointer}/resource` }
  if (typeof name !== 'string') throw new ApiError('invalid_member', 'It must be the name of a resource.', { source })
  const resource = api.paths.get(name) ?? api.paths.get(foldPath(name))
  // The same words as for a path: it tells nothing.
  if (!resource) throw new ApiError('not_found', 'There is nothing here, or nothing that you may see.', { source })
  return resource
}

function readId(id: unknown, pointer: string): string | LocalId {
  if (typeof id === 'string' || typeof id === 'number') return String(id)
  if (isLocalId(id)) return id
  throw new ApiError('invalid_member', 'An id is a string, a number or {"lid":"…"}.', {
    source: { pointer: `${pointer}/id` },
  })
}

function readLid(lid: unknown, pointer: string): string | null {
  if (lid === undefined) return null
  if (typeof lid === 'string' && lid !== '') return lid
  throw new ApiError('invalid_member', 'It must be a name for the new record: a string.', {
    source: { pointer: `${pointer}/lid` },
  })
}

/** @throws ApiError 400 for what is no object, 422 for a member that it does not have */
function readMembers(value: unknown, pointer: string, names: readonly string[]): Members {
  if (!isObject(value)) throw new ApiError('malformed_body', 'It must be an object.', { source: { pointer } })
  const unknown = Object.keys(value).find(name => !names.includes(name))
  if (unknown === undefined) return value
  throw new ApiError('unknown_member', `There is no such member here. It takes ${names.join(', ')}.`, {
    source: { pointer: `${pointer}/${unknown.replaceAll('~', '~0').replaceAll('/', '~1')}` },
  })
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
