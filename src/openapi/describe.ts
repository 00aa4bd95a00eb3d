// Says in JSON what this caller may ask: the list of resources, and of one resource its fields, filters, sorts and includes.
import { type Access, type AccessSet, isPermitted } from '../access/access.ts'
import { actionNames } from '../access/allow-action.ts'
import { filterNames } from '../access/allow-filter.ts'
import { accessTo, notFound, singularNames } from '../access/allow-read.ts'
import { writeOf } from '../access/allow-related.ts'
import { scopeNames } from '../access/allow-scopes.ts'
import { sortNames } from '../access/allow-sort.ts'
import { methodsFor } from '../access/methods-for.ts'
import { toByteText } from '../formats/byte-text.ts'
import { jsonApiType } from '../formats/index.ts'
import { operatorsFor } from '../operators/index.ts'
import { type Format, mediaTypesOf } from '../request/choose-format.ts'
import { acceptedBodies } from '../request/read-json-body.ts'
import { type ApiRequest, bodyTypesOf } from '../request/read-request.ts'
import type { Column, Field } from '../schema/field.ts'
import { fieldValue, isRelationship, isToMany } from '../schema/field-value.ts'
import type { Resource } from '../schema/model.ts'
import type { RecordInputs } from '../validation/record-inputs.ts'
import { recordSchema } from '../validation/record-schema.ts'

export interface Description {
  /** Byte text. */
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

/** The hypermedia of the API: every resource that this caller can reach, with its links and methods. */
export function describeIndex(request: ApiRequest, set: AccessSet, format: Format = 'plain'): Description {
  const reachable = [...set.api.resources.values()].filter(resource => set.of(resource))
  const data = reachable.map(resource => ({
    name: resource.name,
    methods: methodsFor({ kind: 'list', resource }, set),
    links: { self: `${request.base}/${encodeURIComponent(resource.path)}` },
  }))
  return withHeaders(describe(data, { resources: data }, format), {
    allow: methodsFor(request.route, set).join(', '),
  })
}

/** What is no record is meta data in JSON:API. */
function describe(data: unknown, meta: object, format: Format): Description {
  if (format !== 'jsonapi') return { body: toByteText(JSON.stringify({ data })), headers: {} }
  const document = { jsonapi: { version: '1.1' }, meta }
  return { body: toByteText(JSON.stringify(document)), headers: { 'content-type': jsonApiType } }
}

function withHeaders(description: Description, headers: Description['headers']): Description {
  return { ...description, headers: { ...description.headers, ...headers } }
}

/** The body of OPTIONS: JSON Schema (2020-12) of a record as this caller sees it and as it may write it, and what may stand in its query. */
export function describeResource(
  request: ApiRequest,
  set: AccessSet,
  inputs: ReadonlyMap<string, RecordInputs>,
  format: Format = 'plain',
): Description {
  const methods = methodsFor(request.route, set)
  const headers = {
    allow: methods.join(', '),
    'cache-control': 'no-store',
    ...(methods.includes('PATCH') && acceptedBodies('PATCH', bodyTypesOf('PATCH', request.route))),
    ...(methods.includes('POST') && acceptedBodies('POST', bodyTypesOf('POST', request.route))),
  }
  if (request.route.kind === 'index' || request.route.kind === 'operations')
    return withHeaders(describeIndex(request, set, format), headers)
  const resource =
    request.route.kind === 'nested' || request.route.kind === 'relationship'
      ? request.route.target
      : request.route.resource
  const access = accessTo(resource, set)
  if (request.route.kind === 'nested' && request.route.singular) {
    const above = accessTo(request.route.resource, set)
    if (!singularNames(above, set).includes(request.route.singular.name)) throw notFound()
  }
  const fields = [...resource.fields.values()].filter(field => isPermitted(set, access, field))
  const filters = filterNames(set, access)
  const data = {
    name: resource.name,
    schema: describeRecord(resource, fields, access, set),
    write: describeWrites(request, access, set, inputs.get(resource.name)),
    filters: Object.fromEntries(filters.map(name => [name, operatorsOf(resource.fields.get(name))])),
    sorts: sortNames(access, set),
    scopes: scopeNames(access, set),
    includes: fields.filter(field => isRelationship(field) && set.target(field)).map(field => field.name),
    actions: actionNames(access, set),
    singulars: singularNames(access, set),
    ...describeCommand(access),
    page: { defaultSize: resource.page.size, maxSize: resource.page.maxSize },
    formats: mediaTypesOf(request),
    links: { self: request.path },
  }
  return withHeaders(describe(data, data, format), headers)
}

/** A part is left out where this caller may do nothing of the kind. */
function describeWrites({ route }: ApiRequest, access: Access, set: AccessSet, inputs: RecordInputs | undefined) {
  const { resource, writes } = access
  if (!inputs) return {}
  const relationship = route.kind === 'nested' ? route.resource.fields.get(route.relationship) : undefined
  // What stands under a record gets its foreign key from the path.
  const under = relationship?.kind === 'toMany' ? relationship.holder : undefined
  const by = route.kind === 'nested' ? (route.singular?.by.keys() ?? []) : []
  const fixed = under === undefined ? [] : [under, ...by]
  const creates = writes.create !== 'never' && (route.kind !== 'nested' || under !== undefined)
  const updates = writes.update !== 'never' && resource.key.length > 0
  return {
    ...(creates && { create: recordSchema(inputs, writeOf('create', access, set, fixed)) }),
    ...(updates && { update: recordSchema(inputs, writeOf('update', access, set)) }),
    ...(writes.delete !== 'never' && resource.key.length > 0 && { delete: true }),
  }
}

/** How the outcome of a command can be waited for; nothing for who may not read it. */
function describeCommand({ resource, permitted, writes }: Access) {
  const { request } = resource
  if (!request || !permitted.has(request.state.status.name)) return {}
  return { command: { maxWaitSeconds: request.wait.maxSeconds, cancel: writes.delete !== 'never' } }
}

function operatorsOf(field: Field | undefined): readonly string[] {
  const value = field && fieldValue(field)
  if (value) return operatorsFor(value.type)
  return field && isToMany(field) ? ['some', 'every', 'none', 'null'] : []
}

function describeRecord(resource: Resource, fields: readonly Field[], access: Access, set: AccessSet) {
  const properties = Object.fromEntries(fields.map(field => [field.name, describeField(field, set)]))
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

function describeField(field: Field, set: AccessSet): unknown {
  const value = fieldValue(field)
  if (field.kind === 'toOne') {
    const columns = field.chosenKey ?? field.link.foreign
    const names = field.target === null ? undefined : set.api.resources.get(field.target)?.columnNames
    const nameOf = ({ name }: Column) => names?.get(name) ?? name
    const key = {
      type: 'object',
      properties: Object.fromEntries(columns.map(column => [nameOf(column), column.type.jsonSchema])),
      required: columns.map(nameOf),
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
