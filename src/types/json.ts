// The column types json and jsonb.
import type { ColumnType } from './column-type.ts'
import { exactText } from './exact-text.ts'

/** Far below what overflows a stack, here or in PostgreSQL. */
const maxDepth = 100

/** Shown as it is. Text compares as a JSON string, numbers and booleans as themselves. */
export const jsonb: ColumnType = {
  name: 'jsonb',
  family: 'json',
  number: null,
  sortable: false,
  parse: readJson,
  accepts: 'a JSON string, number or boolean; a number beyond 2^53 is refused',
  toJson: text => text,
  bytes: 'bare',
  jsonSchema: {},
  input: {
    fromJson: value => (value !== null && isStorable(value) ? JSON.stringify(value) : undefined),
    accepts: `a JSON value nested no deeper than ${maxDepth}, without NUL, half a surrogate pair, or numbers beyond 2^53`,
    jsonSchema: {},
  },
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
  bytes: undefined,
}

function readJson(value: string | number | boolean): string | undefined {
  return exactText(value) === undefined ? undefined : JSON.stringify(value)
}

/** Whether all that the value holds can be stored, and comes back the same. Level by level, not by recursion, whose depth the sender would choose. */
function isStorable(value: unknown): boolean {
  let level: readonly unknown[] = [value]
  for (let depth = 0; depth <= maxDepth; depth++) {
    const next: unknown[] = []
    for (const one of level) {
      if (one === null) continue
      if (typeof one === 'object') {
        if (!Array.isArray(one) && !Object.keys(one).every(key => exactText(key) !== undefined)) return false
        for (const item of Array.isArray(one) ? one : Object.values(one)) next.push(item)
      } else if (!isScalar(one) || exactText(one) === undefined) return false
    }
    if (next.length === 0) return true
    level = next
  }
  return false
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}
