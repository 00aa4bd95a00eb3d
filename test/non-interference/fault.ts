// What a fault is that can be planted in a copy of the sources.
import type { Focus } from './focus.ts'

export interface Fault {
  readonly name: string
  readonly edits: readonly Edit[]
  /** What to look at most. */
  readonly focus?: Focus
  /** The first case to try: one soon after it shows the fault. */
  readonly seed?: number
  /** The fault makes statements fail on hidden values. */
  readonly fails?: true
}

export interface Edit {
  /** Under `src`. */
  readonly file: string
  readonly find: string
  readonly put: string
}
