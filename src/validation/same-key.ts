// Compares the key that a body says with the one that its path says.
import type { Column, Field } from '../schema/field.ts'

/** @param texts what the path says, by column */
export function differsFromKey(value: unknown, field: Field, texts: ReadonlyMap<Column, string>): boolean {
  if (field.kind === 'column') return differs(value, field.column, texts)
  if (field.kind !== 'toOne') return true
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  const parts = isObject ? Object.values(value) : [value]
  return parts.length !== field.link.own.length || field.link.own.some((own, i) => differs(parts[i], own, texts))
}

function differs(value: unknown, column: Column, texts: ReadonlyMap<Column, string>): boolean {
  const isScalar = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
  return !isScalar || column.type.parse(value) !== texts.get(column)
}
