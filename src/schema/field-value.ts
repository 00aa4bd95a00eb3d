// What a field is compared as: its column type, and the SQL types of operands.
import type { ColumnType } from '../types/column-type.ts'
import type { Column, Field } from './field.ts'

export interface FieldValue {
  readonly type: ColumnType
  readonly sqlType: string
  readonly sqlListType: string | null
  readonly isArray: boolean
  readonly deterministic: boolean
  readonly nullable: boolean
}

/** Null for fields that are no single value: to-many relationships, composite foreign keys, links. */
export function fieldValue(field: Field): FieldValue | null {
  if (field.kind === 'column') return field.column
  // A key that the target keeps to itself is no value to compare with.
  if (field.kind === 'toOne')
    return field.link.own.length === 1 && !field.chosenKey ? (field.link.own[0] as Column) : null
  if (field.kind !== 'computed') return null
  return {
    type: field.type,
    sqlType: field.sqlType,
    sqlListType: `${field.sqlType}[]`,
    isArray: false,
    deterministic: true,
    nullable: field.nullable,
  }
}

export function isRelationship(field: Field): field is Extract<Field, { kind: 'toOne' | 'toMany' | 'manyToMany' }> {
  return field.kind === 'toOne' || field.kind === 'toMany' || field.kind === 'manyToMany'
}

export function isToMany(field: Field): boolean {
  return field.kind === 'manyToMany' || (field.kind === 'toMany' && !field.single)
}
