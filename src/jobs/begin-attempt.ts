// Begins an attempt with what it needs: a transaction that opens when it is used, and a writer of its progress.
import type { Held } from './held-commands.ts'
import { LazyTransaction } from './lazy-transaction.ts'
import { type Attempt, performAttempt } from './perform-attempt.ts'
import { makeProgressWriter } from './progress-writer.ts'
import type { Queue } from './queue.ts'
import type { QueueSurroundings } from './queue-surroundings.ts'
import { writeProgress } from './write-progress.ts'

export interface Begun {
  readonly ended: Attempt['ended']
  readonly transaction: LazyTransaction
  /** As `ProgressWriter.stop`. */
  stopProgress(): Promise<string | null>
}

export function beginAttempt(one: Held, queue: Queue, around: QueueSurroundings): Begun {
  const { database, gate, streams, settings, query, exportQuery, report, onError } = around
  const { claimed } = one
  const transaction = new LazyTransaction(database, gate)
  const progress = makeProgressWriter(
    text => database.write(writeProgress(queue, settings.owner, claimed, text), () => undefined),
    settings.progressMs,
    onError,
  )
  one.attempt = performAttempt(claimed, queue, {
    ...{ transaction, query, exportQuery, streams, report, graceMs: settings.graceMs },
    progress: progress.report,
  })
  return { ended: one.attempt.ended, transaction, stopProgress: progress.stop }
}
