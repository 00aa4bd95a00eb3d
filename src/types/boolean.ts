// The column type bool: `true 1 t` and `false 0 f`, nothing else.
import type { ColumnType } from './column-type.ts'

const words: ReadonlyMap<string, string> = new Map([
  ['true', 'true'],
  ['1', 'true'],
  ['t', 'true'],
  ['false', 'false'],
  ['0', 'false'],
  ['f', 'false'],
])

/** Shown as JSON `true` and `false`. Sorts false first; PostgreSQL has no min or max of it. */
export const bool: ColumnType = {
  name: 'bool',
  family: 'equal',
  number: null,
  sortable: true,
  // Longer than any word: not worth a lower-cased copy.
  parse: value => (typeof value === 'string' && value.length > 5 ? undefined : words.get(String(value).toLowerCase())),
  accepts: 'true or false (also 1, t, 0, f)',
  // `t` on the wire, `true` after a cast to text.
  toJson: text => (text.charCodeAt(0) === 0x74 ? 'true' : 'false'),
  bytes: 'boolean',
  jsonSchema: { type: 'boolean' },
  input: {
    fromJson: value => (typeof value === 'boolean' ? String(value) : undefined),
    accepts: 'true or false',
    jsonSchema: { type: 'boolean' },
  },
}
