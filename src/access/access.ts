// What one set of roles permits on one resource, compiled once: which rows, and of each row which fields.
import { always, anyOf, type Condition } from '../expressions/condition.ts'
import type { Field, RelationshipField } from '../schema/field.ts'
import { isRelationship } from '../schema/field-value.ts'
import type { Api, Resource, Role, SetValue } from '../schema/model.ts'
import { describeCondition } from './describe-condition.ts'
import { holdsRole, type RoleSet } from './roles-held.ts'

/** When a field is readable on a row that is visible: always, never, or where the condition holds. */
export type Guard = 'always' | 'never' | { readonly id: string; readonly condition: Condition }

/** Roles with the same condition, their fields united. */
interface Grant {
  readonly id: string
  readonly condition: Condition
  readonly reads: ReadonlySet<string>
  readonly named: ReadonlySet<string>
  readonly list: ReadonlySet<string>
  readonly item: ReadonlySet<string>
  readonly creates: ReadonlySet<string> | null
  readonly updates: ReadonlySet<string>
  readonly deletes: boolean
}

/** Where something may be done: a guard is judged on the row as it is, and on the row as it will be. */
export interface WriteAccess {
  /** On which new rows some role creates at all. */
  readonly create: Guard
  readonly delete: Guard
  /** On which rows some role changes any field at all. */
  readonly update: Guard
  creates(field: Field): Guard
  updates(field: Field): Guard
  /** What is filled in on creating, by field. */
  readonly set: ReadonlyMap<string, SetValue>
}

export interface Access {
  readonly resource: Resource
  /** True of the rows that some role grants. */
  readonly visible: Condition
  /** Fields readable on some possible row, for this set of roles. */
  readonly permitted: ReadonlySet<string>
  guard(field: Field): Guard
  /** The fields that are shown when nothing is asked for, and on which rows each. */
  readonly defaults: Readonly<Record<'list' | 'item', readonly { readonly field: Field; readonly guard: Guard }[]>>
  readonly writes: WriteAccess
}

/** The access of one set of roles to every resource. */
export interface AccessSet {
  readonly api: Api
  readonly roles: RoleSet
  /** Null where the set holds no role on the resource. */
  of(resource: Resource): Access | null
  /** The resource behind a relationship, or null where it cannot be walked. */
  target(field: RelationshipField): Access | null
}

/** Compiles lazily and keeps what it compiled. */
export function compileAccess(api: Api, roles: RoleSet): AccessSet {
  const compiled = new Map<Resource, Access | null>()
  const set: AccessSet = {
    api,
    roles,
    of(resource) {
      let access = compiled.get(resource)
      if (access === undefined) {
        access = compileOne(set, resource)
        compiled.set(resource, access)
      }
      return access
    },
    target(field) {
      const target = field.target === null ? undefined : api.resources.get(field.target)
      const access = target ? set.of(target) : null
      return access && canWalk(set, field, access) ? access : null
    },
  }
  return set
}

function compileOne(set: AccessSet, resource: Resource): Access | null {
  const grants = mergeGrants(set, resource)
  if (grants.length === 0) return null
  const guards = new Map<string, Guard>()
  const permitted = new Set<string>()
  const access: Access = {
    resource,
    visible: anyOf(grants.map(grant => grant.condition)),
    permitted,
    guard: field => guards.get(field.name) ?? 'never',
    defaults: { list: [], item: [] },
    writes: compileWriteAccess(set, resource, grants),
  }
  for (const field of resource.fields.values())
    guards.set(
      field.name,
      guardWhere(grants, grant => grant.reads.has(field.name)),
    )
  // A field made of others is readable where all of them are, unless a role publishes it by name.
  for (const field of resource.fields.values()) {
    if (field.reads.length === 0) continue
    const parts = field.reads.map(name => guards.get(name) ?? 'never')
    // Without a key, rows are ordered by all that is shown of them; what is made in TypeScript no statement can order by.
    const isOrderless = resource.key.length === 0 && field.kind === 'computed' && field.compute.by === 'code'
    const published = isOrderless
      ? 'never'
      : guardWhere(grants, grant => grant.named.has(field.name) && grant.reads.has(field.name))
    guards.set(field.name, eitherGuard(published, allGuards([guards.get(field.name) ?? 'never', ...parts])))
  }
  for (const field of resource.fields.values()) if (guards.get(field.name) !== 'never') permitted.add(field.name)
  for (const on of ['list', 'item'] as const) {
    const fields = [...resource.fields.values()].map(field => ({
      field,
      guard: allGuards([guards.get(field.name) ?? 'never', guardWhere(grants, grant => grant[on].has(field.name))]),
    }))
    Object.assign(access.defaults, { [on]: fields.filter(({ guard }) => guard !== 'never') })
  }
  return access
}

