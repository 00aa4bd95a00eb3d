// The column types json and jsonb.
import type { ColumnType } from './column-type.ts'
import { exactText } from './exact-text.ts'

/** Shown as it is. Text compares as a JSON string, numbers and booleans as themselves. */
export const jsonb: ColumnType = {
  name: 'jsonb',
  family: 'json',
  number: null,
  sortable: false,
  parse: readJson,
  accepts: 'a JSON string, number or boolean; a number beyond 2^53 is refused',
  toJson: text => text,
  jsonSchema: {},
}

/**
 * Shown as it is, but for line breaks between its parts, which become spaces so that a record stays on one line.
 * It has no equality, and looking into it can raise, so a filter can only ask for null.
 */
export const json: ColumnType = {
  ...jsonb,
  name: 'json',
  family: 'none',
  // Inside a string they are escaped, so these stand between parts.
  toJson: text => (text.includes('\n') || text.includes('\r') ? text.replace(/[\r\n]+/g, ' ') : text),
}

function readJson(value: string | number | boolean): string | undefined {
  return exactText(value) === undefined ? undefined : JSON.stringify(value)
}
