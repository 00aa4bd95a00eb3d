// The column type bytea, in hexadecimal.
import type { ColumnType } from './column-type.ts'

/** Shown as a JSON string with PostgreSQL's own text, `\x` and lower-case hexadecimal: `"\\x0aff"`. */
export const bytea: ColumnType = {
  name: 'bytea',
  family: 'equal',
  number: null,
  sortable: true,
  parse: value => (typeof value === 'string' && /^\\x(?:[0-9a-f]{2})*$/i.test(value) ? value.toLowerCase() : undefined),
  accepts: 'bytes in hexadecimal after \\x, such as \\x0aff',
  toJson: text => JSON.stringify(text),
  jsonSchema: { type: 'string', pattern: '^\\\\x([0-9a-fA-F]{2})*$' },
}
