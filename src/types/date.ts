// The column type date.
import { isDay } from './calendar.ts'
import type { ColumnType } from './column-type.ts'

/**
 * Shown as a JSON string with PostgreSQL's own text: `"2016-01-24"`, `"infinity"`; before the year 1 `"0044-03-15 BC"`, beyond 9999 `"12016-01-24"`
 * (the last two cannot be sent).
 */
export const date: ColumnType = {
  name: 'date',
  family: 'ordered',
  number: null,
  sortable: true,
  parse: readDate,
  accepts: 'a date such as 2016-01-24, from year 0001 to 9999, or infinity, -infinity',
  toJson: text => `"${text}"`,
  bytes: 'quoted',
  jsonSchema: { type: 'string', format: 'date' },
}

function readDate(value: string | number | boolean): string | undefined {
  if (value === 'infinity' || value === '-infinity') return value
  const match = typeof value === 'string' && /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(value)
  return match && isDay(Number(match[1]), Number(match[2]), Number(match[3])) ? match[0] : undefined
}
