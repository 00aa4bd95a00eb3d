// What the naive model knows of a field and of a role.
import type { FilterDefinition } from '../../src/schema/resource-definition.ts'

export type TypeName = 'int4' | 'text' | 'bool' | 'timestamptz' | 'date' | 'uuid' | 'jsonb' | 'enum'

export interface ColumnFact {
  readonly name: string
  readonly type: TypeName
  /** Of an enum, in its order. */
  readonly labels: readonly string[]
}

export type FieldFact =
  | { readonly kind: 'column'; readonly name: string; readonly column: ColumnFact; readonly inKey: boolean }
  | {
      readonly kind: 'toOne'
      readonly name: string
      readonly column: ColumnFact
      readonly inKey: boolean
      readonly target: string
    }
  | {
      readonly kind: 'toMany'
      readonly name: string
      readonly target: string
      readonly by: string
      readonly holder: string
    }
  | {
      readonly kind: 'manyToMany'
      readonly name: string
      readonly target: string
      readonly through: string
      readonly near: string
      readonly far: string
    }
  | { readonly kind: 'exists'; readonly name: string; readonly relationship: string; readonly filter: FilterDefinition }
  | { readonly kind: 'where'; readonly name: string; readonly filter: FilterDefinition }
  | { readonly kind: 'copy'; readonly name: string; readonly of: string }
  | { readonly kind: 'links'; readonly name: string }
export type RelationshipFact = Extract<FieldFact, { readonly target: string }>

export interface RoleFact {
  readonly name: string
  readonly reads: ReadonlySet<string>
  /** Named by an `only`: a computed field among them is published. */
  readonly named: ReadonlySet<string>
  readonly defaults: { readonly list: ReadonlySet<string>; readonly item: ReadonlySet<string> }
  /** All of them must be true of the row. */
  readonly conditions: readonly FilterDefinition[]
  readonly dependsOnRecord: boolean
}

export function isRelationship(field: FieldFact): field is RelationshipFact {
  return 'target' in field
}

export function isToMany(field: FieldFact): boolean {
  return field.kind === 'toMany' || field.kind === 'manyToMany'
}

export function listOf<T>(value: T | readonly T[] | undefined): readonly T[] {
  return value === undefined ? [] : Array.isArray(value) ? (value as readonly T[]) : [value as T]
}
