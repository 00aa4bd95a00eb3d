// The aggregate min: the least value.
import type { Aggregate } from './aggregate.ts'
import { hasExtremes, typeOfExtreme } from './extremes.ts'

export const min: Aggregate = { name: 'min', appliesTo: hasExtremes, resultType: typeOfExtreme }
