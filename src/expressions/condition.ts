// A filter after its names were looked up: what the planner turns into SQL.

import type { OperatorName } from '../operators/index.ts'
import type { Field, RelationshipField } from '../schema/field.ts'

/** Where an operand's value comes from. */
export type Operand =
  /** A value of this request, number `slot` among them; a list is one array. */
  | { readonly kind: 'slot'; readonly slot: number; readonly list: boolean }
  /** A value of the definition, as PostgreSQL reads it. */
  | { readonly kind: 'constant'; readonly value: string | readonly string[] }
  /** A claim of the principal; null where it is absent or no value of the column's type. */
  | { readonly kind: 'claim'; readonly claim: string; readonly list: boolean }
  /** Another field of the same record. */
  | { readonly kind: 'field'; readonly field: Field }
  | { readonly kind: 'now' }

export interface LeafCondition {
  readonly kind: 'leaf'
  readonly field: Field
  /** Never `ne` or `nin`: those are a `not` around `eq` and `in`. */
  readonly operator: OperatorName
  /** Null for the operator `null`. */
  readonly operand: Operand | null
  readonly ignoreCase: boolean
}

export interface RelatedCondition {
  readonly kind: 'related'
  readonly relationship: RelationshipField
  /** `one`: the record that a to-one relationship leads to, as a value (`not` goes inside). */
  readonly quantifier: 'some' | 'every' | 'none' | 'one'
  readonly of: Condition
}

export type Condition =
  | { readonly kind: 'always'; readonly holds: boolean }
  | { readonly kind: 'and' | 'or'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  | LeafCondition
  | RelatedCondition
  /** Seen raw, whatever the caller may read: a declared filter or scope that publishes. */
  | { readonly kind: 'published'; readonly of: Condition }

export const always: Condition = { kind: 'always', holds: true }
export const never: Condition = { kind: 'always', holds: false }

/** All of them, with what needs no saying left out. */
export function allOf(conditions: readonly Condition[]): Condition {
  const rest = conditions.filter(one => !(one.kind === 'always' && one.holds))
  if (rest.some(one => one.kind === 'always')) return never
  return rest.length === 0 ? always : rest.length === 1 ? (rest[0] as Condition) : { kind: 'and', of: rest }
}

/** Any of them; none at all is never. */
export function anyOf(conditions: readonly Condition[]): Condition {
  const rest = conditions.filter(one => !(one.kind === 'always' && !one.holds))
  if (rest.some(one => one.kind === 'always')) return always
  return rest.length === 0 ? never : rest.length === 1 ? (rest[0] as Condition) : { kind: 'or', of: rest }
}
