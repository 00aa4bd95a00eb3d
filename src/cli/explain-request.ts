// Says what the street makes of a request: what is allowed, what is dropped and why, and the SQL. Runs no statement.
import type { Access, AccessSet } from '../access/access.ts'
import { allowRead } from '../access/allow-read.ts'
import type { Cursors } from '../access/cursors.ts'
import type { Include, PermittedRead, Selection, SortKey } from '../access/permitted.ts'
import type { Principal } from '../access/principal.ts'
import { holdsRole } from '../access/roles-held.ts'
import { ApiError } from '../errors/api-error.ts'
import { bindParameters } from '../plan/bind.ts'
import type { Dialect } from '../plan/dialect.ts'
import { planRead, type ReadPlan } from '../plan/plan-read.ts'
import type { ApiRequest } from '../request/read-request.ts'
import { type ReadTarget, toReadTarget } from '../request/read-target.ts'
import { isToMany } from '../schema/field-value.ts'
import type { Resource } from '../schema/model.ts'
import type { RoleHolder } from '../schema/resource-definition.ts'
import { findDropped } from './find-dropped.ts'
import { formatSql } from './format-sql.ts'
import { sayCondition } from './say-condition.ts'

export interface Explained {
  readonly request: ApiRequest
  readonly set: AccessSet
  readonly principal: Principal
  readonly cursors: Cursors
  readonly dialect: Dialect
}

/** Parts with a title, in the order of the street. */
export type Explanation = readonly (readonly [title: string, lines: readonly string[]])[]

export function explainRequest({ request, set, principal, cursors, dialect }: Explained): Explanation {
  const { route } = request
  if (route.kind === 'index') return [['Route', ['the list of resources: no statement is run']]]
  if (route.kind === 'action' || route.kind === 'operations' || route.kind === 'relationship')
    return [['Route', ['changes records: what reads them can be explained']]]
  const target = toReadTarget(
    route.kind === 'content' ? { kind: 'item', resource: route.resource, id: route.id } : route,
  )
  const involved = route.kind === 'nested' ? [route.resource, route.target] : [route.resource]
  const head: Explanation = [
    ['Route', [sayRoute(route.kind, target)]],
    ['Caller', [sayCaller(principal, set)]],
    ...involved.map(resource => [`Roles on ${resource.name}`, sayRoles(resource, set)] as const),
  ]
  try {
    const read = allowRead(target, request.query, set, { principal, cursors, version: request.version })
    return [...head, ...sayRead(read, request), ...sayPlan(planRead(read, dialect), read, principal)]
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return [...head, ['Refused', [`${error.status} ${error.code}: ${error.message}`]]]
  }
}

function sayRoute(kind: string, { resource, id, singular }: ReadTarget): string {
  if (singular) return `the record of ${resource.name} that is the caller's, under another`
  if (id !== null) return `one record of ${resource.name}${kind === 'nested' ? ', under another' : ''}`
  return `a list of ${resource.name}${kind === 'nested' ? ', under a record' : ''}`
}

function sayCaller({ id }: Principal, { roles }: AccessSet): string {
  const who = !roles.authenticated
    ? 'anonymous'
    : id
      ? `number ${id}`
      : 'signed in, without an id (give one with --claim id=…)'
  return `${who}, with ${roles.names.size === 0 ? 'no role' : [...roles.names].join(', ')}`
}

/** Every role of the resource: whether this caller can hold it, and on which rows it holds. */
function sayRoles(resource: Resource, set: AccessSet): readonly string[] {
  const width = Math.max(0, ...[...resource.roles.keys()].map(name => name.length))
  return [...resource.roles.values()].map(role => {
    const held = holdsRole(set.api, role, set.roles)
    const rows =
      role.condition.kind === 'always' && role.condition.holds
        ? 'every row'
        : `rows where ${sayCondition(role.condition)}`
    const why = set.api.holders.has(role.name) ? sayHolder(set.api.holders.get(role.name)) : 'being signed in'
    return `${role.name.padEnd(width)}  ${held ? rows : `not held: it takes ${why}`}`
  })
}

