// Column types made of another: arrays.
import { arrayToJson, toArrayText } from './array-text.ts'
import type { ColumnType } from './column-type.ts'
import { inputOf } from './from-json.ts'

export interface ArrayType extends ColumnType {
  readonly element: ColumnType
  /** One element, for `has`; a text to cast to the element's type, not to the array's. */
  readonly parse: ColumnType['parse']
  /** The whole array, for `eq` and for writing: the text of a PostgreSQL array, or undefined where one of the values is none of the element's. */
  readonly parseList: (values: readonly (string | number | boolean | null)[]) => string | undefined
}

/** Shown as a JSON array of the elements as their type shows them; arrays of arrays nest. What has no equality by itself has none in an array. */
export function arrayType(element: ColumnType): ArrayType {
  return {
    name: `${element.name}[]`,
    family: element.family === 'none' ? 'none' : 'array',
    number: null,
    sortable: false,
    element,
    parse: element.parse,
    parseList: values => {
      const elements = values.map(value => (value === null ? null : element.parse(value)))
      return elements.every(one => one !== undefined) ? toArrayText(elements) : undefined
    },
    accepts: `a list of values, each ${element.accepts}`,
    toJson: text => arrayToJson(text, element.toJson),
    jsonSchema: { type: 'array', items: { anyOf: [element.jsonSchema, { type: 'null' }] } },
    input: {
      fromJson: value => (Array.isArray(value) ? arrayFromJson(value, element, maxDimensions) : undefined),
      accepts: `a list of values, each ${inputOf(element).accepts}`,
      jsonSchema: { type: 'array', items: itemSchema(element) },
    },
  }
}

/** PostgreSQL's own bound. */
const maxDimensions = 6

function itemSchema(element: ColumnType): Readonly<Record<string, unknown>> {
  const { jsonSchema } = inputOf(element)
  // JSON Schema cannot say that lists in a list are of one length.
  return { anyOf: [jsonSchema, { type: 'null' }, ...(isJson(element) ? [] : [{ type: 'array', minItems: 1 }])] }
}

function isJson({ name }: ColumnType): boolean {
  return name === 'json' || name === 'jsonb'
}

/** Lists in a list must all be of one length, as the rows of a matrix; a list in a list of JSON values is one of these values. */
function arrayFromJson(values: readonly unknown[], element: ColumnType, dimensions: number): string | undefined {
  if (isJson(element) || !values.some(Array.isArray)) {
    const texts: (string | null)[] = []
    for (const value of values) {
      const text = value === null ? null : inputOf(element).fromJson(value)
      if (text === undefined) return undefined
      texts.push(text)
    }
    return toArrayText(texts)
  }
  const shape = shapeOf(values[0], dimensions - 1)
  if (shape === undefined) return undefined
  const rows: string[] = []
  for (const row of values) {
    if (!Array.isArray(row) || row.length === 0 || shapeOf(row, dimensions - 1) !== shape) return undefined
    const text = arrayFromJson(row, element, dimensions - 1)
    if (text === undefined) return undefined
    rows.push(text)
  }
  return `{${rows.join(',')}}`
}

/** The lengths of a list and of the first list in it, and so on: `2,3`. Lists beside the first are compared one level down. */
function shapeOf(value: unknown, dimensions: number): string | undefined {
  if (!Array.isArray(value)) return ''
  if (dimensions === 0) return undefined
  const inner = shapeOf(value[0], dimensions - 1)
  return inner === undefined ? undefined : `${value.length},${inner}`
}

/** Whether a column type is an array's. */
export function isArrayType(type: ColumnType): type is ArrayType {
  return 'parseList' in type
}
