// The list of column types. A new one is a file of its own and a line here.
import { bool } from './boolean.ts'
import { bytea } from './bytea.ts'
import type { ColumnType } from './column-type.ts'
import { date } from './date.ts'
import { float4, float8 } from './floats.ts'
import { int2, int4, int8 } from './integers.ts'
import { interval } from './interval.ts'
import { json, jsonb } from './json.ts'
import { cidr, inet, macaddr } from './network.ts'
import { numeric } from './numeric.ts'
import { point } from './point.ts'
import { ranges } from './ranges.ts'
import { bpchar, citext, name, text, varchar } from './text.ts'
import { time, timetz } from './times.ts'
import { timestamp, timestamptz } from './timestamps.ts'
import { tsvector, unknown } from './unknown.ts'
import { uuid } from './uuid.ts'

export { arrayType, isArrayType } from './array.ts'
export type { ColumnType } from './column-type.ts'
export { enumType } from './enum.ts'
export { fromJson, inputOf } from './from-json.ts'

/** By the name in `pg_type`. Enums and arrays are made: `enumType`, `arrayType`. */
export const columnTypes: ReadonlyMap<string, ColumnType> = new Map(
  [
    ...[bool, int2, int4, int8, numeric, float4, float8],
    ...[text, citext, varchar, bpchar, name, uuid],
    ...[date, time, timetz, timestamptz, timestamp, interval],
    ...[bytea, inet, cidr, macaddr, point, json, jsonb],
    ...[tsvector, ...ranges, unknown],
  ].map(type => [type.name, type]),
)

/** The type of this name; `unknown`, which is shown as its text and never compared, where there is none. */
export function columnType(name: string): ColumnType {
  return columnTypes.get(name) ?? unknown
}
