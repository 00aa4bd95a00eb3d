// Column types that are shown and nothing more: ranges, tsvector, and whatever has no file here.
import type { ColumnType } from './column-type.ts'

/** Shown as a JSON string with PostgreSQL's own text; a filter can only ask for null. */
export const unknown: ColumnType = shownOnly('unknown', 'no value; only whether it is null')

/** The target of `search`, whose operand is plain text. */
export const tsvector: ColumnType = shownOnly('tsvector', 'words to search for')

export const ranges: readonly ColumnType[] = ['int4', 'int8', 'num', 'ts', 'tstz', 'date'].flatMap(of =>
  [`${of}range`, `${of}multirange`].map(name => shownOnly(name, 'no value; only whether it is null')),
)

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
  }
}
