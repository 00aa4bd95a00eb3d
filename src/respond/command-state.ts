// Reads from the row of a command, beside the record, whether it is over and when to ask again.
import { type RowBytes, textOf } from '../formats/rows.ts'
import type { Layout } from '../plan/layout.ts'

/** The state of a command as far as its caller may know it. */
export interface CommandState {
  /** Null where it is hidden on this row. */
  readonly status: string | null
  /** The key, as text. */
  readonly key: string
  /** When it is tried at the earliest: seconds since 1970; null where the caller may not know. */
  readonly runAt: number | null
}

export function readState(row: RowBytes, { state }: Layout): CommandState | undefined {
  if (!state) return undefined
  const runAt = state.runAt < 0 ? null : textOf(row, state.runAt)
  return {
    status: textOf(row, state.status),
    key: textOf(row, state.key) ?? '',
    runAt: runAt === null ? null : Number(runAt),
  }
}

/** Whether nothing will change any more. Of what the caller may not know this is never told. */
export function isFinal({ status }: CommandState): boolean {
  return status === 'succeeded' || status === 'failed' || status === 'cancelled'
}

const longestSeconds = 3_600

/**
 * How many seconds to wait before asking again: until a command that waits for its time is due, else one.
 * @returns null where there is nothing to wait for, or nothing to tell
 */
export function retryAfter(state: CommandState, nowMs: number): string | null {
  if (state.status === null || isFinal(state)) return null
  const due = state.status === 'pending' && state.runAt !== null ? state.runAt - Math.floor(nowMs / 1000) : 0
  return String(Math.min(Math.max(due, 1), longestSeconds))
}
