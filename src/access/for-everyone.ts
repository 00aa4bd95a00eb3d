// Says whether a read gives everybody the same: every role of what it looks at is held by anyone, and none asks who it is.
import type { Condition } from '../expressions/condition.ts'
import type { Field, RelationshipField } from '../schema/field.ts'
import type { Api, Resource, Role } from '../schema/model.ts'
import type { PermittedRead, Selection, SortKey } from './permitted.ts'

/** But for the claims that its statement binds: those the plan knows (ACCESS R27). */
export function isForEveryone(read: PermittedRead): boolean {
  const { api } = read.set
  return (
    isOpen(read.access.resource, api) &&
    (!read.parent || (isOpen(read.parent.access.resource, api) && opens(read.parent.relationship, api))) &&
    isSelectionOpen(read.selection, api) &&
    isConditionOpen(read.filter, api) &&
    isSortOpen(read.sort, api) &&
    [...read.aggregates.map(({ field }) => field), ...read.group].every(field => isFieldOpen(field, api))
  )
}

/** Whether the places in a list are the same for everybody, so that a cursor may pass from hand to hand. */
export function isListForEveryone(resource: Resource, sort: readonly SortKey[], api: Api): boolean {
  return isOpen(resource, api) && isSortOpen(sort, api)
}

/** A resource belongs to one API, in which nothing of this changes. */
const known = new WeakMap<Resource, boolean>()

function isOpen(resource: Resource, api: Api): boolean {
  let open = known.get(resource)
  if (open === undefined) {
    const held = [...resource.roles.values()].filter(role => api.holders.has(role.name) || role.dependsOnRecord)
    open = held.every(role => isHeldByAll(role, api) && !asksWho(role.condition))
    known.set(resource, open)
  }
  return open
}

function isHeldByAll(role: Role, api: Api): boolean {
  const holder = api.holders.get(role.name)
  return !role.needsAuthentication && (holder === undefined || holder === 'anyone')
}

function asksWho(condition: Condition): boolean {
  switch (condition.kind) {
    case 'always':
      return false
    case 'and':
    case 'or':
      return condition.of.some(asksWho)
    case 'leaf':
      return condition.operand?.kind === 'claim' || condition.field.kind === 'computed'
    default:
      return asksWho(condition.of)
  }
}

function isSelectionOpen({ fields }: Selection, api: Api): boolean {
  return fields.every(
    ({ field, include }) =>
      isFieldOpen(field, api) &&
      (!include ||
        (opens(include.relationship, api) &&
          isSelectionOpen(include.selection, api) &&
          isConditionOpen(include.filter, api) &&
          isSortOpen(include.sort, api))),
  )
}

function isSortOpen(sort: readonly SortKey[], api: Api): boolean {
  return sort.every(({ path, field }) => path.every(one => opens(one, api)) && isFieldOpen(field, api))
}

function isConditionOpen(condition: Condition, api: Api): boolean {
  switch (condition.kind) {
    case 'always':
      return true
    case 'and':
    case 'or':
      return condition.of.every(one => isConditionOpen(one, api))
    case 'leaf':
      return (
        isFieldOpen(condition.field, api) &&
        (condition.operand?.kind !== 'field' || isFieldOpen(condition.operand.field, api))
      )
    case 'related':
      return opens(condition.relationship, api) && isConditionOpen(condition.of, api)
    default:
      return isConditionOpen(condition.of, api)
  }
}

/** A foreign key is shown where its record is visible; what counts records counts those that are. */
function isFieldOpen(field: Field, api: Api): boolean {
  if (field.kind === 'column') return true
  if (field.kind === 'links') return false
  if (field.kind !== 'computed') return opens(field, api)
  const { compute } = field
  if (compute.by === 'sql' || compute.by === 'where' || compute.by === 'words') return true
  if (compute.by === 'code') return false
  const { leaves, children } = compute.filter
  return opens(compute.relationship, api) && leaves.length === 0 && children.size === 0
}

function opens(relationship: RelationshipField, api: Api): boolean {
  const names = [relationship.target, relationship.kind === 'manyToMany' ? relationship.through.resource : null]
  return names.every(name => {
    const resource = name === null ? undefined : api.resources.get(name)
    return !resource || isOpen(resource, api)
  })
}
