// The column types time and timetz: times of day.
import type { ColumnType } from './column-type.ts'
import { canonicalFraction } from './fraction.ts'

const clock = '([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9])(?:[.]([0-9]{1,6}))?)?'
const timePattern = new RegExp(`^(?:${clock}|24:00:00)$`)
// PostgreSQL knows offsets up to ±15:59:59.
const timetzPattern = new RegExp(
  `^(?:${clock}|24:00:00)(?:([Zz])|([+ -])(0[0-9]|1[0-5])(?::([0-5][0-9])(?::([0-5][0-9]))?)?)?$`,
)

/** Shown as a JSON string with PostgreSQL's own text: `"13:56:05.123"`. */
export const time: ColumnType = {
  name: 'time',
  family: 'ordered',
  number: null,
  sortable: true,
  parse: value => {
    const match = typeof value === 'string' && timePattern.exec(value)
    return match ? canonicalClock(match) : undefined
  },
  accepts: 'a time of day such as 13:56:05 or 13:56:05.123',
  toJson: text => `"${text}"`,
  jsonSchema: { type: 'string', pattern: '^[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?$' },
}

/** Shown as a JSON string with PostgreSQL's own text, the offset as short as can be: `"13:56:05+00"`, `"13:56:05.5-03:30"`. */
export const timetz: ColumnType = {
  name: 'timetz',
  family: 'ordered',
  number: null,
  sortable: true,
  parse: value => {
    const match = typeof value === 'string' && timetzPattern.exec(value)
    return match ? canonicalClock(match) + canonicalOffset(match) : undefined
  },
  accepts: 'a time of day with an offset, such as 13:56:05+02:00 or 13:56:05Z (without one: UTC)',
  toJson: text => `"${text}"`,
  jsonSchema: {
    type: 'string',
    pattern: '^[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?([Zz]|[+-][0-9]{2}(:[0-9]{2}){0,2})?$',
  },
}

function canonicalClock([, hour = '24', minute = '00', second = '00', fraction]: RegExpExecArray): string {
  return `${hour}:${minute}:${second}${canonicalFraction(fraction)}`
}

function canonicalOffset([, , , , , , sign, hours = '00', minutes = '00', seconds = '00']: RegExpExecArray): string {
  const tail = seconds !== '00' ? `:${minutes}:${seconds}` : minutes !== '00' ? `:${minutes}` : ''
  // A space where the sign belongs is a `+` that a URL has eaten.
  return `${sign === '-' && hours + tail !== '00' ? '-' : '+'}${hours}${tail}`
}
