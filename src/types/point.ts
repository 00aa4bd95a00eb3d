// The column type point.
import type { ColumnType } from './column-type.ts'
import { float8, floatToJson } from './floats.ts'
import { fromJson } from './from-json.ts'

/** Shown as a JSON object of numbers: `{"x":1.5,"y":2}`. PostgreSQL has no `=` for it, so a filter can only ask for null. */
export const point: ColumnType = {
  name: 'point',
  family: 'none',
  number: null,
  sortable: false,
  parse: readPoint,
  accepts: 'a point such as (1.5,2)',
  toJson: text => {
    const comma = text.indexOf(',')
    return `{"x":${floatToJson(text.slice(1, comma))},"y":${floatToJson(text.slice(comma + 1, -1))}}`
  },
  jsonSchema: {
    type: 'object',
    properties: { x: float8.jsonSchema, y: float8.jsonSchema },
    required: ['x', 'y'],
    additionalProperties: false,
  },
  input: {
    fromJson: pointFromJson,
    accepts: 'a point such as {"x":1.5,"y":2}',
    jsonSchema: {
      type: 'object',
      properties: { x: float8.jsonSchema, y: float8.jsonSchema },
      required: ['x', 'y'],
      additionalProperties: false,
    },
  },
}

function pointFromJson(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  if (Object.keys(value).length !== 2 || !Object.hasOwn(value, 'x') || !Object.hasOwn(value, 'y')) return undefined
  const { x, y } = value as { readonly x: unknown; readonly y: unknown }
  const [left, right] = [fromJson(float8, x), fromJson(float8, y)]
  return left !== undefined && right !== undefined ? `(${left},${right})` : undefined
}

function readPoint(value: string | number | boolean): string | undefined {
  const match = typeof value === 'string' && /^[(]([^,]+),([^,]+)[)]$/.exec(value)
  const x = match && float8.parse(match[1] as string)
  const y = match && float8.parse(match[2] as string)
  return x && y ? `(${x},${y})` : undefined
}
