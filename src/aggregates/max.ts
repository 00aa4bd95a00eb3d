// The aggregate max: the greatest value.
import type { Aggregate } from './aggregate.ts'
import { hasExtremes, typeOfExtreme } from './extremes.ts'

export const max: Aggregate = { name: 'max', appliesTo: hasExtremes, resultType: typeOfExtreme }
