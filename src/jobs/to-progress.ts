// Reads what `perform` tells of its progress: figures that are none are left out, and none of it fails the command.
import { toStorable } from './storable-text.ts'

/** As the column `progress` has it. */
export interface Progress {
  readonly done: number
  readonly total?: number
  readonly note?: string
}

/** Characters of a note: it is sent to everybody who follows the command, each time. */
const maxNote = 1_000

/** Null where `done` is no number from 0 up: then nothing was told. */
export function toProgress(done: unknown, total?: unknown, note?: unknown): Progress | null {
  if (!isCount(done)) return null
  return {
    done,
    ...(isCount(total) && { total }),
    ...(typeof note === 'string' && { note: toStorable(note, maxNote) }),
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}
