// The column type interval, in ISO 8601 durations.
import type { ColumnType } from './column-type.ts'
import { canonicalFraction } from './fraction.ts'

const pattern =
  /^P(?=.)(?:(-?[0-9]{1,10})Y)?(?:(-?[0-9]{1,10})M)?(?:(-?[0-9]{1,10})W)?(?:(-?[0-9]{1,10})D)?(?:T(?=.)(?:(-?[0-9]{1,10})H)?(?:(-?[0-9]{1,10})M)?(?:(-?)([0-9]{1,10})(?:[.]([0-9]{1,6}))?S)?)?$/

// Months, days and (in PostgreSQL 14) each part of a time are 32 bits wide.
const highest = 2_147_483_647

/** Shown as a JSON string with the text of `intervalstyle = iso_8601`: `"P1Y2M3DT4H5M6.5S"`, `"P-1DT-2H"`, `"PT0S"`. */
export const interval: ColumnType = {
  name: 'interval',
  family: 'ordered',
  number: null,
  sortable: true,
  parse: readInterval,
  accepts: 'an ISO 8601 duration such as P1DT2H, each part at most 2147483647',
  toJson: text => `"${text}"`,
  jsonSchema: { type: 'string', pattern: '^(P[-+.0-9YMWDTHS]+|-?infinity)$' },
}

// PostgreSQL keeps months, days and microseconds apart; so does the canonical form, which is what it prints.
function readInterval(value: string | number | boolean): string | undefined {
  const match = typeof value === 'string' && pattern.exec(value)
  if (!match) return undefined
  const [years, months, weeks, days, hours, minutes] = [1, 2, 3, 4, 5, 6].map(part => Number(match[part] ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  // Each part by itself too, for some versions overflow on the way to a sum that fits.
  if (Math.abs(years * 12) + Math.abs(months) > highest || Math.abs(weeks * 7) + Math.abs(days) > highest)
    return undefined
  const micros = BigInt((match[8] ?? '0') + (match[9] ?? '').padEnd(6, '0')) * (match[7] === '-' ? -1n : 1n)
  const seconds = Math.abs(hours * 3600) + Math.abs(minutes * 60) + Number(match[8] ?? 0)
  if (seconds > highest * 3600) return undefined
  return spell(years * 12 + months, weeks * 7 + days, BigInt(hours * 3600 + minutes * 60) * 1_000_000n + micros)
}

function spell(months: number, days: number, micros: bigint): string {
  const sign = micros < 0n ? '-' : ''
  const whole = micros < 0n ? -micros : micros
  const seconds = whole / 1_000_000n
  const fraction = canonicalFraction(String(whole % 1_000_000n).padStart(6, '0'))
  const date = part(Math.trunc(months / 12), 'Y') + part(months % 12, 'M') + part(days, 'D')
  const second = seconds % 60n !== 0n || fraction !== '' ? `${sign}${seconds % 60n}${fraction}S` : ''
  const time = part(seconds / 3600n, 'H', sign) + part((seconds / 60n) % 60n, 'M', sign) + second
  return date + time === '' ? 'PT0S' : `P${date}${time && `T${time}`}`
}

function part(amount: number | bigint, unit: string, sign = ''): string {
  return Number(amount) === 0 ? '' : `${sign}${amount}${unit}`
}
