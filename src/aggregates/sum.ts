// The aggregate sum.
import { float8 } from '../types/floats.ts'
import { numeric } from '../types/numeric.ts'
import type { Aggregate } from './aggregate.ts'

/** Exact numbers as a decimal string, however large; floats as a number. */
export const sum: Aggregate = {
  name: 'sum',
  appliesTo: type => type.number !== null,
  resultType: type => (type.number === 'exact' ? numeric : float8),
}