function compileWriteAccess(set: AccessSet, resource: Resource, grants: readonly Grant[]): WriteAccess {
  const held = [...resource.roles.values()].filter(role => holdsRole(set.api, role, set.roles) && canHold(role))
  return {
    create: guardWhere(grants, grant => grant.creates !== null),
    update: guardWhere(grants, grant => grant.updates.size > 0),
    delete: guardWhere(grants, grant => grant.deletes),
    creates: field => guardWhere(grants, grant => grant.creates?.has(field.name) === true),
    updates: field => guardWhere(grants, grant => grant.updates.has(field.name)),
    // Of several roles that fill in one field, the first that is written down.
    set: new Map(held.flatMap(role => [...role.writes.set]).reverse()),
  }
}

/** Of a role whose condition holds of no row nothing counts, and it fills in nothing. */
function canHold({ condition }: Role): boolean {
  return condition.kind !== 'always' || condition.holds
}

function mergeGrants(set: AccessSet, resource: Resource): readonly Grant[] {
  const grants = new Map<string, Grant>()
  for (const role of resource.roles.values()) {
    if (!holdsRole(set.api, role, set.roles) || role.reads.size === 0) continue
    if (!canHold(role)) continue
    const id = describeCondition(role.condition)
    const before = grants.get(id)
    grants.set(id, {
      id,
      condition: role.condition,
      reads: union(before?.reads, role.reads),
      named: union(before?.named, role.named),
      list: union(before?.list, role.defaults.list),
      item: union(before?.item, role.defaults.item),
      creates:
        role.writes.create === null
          ? (before?.creates ?? null)
          : union(before?.creates ?? undefined, role.writes.create),
      updates: union(before?.updates, role.writes.update),
      deletes: role.writes.delete || before?.deletes === true,
    })
  }
  return [...grants.values()]
}

const union = (a: ReadonlySet<string> | undefined, b: ReadonlySet<string>): ReadonlySet<string> =>
  a ? new Set([...a, ...b]) : b

/** What the grants that have something come to on a row that is visible: nothing to check where all grants have it. */
function guardWhere(grants: readonly Grant[], has: (grant: Grant) => boolean): Guard {
  const having = grants.filter(has)
  if (having.length === 0) return 'never'
  if (
    having.length === grants.length ||
    having.some(grant => grant.condition === always || (grant.condition.kind === 'always' && grant.condition.holds))
  )
    return 'always'
  return { id: having.map(grant => grant.id).join('|'), condition: anyOf(having.map(grant => grant.condition)) }
}

function allGuards(guards: readonly Guard[]): Guard {
  if (guards.includes('never')) return 'never'
  const rest = new Map(
    guards.flatMap(guard => (typeof guard === 'object' ? [[guard.id, guard.condition] as const] : [])),
  )
  if (rest.size === 0) return 'always'
  const [only] = rest
  if (rest.size === 1 && only) return { id: only[0], condition: only[1] }
  return { id: `(${[...rest.keys()].join(')&(')})`, condition: { kind: 'and', of: [...rest.values()] } }
}

function eitherGuard(a: Guard, b: Guard): Guard {
  if (a === 'always' || b === 'always') return 'always'
  if (a === 'never') return b
  if (b === 'never') return a
  return a.id === b.id ? a : { id: `(${a.id})|(${b.id})`, condition: anyOf([a.condition, b.condition]) }
}

const none: ReadonlySet<string> = new Set()

/** Walking needs the foreign key that makes the link to be readable on the row that holds it. */
function canWalk(set: AccessSet, field: RelationshipField, target: Access): boolean {
  if (field.kind === 'toOne') return true
  if (field.kind === 'toMany') return target.permitted.has(field.holder)
  if (field.endsOnly) return true
  const through = field.through.resource === null ? undefined : set.api.resources.get(field.through.resource)
  const readable = (through && set.of(through))?.permitted ?? none
  return readable.has(field.through.nearField) && readable.has(field.through.farField)
}

/** Whether this caller may name the field: readable on some row, and where it is to be walked, walkable. */
export function isPermitted(set: AccessSet, access: Access, field: Field): boolean {
  if (!access.permitted.has(field.name)) return false
  return !isRelationship(field) || field.kind === 'toOne' || set.target(field) !== null
}
