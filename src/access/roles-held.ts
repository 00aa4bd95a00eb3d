// Says which roles a principal holds, before any record is looked at.

import type { Api, Resource, Role } from '../schema/model.ts'
import type { RoleHolder } from '../schema/resource-definition.ts'
import type { Principal } from './principal.ts'

/** A set of roles; principals with the same set share compiled access and plans. */
export interface RoleSet {
  /** Names one set among all: `admin,guest+` (the plus: signed in). */
  readonly id: string
  readonly names: ReadonlySet<string>
  readonly authenticated: boolean
}

/** Everyone also holds the roles of the anonymous principal: dropping a token never shows more. */
export function rolesHeld(api: Api, principal: Principal): RoleSet {
  const names: string[] = []
  for (const [role, holder] of api.holders) if (holds(holder, principal)) names.push(role)
  const authenticated = principal.id !== null
  return { id: names.map(quote).join(',') + (authenticated ? '+' : ''), names: new Set(names), authenticated }
}

// A name may hold any character: `a,b` is not `a` and `b`.
function quote(name: string): string {
  return /^[\w-]+$/.test(name) ? name : JSON.stringify(name)
}

function holds(holder: RoleHolder, principal: Principal): boolean {
  if (holder === 'anyone') return true
  if (principal.id === null) return false
  if (holder === 'authenticated') return true
  return Object.entries(holder).every(([claim, wanted]) => {
    const claimed = principal.claims.get(claim)
    const values: readonly unknown[] = Array.isArray(claimed) ? claimed : [claimed]
    return (Array.isArray(wanted) ? wanted : [wanted]).some(one => values.includes(one))
  })
}

/** A role with `when` that `defineApi` does not hand out is held by whoever may fulfil it: it is decided row by row. */
export function holdsRole(api: Api, role: Role, set: RoleSet): boolean {
  if (role.needsAuthentication && !set.authenticated) return false
  return set.names.has(role.name) || (!api.holders.has(role.name) && role.dependsOnRecord)
}

/** Whether anybody at all can hold a role on the resource; one that nobody can answers as an unknown path. */
export function isReachable(api: Api, resource: Resource): boolean {
  return [...resource.roles.values()].some(
    role => role.reads.size > 0 && (api.holders.has(role.name) || role.dependsOnRecord),
  )
}
