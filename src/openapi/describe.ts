// Says in JSON what this caller may ask: the list of resources, and of one resource its fields, filters, sorts and includes.
import { type Access, type AccessSet, isPermitted } from '../access/access.ts'
import { filterNames } from '../access/allow-filter.ts'
import { accessTo } from '../access/allow-read.ts'
import { scopeNames } from '../access/allow-scopes.ts'
import { sortNames } from '../access/allow-sort.ts'
import { operatorsFor } from '../operators/index.ts'
import { type ApiRequest, methodsOf } from '../request/read-request.ts'
import type { Field } from '../schema/field.ts'
import { fieldValue, isRelationship, isToMany } from '../schema/field-value.ts'
import type { Resource } from '../schema/model.ts'

export interface Description {
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

/** The hypermedia of the API: every resource that this caller can reach, with its links and methods. */
export function describeIndex(request: ApiRequest, set: AccessSet): Description {
  const reachable = [...set.api.resources.values()].filter(resource => set.of(resource))
  const data = reachable.map(resource => ({
    name: resource.name,
    methods: ['GET', 'HEAD', 'OPTIONS', 'QUERY'],
    links: { self: `${request.base}/${resource.path}` },
  }))
  return { body: JSON.stringify({ data }), headers: { allow: methodsOf(request.route).join(', ') } }
}

/** The body of OPTIONS: JSON Schema (2020-12) of a record as this caller sees it, and what may stand in its query. */
export function describeResource(request: ApiRequest, set: AccessSet): Description {
  const headers = { allow: methodsOf(request.route).join(', '), 'cache-control': 'no-store' }
  if (request.route.kind === 'index') return { ...describeIndex(request, set), headers }
  const resource = request.route.kind === 'nested' ? request.route.target : request.route.resource
  const access = accessTo(resource, set)
  const fields = [...resource.fields.values()].filter(field => isPermitted(set, access, field))
  const filters = filterNames(set, access)
  const data = {
    name: resource.name,
    schema: describeRecord(resource, fields, access),
    filters: Object.fromEntries(filters.map(name => [name, operatorsOf(resource.fields.get(name))])),
    sorts: sortNames(access, set),
    scopes: scopeNames(access, set),
    includes: fields.filter(field => isRelationship(field) && set.target(field)).map(field => field.name),
    page: { defaultSize: resource.page.size, maxSize: resource.page.maxSize },
    links: { self: request.path },
  }
  return { body: JSON.stringify({ data }), headers }
}

function operatorsOf(field: Field | undefined): readonly string[] {
  const value = field && fieldValue(field)
  if (value) return operatorsFor(value.type)
  return field && isToMany(field) ? ['some', 'every', 'none', 'null'] : []
}

function describeRecord(resource: Resource, fields: readonly Field[], access: Access) {
  const properties = Object.fromEntries(fields.map(field => [field.name, describeField(field)]))
  // A field that only some rows show is not required of any.
  const required = access.defaults.item.filter(({ guard }) => guard === 'always').map(({ field }) => field.name)
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: resource.name,
    type: 'object',
    properties,
    required,
    additionalProperties: false,
  }
}

function describeField(field: Field): unknown {
  const value = fieldValue(field)
  if (field.kind === 'toOne') {
    const key = {
      type: 'object',
      properties: Object.fromEntries(
        (field.chosenKey ?? field.link.foreign).map(column => [column.name, column.type.jsonSchema]),
      ),
      required: (field.chosenKey ?? field.link.foreign).map(column => column.name),
    }
    return { anyOf: [key, { type: 'null' }] }
  }
  if (isRelationship(field))
    return isToMany(field)
      ? { type: 'array', items: { type: 'object', title: field.target ?? '' } }
      : { anyOf: [{ type: 'object', title: field.target ?? '' }, { type: 'null' }] }
  if (!value) return { type: 'object', additionalProperties: { type: 'string' } }
  return value.nullable ? { anyOf: [value.type.jsonSchema, { type: 'null' }] } : value.type.jsonSchema
}
