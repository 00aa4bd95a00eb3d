// Reads from a request which records it writes: one by its path or in its body, or a list of them.
import { ApiError } from './errors/api-error.ts'
import type { ApiRequest } from './request/read-request.ts'
import { type ReadTarget, toReadTarget } from './request/read-target.ts'
import { toId } from './respond/record-links.ts'
import type { Entry } from './run-write.ts'
import type { Runtime } from './runtime.ts'
import type { Resource } from './schema/model.ts'

export function targetOf({ route }: ApiRequest): ReadTarget {
  if (route.kind === 'index' || route.kind === 'query' || route.kind === 'content')
    throw new Error(`${route.kind} cannot be written`)
  if (route.kind === 'operations' || route.kind === 'relationship') throw new Error(`${route.kind} cannot be written`)
  return route.kind === 'action' ? { resource: route.resource, id: route.id, parent: null } : toReadTarget(route)
}

export function kindOf({ method, route }: ApiRequest): Entry['kind'] {
  if (route.kind === 'action') return 'update'
  return method === 'POST' ? 'create' : method === 'DELETE' ? 'delete' : 'update'
}

export function readEntries(request: ApiRequest, target: ReadTarget, runtime: Runtime): readonly Entry[] {
  const { method, body } = request
  const kind = kindOf(request)
  if (target.singular) return [{ kind, id: null, record: body ?? {}, pointer: '', replaces: method === 'PUT' }]
  if (target.id !== null) return [{ kind, id: target.id, record: body, pointer: '', replaces: method === 'PUT' }]
  if (kind === 'create' && !Array.isArray(body)) return [{ kind, id: null, record: body, pointer: '' }]
  return readBulk(request, runtime).map((record, i) => readEntry(kind, record, `/${i}`, target.resource))
}

export function readBulk(request: ApiRequest, { api }: Runtime): readonly unknown[] {
  const { body } = request
  if (!Array.isArray(body))
    throw new ApiError(
      'malformed_body',
      `Send a list of ${kindOf(request) === 'delete' ? 'ids' : 'records, each with its key'}.`,
      {
        source: { pointer: '' },
      },
    )
  const max = api.limits.listItems
  if (body.length > max)
    throw new ApiError('limit_exceeded', `At most ${max} records in one request.`, {
      source: { pointer: '' },
      meta: { limit: 'listItems', max },
    })
  return body
}

export function readEntry(kind: Entry['kind'], record: unknown, pointer: string, resource: Resource): Entry {
  if (kind === 'create') return { kind, id: null, record, pointer }
  const isObject = typeof record === 'object' && record !== null && !Array.isArray(record)
  const names = resource.key.map(({ name }) => resource.columnNames.get(name) ?? name)
  // The name of the column is another spelling where it is served under one of its own.
  const spelled = (name: string) => {
    const other = resource.fields.has(name) ? undefined : resource.aliases.get(name)
    return other !== undefined && names.includes(other) ? other : name
  }
  const given = isObject ? Object.entries(record).map(([name, value]) => [spelled(name), value] as const) : []
  const members: Readonly<Record<string, unknown>> = Object.fromEntries(given)
  const parts = isObject ? names.map(name => members[name]) : names.length === 1 ? [record] : []
  if (parts.length !== names.length || !parts.every(part => typeof part === 'string' || typeof part === 'number'))
    throw new ApiError('missing_member', `Each entry needs its key: ${names.join(', ')}.`, { source: { pointer } })
  const rest = Object.fromEntries(Object.entries(members).filter(([name]) => !names.includes(name)))
  return { kind, id: toId(parts).split(',').map(decodeURIComponent).join(','), record: rest, pointer }
}
