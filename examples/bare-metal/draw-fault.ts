// Decides what goes wrong with a request to the switch: by chance, yet the same for the same seed, operation and try.
import { createHash } from 'node:crypto'

/** What can go wrong, by when it does: before the port was switched, or after. */
export const faults = ['fails', 'silentBefore', 'silentAfter', 'late', 'cutBefore', 'cutAfter'] as const
export type Fault = (typeof faults)[number]

/** How often each happens, from 0 to 1; together at most 1. */
export type Weather = Readonly<Partial<Record<Fault, number>>>

export interface Draw {
  readonly fault: Fault | null
  /** From 0 to 1: where between its shortest and its longest the work lasts. */
  readonly length: number
}

/** @param attempt from 1 on: the same operation may fare better at another try */
export function drawFault(weather: Weather, seed: number, operation: string, attempt: number): Draw {
  const bytes = createHash('sha256').update(`${seed} ${attempt} ${operation}`).digest()
  let left = bytes.readUInt32BE(0) / 2 ** 32
  const length = bytes.readUInt32BE(4) / 2 ** 32
  for (const fault of faults) {
    left -= weather[fault] ?? 0
    if (left < 0) return { fault, length }
  }
  return { fault: null, length }
}
