// A read that waits for its answer, wherever it stands: in the queue, on a connection, or on its second one.
import type { Rows } from '../../../formats/rows.ts'
import type { Statement, Waiting } from '../../database.ts'

export interface PendingRead {
  readonly statement: Statement
  /** The values as text. */
  readonly values: readonly (string | null)[]
  readonly waiting: Waiting
  /**
   * It changes something, and is answered when it is committed: alone, or together with others of its kind, which then share a commit. Where one of
   * those fails none was done, and each is sent again alone.
   */
  writes: false | 'alone' | 'grouped'
  /** When it was asked for, in milliseconds of `performance.now()`. */
  readonly since: number
  /**
   * Hands the rows over; what the taker throws fails the read. Once it has an answer, any other is dropped.
   * @throws ProtocolError where the rows are none
   */
  succeed(rows: Rows): void
  fail(error: unknown): void
  /** The flush of the pool that it comes into first; placed by a later one, it had to wait. */
  readonly flush: number
  settled: boolean
  /** Times that it was sent. */
  sent: number
  /** Times that the connection it was on was lost. */
  lost: number
  /** Its statement was found to be stale on a connection, and is prepared anew. */
  stale: boolean
}
