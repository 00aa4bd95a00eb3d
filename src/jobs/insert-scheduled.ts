// Inserts a command that comes by the clock, unless somebody else has: its schedule and time are unique.
import type { Statement } from '../databases/database.ts'
import { type Rows, textOf } from '../formats/rows.ts'
import type { Column } from '../schema/field.ts'
import { prepared, type Queue, quoteName } from './queue.ts'

/** It is given by nobody, so that what it reads by `query` is what anyone may. */
const nobody = (schedule: string) => JSON.stringify({ id: null, client: null, roles: [], claims: {}, schedule })

/** @throws Error for a column that is not there, or a value of another type */
export function insertScheduled(
  { table, name, resource }: Queue,
  schedule: string,
  at: Date,
  row: Readonly<Record<string, unknown>>,
): Statement {
  const given = Object.entries(row).map(([column, value]) => {
    const found = resource.columns.get(column)
    const text = found && toText(value, found)
    if (text !== undefined && found) return { column: found, text }
    throw new Error(
      `The schedule "${schedule}" of ${name} gives ${column} ${found ? 'no value of its type' : 'and there is no such column'}.`,
    )
  })
  const columns = given.map(({ column }) => `, ${quoteName(column.name)}`).join('')
  const values = given.map(({ column }, i) => `, $${i + 4}::${column.sqlType}`).join('')
  const text = `insert into ${table} (schedule, schedule_at, run_as${columns}) values ($1::text, $2::timestamptz, $3::jsonb${values})
    on conflict (schedule, schedule_at) do nothing`
  return prepared(text, [schedule, at.toISOString(), nobody(schedule), ...given.map(one => one.text)])
}

function toText(value: unknown, column: Column): string | null | undefined {
  if (value === null || value === undefined) return null
  if (value instanceof Date) return column.type.parse(value.toISOString())
  if (typeof value === 'object') return JSON.stringify(value)
  return column.type.parse(value as string | number | boolean)
}

export function findLastScheduled({ table }: Queue, schedule: string): Statement {
  const text = `select extract(epoch from max(schedule_at)) * 1000 from ${table} where schedule = $1::text`
  return prepared(text, [schedule])
}

/** Milliseconds since 1970; null where it was never given. */
export function readLastScheduled(rows: Rows): number | null {
  const text = textOf(rows.at(0), 0)
  return text === null ? null : Number(text)
}
