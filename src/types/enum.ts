// Column types made from the labels of an enum.
import type { ColumnType } from './column-type.ts'

/** Labels are exact, case included. Shown as a JSON string; sorts in the order of the labels. */
export function enumType(labels: readonly string[]): ColumnType {
  const known = new Set(labels)
  return {
    name: 'enum',
    family: 'ordered',
    number: null,
    sortable: true,
    parse: value => (typeof value === 'string' && known.has(value) ? value : undefined),
    accepts: `one of ${labels.join(', ')}`,
    toJson: text => JSON.stringify(text),
    bytes: 'escaped',
    jsonSchema: { type: 'string', enum: labels },
  }
}
