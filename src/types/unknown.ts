// Column types that are shown and nothing more: tsvector, and whatever has no file here.
import type { ColumnType } from './column-type.ts'
import { exactText } from './exact-text.ts'

/** Shown as a JSON string with PostgreSQL's own text; a filter can only ask for null. */
export const unknown: ColumnType = shownOnly('unknown', 'no value; only whether it is null')

/** The target of `search`, whose operand is plain text. */
export const tsvector: ColumnType = shownOnly('tsvector', 'words to search for')

function shownOnly(name: string, accepts: string): ColumnType {
  return {
    name,
    family: 'none',
    number: null,
    sortable: false,
    parse: () => undefined,
    accepts,
    toJson: text => JSON.stringify(text),
    jsonSchema: { type: 'string' },
    // What the text means is for the database to judge.
    input: {
      fromJson: value => (typeof value === 'string' ? exactText(value) : undefined),
      accepts: 'text that PostgreSQL reads as a value of the type, without NUL or half a surrogate pair',
      jsonSchema: { type: 'string' },
    },
  }
}
