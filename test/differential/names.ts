// Which roles a principal may come to hold, and which names it may use because of them; no row is looked at.
import type { RoleHolder } from '../../src/schema/resource-definition.ts'
import {
  type FieldFact,
  fieldOf,
  holders,
  isRelationship,
  partsOf,
  type RelationshipFact,
  type RoleFact,
  resourceOf,
} from './facts.ts'

export interface PrincipalFact {
  readonly name: string
  /** Null for the anonymous one. */
  readonly id: string | null
  readonly claims: Readonly<Record<string, unknown>>
}

export class Names {
  readonly principal: PrincipalFact
  readonly #permitted = new Map<string, ReadonlySet<string>>()

  constructor(principal: PrincipalFact) {
    this.principal = principal
  }

  /** Roles that the principal may come to hold on some row. */
  rolesOn(resource: string): readonly RoleFact[] {
    return resourceOf(resource).roles.filter(role => {
      const holder = holders[role.name]
      if (holder === undefined) return role.dependsOnRecord && this.principal.id !== null
      return this.#holds(holder)
    })
  }

  #holds(holder: RoleHolder): boolean {
    if (holder === 'anyone') return true
    if (this.principal.id === null) return false
    return (
      holder === 'authenticated' ||
      Object.entries(holder).every(([claim, wanted]) => this.principal.claims[claim] === wanted)
    )
  }

  /** Names that the principal may use: readable on some possible row, and where they lead somewhere, walkable. */
  permitted(resource: string): ReadonlySet<string> {
    let names = this.#permitted.get(resource)
    if (!names) {
      const readable = this.#readableSomewhere(resource)
      names = new Set([...readable].filter(name => this.#leadsSomewhere(fieldOf(resource, name))))
      this.#permitted.set(resource, names)
    }
    return names
  }

  #readableSomewhere(resource: string): ReadonlySet<string> {
    const roles = this.rolesOn(resource)
    const fact = resourceOf(resource)
    const has = (name: string): boolean =>
      roles.some(role => role.reads.has(name) && role.named.has(name)) ||
      (roles.some(role => role.reads.has(name)) && partsOf(fact, fieldOf(resource, name)).every(has))
    return new Set([...fact.fields.keys()].filter(has))
  }

  #leadsSomewhere(field: FieldFact): boolean {
    if (!isRelationship(field) || field.kind === 'toOne') return true
    return this.walkable(field)
  }

  walkable(field: RelationshipFact): boolean {
    if (this.rolesOn(field.target).length === 0) return false
    if (field.kind === 'toOne') return true
    if (field.kind === 'toMany') return this.#readableSomewhere(field.target).has(field.holder)
    return this.rolesOn(field.through).length > 0
  }
}
