// The aggregate count.

import type { ColumnType } from '../types/column-type.ts'
import { int8 } from '../types/integers.ts'
import type { Aggregate } from './aggregate.ts'

/** No table has 2^53 rows, so a count is a JSON number although PostgreSQL answers an int8. */
const count8: ColumnType = { ...int8, toJson: text => text, bytes: 'bare', jsonSchema: { type: 'integer', minimum: 0 } }

/** How many visible rows have a value: applies to every type. */
export const count: Aggregate = { name: 'count', appliesTo: () => true, resultType: () => count8 }
