// Collects the values of a request and numbers them: a plan speaks of numbers only.
import type { SlotValue } from './permitted.ts'

export interface Slots {
  readonly values: SlotValue[]
  add(value: SlotValue): number
}

export function newSlots(): Slots {
  const values: SlotValue[] = []
  return { values, add: value => values.push(value) - 1 }
}
