// What one principal may see of the world, worked out row by row from the definition: the rules of access in their plainest form.
import { type Condition, fromDefinition, type Operand, policyOf } from './condition.ts'
import { fieldOf, isRelationship, partsOf, type RelationshipFact, type RoleFact, resourceOf, typeOf } from './facts.ts'
import { Names, type PrincipalFact } from './names.ts'
import { holds, type Value } from './values.ts'
import type { Row, World } from './world.ts'

/** Planted in the model to see that the comparison notices. */
export type Fault =
  | 'nulls first'
  | 'hidden is null'
  | 'foreign key unguarded'
  | 'invisible rows count'
  | 'ties by key upwards'
  | 'every needs one'
  | 'hidden sorts by value'
  | 'hidden groups count'
  | 'cuts are not said'
  | 'hidden sums count'
  | 'ends are never exclusive'
  | 'open ranges have no nulls'
  | 'backward ranges are empty'

/** True, false, or undefined for unknown. */
export type Truth = boolean | undefined

export class View extends Names {
  readonly world: World
  readonly fault: Fault | null
  readonly #granting = new Map<Row, readonly RoleFact[]>()
  readonly #uneven = new Map<string, ReadonlySet<string>>()
  readonly #visible = new Map<string, readonly Row[]>()

  constructor(world: World, principal: PrincipalFact, fault: Fault | null = null) {
    super(principal)
    this.world = world
    this.fault = fault
  }

  /** Roles that grant the row: what they ask of it is true of the raw data. */
  granting(resource: string, row: Row): readonly RoleFact[] {
    let roles = this.#granting.get(row)
    if (!roles) {
      roles = this.rolesOn(resource).filter(role =>
        role.conditions.every(one => this.truth(resource, row, policyOf(resource, one), true) === true),
      )
      this.#granting.set(row, roles)
    }
    return roles
  }

  visible(resource: string, row: Row): boolean {
    return this.granting(resource, row).length > 0
  }

  visibleRows(resource: string): readonly Row[] {
    let rows = this.#visible.get(resource)
    if (!rows) {
      rows = this.world.rows(resource).filter(row => this.visible(resource, row))
      this.#visible.set(resource, rows)
    }
    return rows
  }

  readable(resource: string, row: Row, name: string): boolean {
    const roles = this.granting(resource, row)
    if (roles.some(role => role.reads.has(name) && role.named.has(name))) return true
    return (
      roles.some(role => role.reads.has(name)) &&
      partsOf(resourceOf(resource), fieldOf(resource, name)).every(part => this.readable(resource, row, part))
    )
  }

  /** Names that can be read on some visible rows only: where mistakes are likely. */
  uneven(resource: string): ReadonlySet<string> {
    let names = this.#uneven.get(resource)
    if (!names) {
      const rows = this.visibleRows(resource)
      names = new Set(
        [...this.permitted(resource)].filter(name => rows.some(row => !this.readable(resource, row, name))),
      )
      this.#uneven.set(resource, names)
    }
    return names
  }

  /** Shown when nothing is asked for. */
  isDefault(resource: string, row: Row, name: string, on: 'list' | 'item'): boolean {
    return this.readable(resource, row, name) && this.granting(resource, row).some(role => role.defaults[on].has(name))
  }

  /** The visible records that a relationship leads to from this row, over links that may be seen. */
  linked(resource: string, row: Row, name: string): readonly Row[] {
    const field = fieldOf(resource, name)
    if (!isRelationship(field)) throw new Error(`${name} leads nowhere`)
    return this.#linked(resource, row, field, false)
  }

