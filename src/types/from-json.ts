// Reads a value of a JSON body as the text that PostgreSQL takes for it.
import type { ColumnType, JsonInput } from './column-type.ts'

/**
 * The text to bind for a value of a body; undefined where it is none of the type. Null is the column's to allow.
 * @example
 * fromJson(columnType('timestamptz'), '2015-08-05T15:56:05+02:00') // '2015-08-05 13:56:05+00'
 */
export function fromJson(type: ColumnType, value: unknown): string | undefined {
  return inputOf(type).fromJson(value)
}

/** How values of a body are read; where the type says nothing of it, they are the strings that `parse` takes. */
export function inputOf(type: ColumnType): JsonInput {
  return (
    type.input ?? {
      fromJson: value => (typeof value === 'string' ? type.parse(value) : undefined),
      accepts: type.accepts,
      jsonSchema: type.jsonSchema,
    }
  )
}
