// The column types of ranges and multiranges: shown as PostgreSQL's own text, and written as it.
import type { ColumnType } from './column-type.ts'
import { compareDecimals } from './compare-decimals.ts'
import { date } from './date.ts'
import { exactText } from './exact-text.ts'
import { int4, int8 } from './integers.ts'
import { numeric } from './numeric.ts'
import { timestamp, timestamptz } from './timestamps.ts'

interface Bounds {
  readonly element: ColumnType
  readonly compare: (a: string, b: string) => number
  /** PostgreSQL goes on from an included upper bound to the next value, which after this one is not there. */
  readonly highest: string | null
  readonly example: string
}

const families: readonly (readonly [name: string, bounds: Bounds])[] = [
  ['int4', { element: int4, compare: compareDecimals, highest: '2147483647', example: '[1,5)' }],
  ['int8', { element: int8, compare: compareDecimals, highest: '9223372036854775807', example: '[1,5)' }],
  ['num', { element: numeric, compare: compareDecimals, highest: null, example: '[1.5,2]' }],
  ['ts', { element: timestamp, compare: compareInstants, highest: null, example: '[2016-01-24T10:00:00,2016-01-25)' }],
  [
    'tstz',
    { element: timestamptz, compare: compareInstants, highest: null, example: '[2016-01-24T10:00:00Z,2016-01-25)' },
  ],
  ['date', { element: date, compare: compareInstants, highest: null, example: '[2016-01-24,2016-02-01)' }],
]

/** Shown as a JSON string with PostgreSQL's own text; a filter can only ask for null. */
export const ranges: readonly ColumnType[] = families.flatMap(([name, bounds]) => [
  rangeType(`${name}range`, `a range such as ${bounds.example}, or empty`, text => readRange(text, bounds)),
  rangeType(`${name}multirange`, `ranges in braces, such as {${bounds.example}}`, text => readRanges(text, bounds)),
])

function rangeType(name: string, accepts: string, read: (text: string) => string | undefined): ColumnType {
  return {
    name,
    family: 'none',
    number: null,
    sortable: false,
    parse: () => undefined,
    accepts: 'no value; only whether it is null',
    toJson: text => JSON.stringify(text),
    jsonSchema: { type: 'string' },
    input: {
      fromJson: value => (typeof value === 'string' && exactText(value) !== undefined ? read(value) : undefined),
      accepts,
      jsonSchema: { type: 'string' },
    },
  }
}

const bound = '(?:"[^"]*"|[^",()[\\]]*)'
const rangePattern = new RegExp(`^([[(])(${bound}),(${bound})([\\])])$`)

function readRange(text: string, bounds: Bounds): string | undefined {
  if (text === 'empty') return text
  const [, opening = '', from = '', to = '', closing = ''] = rangePattern.exec(text) ?? []
  const [lower, upper] = [readBound(from, bounds), readBound(to, bounds)]
  if (opening === '' || lower === undefined || upper === undefined) return undefined
  if (lower !== '' && upper !== '' && bounds.compare(lower, upper) > 0) return undefined
  if (
    bounds.highest !== null &&
    ((opening === '(' && lower === bounds.highest) || (closing === ']' && upper === bounds.highest))
  )
    return undefined
  return `${opening}${quoted(lower)},${quoted(upper)}${closing}`
}

/** The empty text where there is no bound. */
function readBound(given: string, { element }: Bounds): string | undefined {
  if (given === '') return ''
  const text = given.startsWith('"') ? given.slice(1, -1) : given
  // PostgreSQL shows the offset of UTC in two digits.
  return element.parse(element.name === 'timestamptz' ? text.replace(/ ([0-9:.]+)[+]00$/, ' $1Z') : text)
}

const quoted = (text: string): string => text && `"${text}"`

const onePattern = new RegExp(`empty|[[(]${bound},${bound}[\\])]`, 'y')

function readRanges(text: string, bounds: Bounds): string | undefined {
  if (!text.startsWith('{') || !text.endsWith('}') || text.length < 2) return undefined
  const read: string[] = []
  let at = 1
  while (at < text.length - 1) {
    onePattern.lastIndex = at
    const one = onePattern.exec(text)?.[0]
    const range = one === undefined ? undefined : readRange(one, bounds)
    if (one === undefined || range === undefined) return undefined
    read.push(range)
    at += one.length
    if (at === text.length - 1) break
    if (text[at] !== ',' || at === text.length - 2) return undefined
    at += 1
  }
  return `{${read.join(',')}}`
}

/** Canonical texts of one zone compare as text: the fraction has no zeros at its end. */
function compareInstants(a: string, b: string): number {
  const [left, right] = [a, b].map(text => (text === 'infinity' ? '~' : text === '-infinity' ? '' : text)) as [
    string,
    string,
  ]
  return left < right ? -1 : left > right ? 1 : 0
}