  #linked(resource: string, row: Row, field: RelationshipFact, raw: boolean): readonly Row[] {
    const seen = (of: string, one: Row) => raw || this.fault === 'invisible rows count' || this.visible(of, one)
    const own = row[resourceOf(resource).key[0] as string] ?? null
    if (field.kind === 'toOne')
      return this.world.where(field.target, 'id', row[field.column.name] ?? null).filter(one => seen(field.target, one))
    if (field.kind === 'toMany')
      return this.world
        .where(field.target, field.by, own)
        .filter(one => seen(field.target, one) && (raw || this.readable(field.target, one, field.holder)))
    // The keys of a join row are its key, so they may be read wherever the row is visible.
    const joins = this.world.where(field.through, field.near, own).filter(one => seen(field.through, one))
    return joins
      .flatMap(join => this.world.where(field.target, 'id', join[field.far] ?? null))
      .filter(one => seen(field.target, one))
  }

  /** The value as the principal sees it where the field is readable: a foreign key to an invisible record is null. */
  shown(resource: string, row: Row, name: string, raw = false): Value {
    const field = fieldOf(resource, name)
    switch (field.kind) {
      case 'column':
        return row[field.column.name] ?? null
      case 'toOne': {
        const guarded = !raw && !field.inKey && this.fault !== 'foreign key unguarded'
        return guarded && this.#linked(resource, row, field, false).length === 0
          ? null
          : (row[field.column.name] ?? null)
      }
      case 'copy':
        return this.shown(resource, row, field.of, raw)
      case 'where':
        return this.truth(resource, row, policyOf(resource, field.filter), true) === true
      case 'exists': {
        const relationship = fieldOf(resource, field.relationship) as RelationshipFact
        return this.#linked(resource, row, relationship, raw).some(
          one => this.truth(relationship.target, one, policyOf(relationship.target, field.filter), raw) === true,
        )
      }
      default:
        throw new Error(`${name} is no value`)
    }
  }

  /** Three-valued over hidden fields, two-valued over nulls. `raw`: a policy asks, from which nothing is hidden. */
  truth(resource: string, row: Row, condition: Condition, raw = false): Truth {
    switch (condition.is) {
      case 'and':
        return this.#all(condition.of.map(one => this.truth(resource, row, one, raw)))
      case 'or':
        return negate(this.#all(condition.of.map(one => negate(this.truth(resource, row, one, raw)))))
      case 'not':
        return negate(this.truth(resource, row, condition.of, raw))
      case 'compare':
        return this.#compare(resource, row, condition, raw)
      case 'declared':
        return this.truth(
          resource,
          row,
          fromDefinition(resource, resourceOf(resource).declaredFilters.get(condition.name) ?? {}, {
            given: condition.value,
          }),
          raw,
        )
      case 'key':
        return this.truth(resource, row, keyCondition(resource, condition), raw)
      case 'related':
        return this.#related(resource, row, condition, raw)
    }
  }

  #all(truths: readonly Truth[]): Truth {
    return truths.includes(false) ? false : truths.includes(undefined) ? undefined : true
  }

  #compare(resource: string, row: Row, condition: Extract<Condition, { is: 'compare' }>, raw: boolean): Truth {
    const { field: name, operator, ignoreCase } = condition
    const hidden = !raw && !this.readable(resource, row, name)
    if (hidden && this.fault !== 'hidden is null') return undefined
    const field = fieldOf(resource, name)
    const fact = typeOf(resource, field)
    if (!fact) {
      // Of many records there are none, or some.
      const missing = this.#linked(resource, row, field as RelationshipFact, raw).length === 0
      return missing === this.#operand(condition.operand)
    }
    const operand = this.#operand(condition.operand)
    if (operand === undefined) return undefined
    return holds(operator, fact, hidden ? null : this.shown(resource, row, name, raw), operand, ignoreCase)
  }

  /** A claim that is absent or no value of the type (all claims of the example are ids) makes its condition unknown. */
  #operand(operand: Operand): unknown {
    if ('value' in operand) return operand.value
    const claim = operand.claim === 'id' ? this.principal.id : this.principal.claims[operand.claim]
    if ((typeof claim !== 'string' && typeof claim !== 'number') || !/^\d{1,10}$/.test(String(claim))) return undefined
    return Number(claim) <= 2_147_483_647 ? Number(claim) : undefined
  }

  #related(resource: string, row: Row, condition: Extract<Condition, { is: 'related' }>, raw: boolean): Truth {
    const { relationship, quantifier, of } = condition
    const field = fieldOf(resource, relationship) as RelationshipFact
    if (!raw && !this.readable(resource, row, relationship)) return undefined
    const truths = this.#linked(resource, row, field, raw).map(one => this.truth(field.target, one, of, raw))
    if (quantifier === 'one') return truths[0]
    if (quantifier === 'every')
      return truths.every(one => one === true) && !(this.fault === 'every needs one' && truths.length === 0)
    return truths.includes(true) === (quantifier === 'some')
  }
}

function negate(truth: Truth): Truth {
  return truth === undefined ? undefined : !truth
}

/** A relationship given a value matches the natural key of its records, or else the id. */
function keyCondition(resource: string, { relationship, values, list }: Extract<Condition, { is: 'key' }>): Condition {
  const field = fieldOf(resource, relationship) as RelationshipFact
  const natural = resourceOf(field.target).naturalKey
  const compare = (name: string): Condition => ({
    is: 'compare',
    field: name,
    operator: list ? 'in' : 'eq',
    operand: { value: list ? values : (values[0] as Value) },
    ignoreCase: false,
  })
  if (field.kind === 'toOne')
    return natural === null
      ? compare(relationship)
      : { is: 'related', relationship, quantifier: 'one', of: compare(natural) }
  return { is: 'related', relationship, quantifier: 'some', of: compare(natural ?? 'id') }
}
