// Reads by cursor for one attempt: its streams take turns with those of others, and end with it, whatever has become of who reads them.
import type { ExportFormat } from '../formats/export-format.ts'
import { outsideAttempt } from './attempt-scope.ts'
import type { ExportedText, ExportQuery } from './export-query.ts'
import type { Gate } from './gate.ts'
import type { LazyTransaction } from './lazy-transaction.ts'
import type { Caller } from './run-as.ts'

export interface StreamSurroundings {
  readonly caller: Caller
  readonly exportQuery: ExportQuery
  readonly signal: AbortSignal
  readonly transaction: LazyTransaction
  /** For attempts that read so: all streams of one have one place. */
  readonly gate: Gate
}

export interface AttemptStreams {
  /** @throws `signal.reason` once the attempt is cut off */
  read(asked: Parameters<ExportQuery>[1], format: ExportFormat): AsyncGenerator<ExportedText, void>
  /** Gives their connections back. */
  close(): void
}

export function attemptStreams(around: StreamSurroundings): AttemptStreams {
  const { caller, exportQuery, signal, transaction, gate } = around
  const over = Promise.withResolvers<never>()
  over.promise.catch(() => undefined)
  signal.addEventListener('abort', () => over.reject(signal.reason), { once: true })
  const opened = new Set<AsyncGenerator<ExportedText, void>>()
  let reading = 0
  let place: Promise<() => void> | null = null

  /** Whoever holds a connection already does not wait for those who may wait for his. */
  async function enter(): Promise<void> {
    reading += 1
    if (reading === 1 && !transaction.isOpen) place = gate.enter()
    await Promise.race([place, over.promise])
  }

  function leave(): void {
    reading -= 1
    if (reading > 0) return
    void place?.then(free => free())
    place = null
  }

  async function* pieces(
    asked: Parameters<ExportQuery>[1],
    format: ExportFormat,
    ended: () => void,
  ): AsyncGenerator<ExportedText, void> {
    let exported: AsyncIterator<ExportedText> | null = null
    try {
      await enter()
      signal.throwIfAborted()
      // A connection that is opened for it is no part of the attempt.
      const iterator = exportQuery(caller, asked, format, signal)[Symbol.asyncIterator]()
      exported = iterator
      for (;;) {
        const next = await outsideAttempt(() => iterator.next())
        if (next.done) return
        yield next.value
      }
    } catch (error) {
      throw signal.aborted ? signal.reason : error
    } finally {
      try {
        await exported?.return?.()
      } finally {
        leave()
        ended()
      }
    }
  }

  return {
    read(asked, format) {
      const made: AsyncGenerator<ExportedText, void> = pieces(asked, format, () => opened.delete(made))
      opened.add(made)
      return made
    },
    close() {
      over.reject(new Error('The attempt is over.'))
      for (const one of opened) one.return().catch(() => undefined)
      opened.clear()
    },
  }
}
