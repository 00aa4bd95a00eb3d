// The aggregate avg.
import type { ColumnType } from '../types/column-type.ts'
import { float8 } from '../types/floats.ts'
import { numeric } from '../types/numeric.ts'
import type { Aggregate } from './aggregate.ts'

/** PostgreSQL prints 12.5 as 12.5000000000000000; shown is `"12.5"`, which is what `trim_scale` makes of it in SQL. */
const average: ColumnType = { ...numeric, toJson: text => `"${trimScale(text)}"`, bytes: undefined }

/** Exact numbers as a decimal string without trailing zeros; floats as a number. */
export const avg: Aggregate = {
  name: 'avg',
  appliesTo: type => type.number !== null,
  resultType: type => (type.number === 'exact' ? average : float8),
}

function trimScale(text: string): string {
  return text.includes('.') ? text.replace(/[.]?0+$/, '') : text
}
