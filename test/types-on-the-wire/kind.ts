// A kind of column: a type of PostgreSQL with the values that are worth storing in it.
import type { Random } from '../non-interference/random.ts'
import { asList, asText, type Show } from './shown.ts'

export interface Kind {
  /** As a table names it: `varchar(10)`. */
  readonly sql: string
  readonly show: Show
  /** Texts that PostgreSQL reads as values; each is stored at least once. */
  readonly values: readonly string[]
  readonly draw: ((random: Random) => string) | null
  readonly sortable: boolean
}

/** A kind that rows can be sorted by. */
export function kind(sql: string, show: Show, values: readonly string[], draw: Kind['draw'] = null): Kind {
  return { sql, show, values, draw, sortable: true }
}

/** A kind that is shown and no more; as its text, when nothing else is said. */
export function shownOnly(sql: string, values: readonly string[], show: Show = asText): Kind {
  return { sql, show, values, draw: null, sortable: false }
}

/** Lists of a kind: empty, with nulls, of several dimensions, with bounds, and every value of the kind in one. */
export function listOf(one: Kind, delimiter = ','): Kind {
  const quoted = one.values.map(quote)
  const join = (items: readonly string[]) => `{${items.join(delimiter)}}`
  const [a = 'NULL', b = a, c = a, d = b] = quoted
  return {
    sql: `${one.sql}[]`,
    show: asList(one.show, delimiter),
    values: [
      '{}',
      '{NULL}',
      join([a]),
      join(quoted.filter(text => text.length < 5_000)),
      join([a, 'NULL', b, 'NULL']),
      join([join([a, b]), join([c, d])]),
      join([join([join(['NULL']), join([a])]), join([join([b]), join(['NULL'])])]),
      `[0:1]=${join([a, b])}`,
      `[-5:-4][7:8]=${join([join([a, b]), join(['NULL', d])])}`,
    ],
    draw: random => join(random.some([...quoted.filter(text => text.length < 500), 'NULL'], 0, 4)),
    sortable: false,
  }
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}
