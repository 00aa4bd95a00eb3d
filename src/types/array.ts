// Column types made of another: arrays.
import { arrayToJson, toArrayText } from './array-text.ts'
import type { ColumnType } from './column-type.ts'

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
  }
}

/** Whether a column type is an array's. */
export function isArrayType(type: ColumnType): type is ArrayType {
  return 'parseList' in type
}
