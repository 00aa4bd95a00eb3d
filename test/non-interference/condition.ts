// Conditions of random policies: as a definition writes them, and what they come to on raw rows, naively.
import { compareStored, readClaim } from './values.ts'
import { type Column, type Data, follow, type Relationship, type Row, type World, type WorldTable } from './world.ts'

export type Operand =
  | { readonly kind: 'constant'; readonly value: string }
  | { readonly kind: 'list'; readonly values: readonly string[] }
  | { readonly kind: 'claim'; readonly claim: string }
  | { readonly kind: 'field'; readonly column: Column }
  | { readonly kind: 'now' }

export type LeafOperator =
  | 'eq'
  | 'ne'
  | 'lt'
  | 'gte'
  | 'in'
  | 'nin'
  | 'null'
  | 'contains'
  | 'starts_with'
  | 'ends_with'
  | 'ilike'

export type Condition =
  /** `name`: the field, which for a foreign key column is its relationship. */
  | {
      readonly kind: 'leaf'
      readonly name: string
      readonly column: Column
      readonly operator: LeafOperator
      readonly operand: Operand
    }
  | { readonly kind: 'and' | 'or'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  | {
      readonly kind: 'related'
      readonly relationship: Relationship
      readonly quantifier: 'some' | 'every' | 'none' | 'one'
      readonly of: Condition
    }

export interface Caller {
  readonly id: string | null
  readonly claims: ReadonlyMap<string, unknown>
}

/** As a user would write it. */
export function define(condition: Condition): Readonly<Record<string, unknown>> {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return { [condition.kind]: condition.of.map(define) }
    case 'not':
      return { not: define(condition.of) }
    case 'related': {
      const { relationship, quantifier, of } = condition
      return { [relationship.name]: quantifier === 'one' ? define(of) : { [quantifier]: define(of) } }
    }
    case 'leaf':
      return { [condition.name]: { [condition.operator]: defineOperand(condition) } }
  }
}

function defineOperand({ operand, operator }: Extract<Condition, { kind: 'leaf' }>): unknown {
  switch (operand.kind) {
    case 'constant':
      return operator === 'null' ? operand.value === 'true' : operand.value
    case 'list':
      return operand.values
    case 'claim':
      return { principal: operand.claim }
    case 'field':
      return { field: operand.column.name }
    case 'now':
      return { now: true }
  }
}

/** Null for unknown, which only a claim that is not there and a record that is not there make. */
export type Truth = boolean | null

export interface Setting {
  readonly world: World
  readonly data: Data
  readonly caller: Caller
}

export function evaluate(condition: Condition, row: Row, setting: Setting): Truth {
  switch (condition.kind) {
    case 'and':
    case 'or': {
      const decisive = condition.kind === 'or'
      const truths = condition.of.map(one => evaluate(one, row, setting))
      return truths.includes(decisive) ? decisive : truths.includes(null) ? null : !decisive
    }
    case 'not':
      return negate(evaluate(condition.of, row, setting))
    case 'related': {
      const truths = follow(condition.relationship, row, setting.data).map(one => evaluate(condition.of, one, setting))
      if (condition.quantifier === 'one') return truths[0] ?? null
      if (condition.quantifier === 'every') return truths.every(truth => truth === true)
      return truths.includes(true) === (condition.quantifier === 'some')
    }
    case 'leaf':
      return evaluateLeaf(condition, row, setting.caller)
  }
}

const negate = (truth: Truth): Truth => (truth === null ? null : !truth)

function evaluateLeaf(leaf: Extract<Condition, { kind: 'leaf' }>, row: Row, caller: Caller): Truth {
  const { column, operator, operand } = leaf
  const stored = row[column.name] ?? null
  if (operator === 'null') return (stored === null) === (operand.kind === 'constant' && operand.value === 'true')
  if (operator === 'ne') return negate(evaluateLeaf({ ...leaf, operator: 'eq' }, row, caller))
  if (operator === 'nin') return negate(evaluateLeaf({ ...leaf, operator: 'in' }, row, caller))
  const isList = operator === 'in'
  const values = valuesOf(operand, column, row, caller, isList)
  if (values === null) return null
  if (stored === null) return false
  const compared = (value: string) => compareStored(column.type, stored, value)
  if (isList) return values.some(value => value !== null && compared(value) === 0)
  const value = values[0] ?? null
  if (value === null) return false
  switch (operator) {
    case 'eq':
      return compared(value) === 0
    case 'lt':
      return compared(value) < 0
    case 'gte':
      return compared(value) >= 0
    case 'contains':
      return stored.includes(value)
    case 'starts_with':
      return stored.startsWith(value)
    case 'ends_with':
      return stored.endsWith(value)
    case 'ilike':
      return stored.toLowerCase().includes(value.toLowerCase())
  }
}

/** Null where a claim is no value of the column's type. */
function valuesOf(
  operand: Operand,
  column: Column,
  row: Row,
  caller: Caller,
  isList: boolean,
): readonly (string | null)[] | null {
  switch (operand.kind) {
    case 'constant':
      return [operand.value]
    case 'list':
      return operand.values
    case 'field':
      return [row[operand.column.name] ?? null]
    case 'now':
      return ['2030-01-01 00:00:00+00']
    case 'claim': {
      const claim = operand.claim === 'id' ? caller.id : caller.claims.get(operand.claim)
      const values = (isList && Array.isArray(claim) ? claim : [claim]).map(one => readClaim(column.type, one))
      return values.includes(null) ? null : values
    }
  }
}

/** The column behind a name of a definition: `owner` is `owner_id`. */
export function leafName(table: WorldTable, column: Column): string {
  return (
    table.relationships.find(one => one.kind === 'toOne' && one.own.length === 1 && one.own[0] === column.name)?.name ??
    column.name
  )
}
