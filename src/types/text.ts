// The column types of text: text, citext, varchar, bpchar (`char(n)`) and name.
import type { ColumnType } from './column-type.ts'
import { exactText } from './exact-text.ts'

/** Shown as a JSON string. */
export const text: ColumnType = textType('text')
/** Compares without case, in every operator; shown as stored. */
export const citext: ColumnType = textType('citext')
export const varchar: ColumnType = textType('varchar')
/** Shown padded with spaces to its length, as PostgreSQL does. */
export const bpchar: ColumnType = textType('bpchar')
/** PostgreSQL cuts a longer one silently, and would then find another. */
export const name: ColumnType = {
  ...textType('name'),
  accepts: 'text of at most 63 bytes, without NUL',
  parse: value => {
    const read = exactText(value)
    return read !== undefined && Buffer.byteLength(read) <= 63 ? read : undefined
  },
}

// The database holds UTF-8, so there is no half of a surrogate pair to escape.
const mustEscape = /["\\\p{Cc}]/u

function textType(called: string): ColumnType {
  return {
    name: called,
    family: 'text',
    number: null,
    sortable: true,
    parse: exactText,
    accepts: 'text, without NUL or half a surrogate pair',
    bytes: 'escaped',
    toJson: stored => (mustEscape.test(stored) ? JSON.stringify(stored) : `"${stored}"`),
    jsonSchema: { type: 'string' },
  }
}
