// The column types timestamptz and timestamp: instants, in and out as UTC.
import { isDay } from './calendar.ts'
import type { ColumnType } from './column-type.ts'
import { canonicalFraction } from './fraction.ts'

// `+00` is how PostgreSQL writes UTC, and so it stands in ids.
const pattern =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[Tt ]([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9]|60)(?:[.]([0-9]{1,6}))?(?:[Zz]|([+ -])([01][0-9]|2[0-3]):([0-5][0-9])|\+00)?)?$/

/**
 * Shown as a JSON string: `"2015-08-05T13:56:05.123Z"`, no trailing zeros, at most six digits; `"infinity"`, `"-infinity"`.
 * Before the year 1 and beyond 9999 PostgreSQL's year stays (`"0044-03-15T12:00:00Z BC"`, `"12015-08-05T13:56:05Z"`; these cannot be sent).
 */
export const timestamptz: ColumnType = timestampType('timestamptz', '+00')
/** Means UTC, and is shown the same: what PostgreSQL's text lacks of a zone is `Z`. */
export const timestamp: ColumnType = timestampType('timestamp', '')

function timestampType(name: string, zone: string): ColumnType {
  return {
    name,
    family: 'ordered',
    number: null,
    sortable: true,
    parse: value => readTimestamp(value, zone),
    accepts:
      'a time such as 2015-08-05T13:56:05.123Z or 2015-08-05T15:56:05+02:00 (no offset: UTC), or a date, or infinity, -infinity',
    toJson: text => timestampToJson(text, zone),
    bytes: 'instant',
    jsonSchema: { type: 'string', format: 'date-time' },
  }
}

// RFC 3339, to the offset; PostgreSQL would drop the offset of a `timestamp`, so UTC is reckoned here.
function readTimestamp(value: string | number | boolean, zone: string): string | undefined {
  if (value === 'infinity' || value === '-infinity') return value
  const match = typeof value === 'string' && pattern.exec(value)
  if (!match) return undefined
  const [year, month, day, hour, minute, second] = [1, 2, 3, 4, 5, 6].map(part => Number(match[part] ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  if (!isDay(year, month, day)) return undefined
  // A space where the sign belongs is a `+` that a URL has eaten.
  const offset = (Number(match[9] ?? 0) * 60 + Number(match[10] ?? 0)) * (match[8] === '-' ? -1 : 1)
  // Date.UTC takes the years 0 to 99 for 1900 to 1999; this does not.
  const instant =
    new Date(0).setUTCFullYear(year, month - 1, day) + ((hour * 60 + minute - offset) * 60 + second) * 1000
  // A leap second ends a day of UTC, and nothing else has a second 60 (RFC 3339, 5.7).
  if (second === 60 && instant % 86_400_000 !== 0) return undefined
  const iso = new Date(instant).toISOString()
  if (!/^[0-9]{4}-/.test(iso) || iso.startsWith('0000')) return undefined
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)}${canonicalFraction(match[7])}${zone}`
}

// 2015-08-05 13:56:05.123+00, and ` BC` after it.
function timestampToJson(text: string, zone: string): string {
  const space = text.indexOf(' ')
  if (space < 0) return `"${text}"`
  const era = text.endsWith(' BC') ? ' BC' : ''
  const end = text.length - era.length - zone.length
  return `"${text.slice(0, space)}T${text.slice(space + 1, end)}Z${era}"`
}