function sayHolder(holder: RoleHolder | undefined): string {
  if (holder === undefined || typeof holder === 'string') return holder === 'anyone' ? 'nothing' : 'being signed in'
  const claims = Object.entries(holder).map(([claim, value]) => `${claim} = ${[value].flat().join(' or ')}`)
  return `the claim ${claims.join(' and ')}`
}

function sayRead(read: PermittedRead, request: ApiRequest): Explanation {
  const { access, set, page } = read
  const sometimes = guarded(read.selection, '')
  const includes = includesOf(read.selection)
  const dropped = findDropped(request.query, access, set).map(({ path, reason }) => `${path}: ${reason}`)
  const aggregates = read.aggregates.map(({ field, functions }) => `${functions.join(', ')} of ${field.name}`)
  const parts: Explanation = [
    ['Fields', [namesOf(read.selection)]],
    ['On some rows only', sometimes],
    ['Includes', includes.map(include => sayInclude(include, read))],
    ['Dropped', dropped.length > 0 ? dropped : ['nothing']],
    ['Rows that are visible', [sayVisible(access)]],
    ['Filter', isAlways(read.filter) ? [] : [sayCondition(read.filter, read.values)]],
    ['Sort', read.sort.length > 0 ? [read.sort.map(saySort).join(', ')] : []],
    ['Page', page ? [`${page.size} records, by ${page.kind === 'keyset' ? 'cursor' : 'offset'}`] : []],
    [
      'Aggregates',
      read.group.length > 0 ? [...aggregates, `by ${read.group.map(field => field.name).join(', ')}`] : aggregates,
    ],
  ]
  return parts.filter(([, lines]) => lines.length > 0)
}

function sayVisible({ visible }: Access): string {
  return isAlways(visible) ? 'all' : `where ${sayCondition(visible)}`
}

function isAlways(condition: PermittedRead['filter']): boolean {
  return condition.kind === 'always' && condition.holds
}

function namesOf({ fields }: Selection): string {
  return fields.map(({ field }) => field.name).join(', ')
}

function guarded({ fields }: Selection, before: string): readonly string[] {
  return fields.flatMap(({ field, guard, include }) => {
    const here = typeof guard === 'object' ? [`${before}${field.name}: where ${sayCondition(guard.condition)}`] : []
    return include ? [...here, ...guarded(include.selection, `${before}${field.name}.`)] : here
  })
}

function includesOf({ fields }: Selection): readonly Include[] {
  return fields.flatMap(({ include }) => (include ? [include, ...includesOf(include.selection)] : []))
}

function sayInclude({ relationship, path, selection, filter, sort, limit }: Include, read: PermittedRead): string {
  const visible = isAlways(selection.access.visible) ? [] : [`where ${sayCondition(selection.access.visible)}`]
  const filtered = isAlways(filter) ? [] : [`filtered by ${sayCondition(filter, read.values)}`]
  const many = isToMany(relationship) ? [`at most ${limit} each, by ${sort.map(saySort).join(', ')}`] : []
  return [`${path}: ${namesOf(selection)}`, ...visible, ...filtered, ...many].join('; ')
}

function saySort({ path, field, descending }: SortKey): string {
  return `${descending ? '-' : ''}${[...path, field].map(one => one.name).join('.')}`
}

function sayPlan(plan: ReadPlan, read: PermittedRead, principal: Principal): Explanation {
  const values = bindParameters(plan.parameters, read.values, principal)
  const parameters = plan.parameters.map((parameter, i) => {
    const from =
      parameter.kind === 'claim'
        ? `the claim ${parameter.claim}`
        : parameter.kind === 'caller'
          ? 'the caller'
          : 'the request'
    return `$${i + 1}  ${JSON.stringify(values[i] ?? null)}  from ${from}`
  })
  return [
    ['SQL', formatSql(plan.text).split('\n')],
    ['Parameters', parameters.length > 0 ? parameters : ['none']],
  ]
}
