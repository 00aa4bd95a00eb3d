// Calls `perform` for one command, and waits for it no longer than it may take.
import { ndjson } from '../formats/ndjson.ts'
import { hookDatabase } from '../hooks/hook-database.ts'
import { type AbortCause, AttemptAborted } from './attempt-aborted.ts'
import { outsideAttempt, withinAttempt } from './attempt-scope.ts'
import { type AttemptStreams, attemptStreams } from './attempt-streams.ts'
import type { Claimed } from './claim.ts'
import type { ExportedText, ExportQuery } from './export-query.ts'
import type { Gate } from './gate.ts'
import type { LazyTransaction } from './lazy-transaction.ts'
import type { Queue } from './queue.ts'
import type { Caller } from './run-as.ts'

/** Reads records with the rights of who gave a command. */
export type RunQuery = (
  caller: Caller,
  resource: string,
  query: Readonly<Record<string, unknown>>,
  transaction: LazyTransaction,
) => Promise<readonly unknown[]>

/** What `perform` is given. */
export interface AttemptContext {
  readonly row: Readonly<Record<string, unknown>>
  readonly signal: AbortSignal
  readonly progress: (done: number, total?: number, note?: string) => void
}

/** One attempt of a report, to the file that it comes to. */
export interface ReportWork {
  readonly claimed: Claimed
  readonly queue: Queue
  readonly context: AttemptContext
  readonly transaction: LazyTransaction
  /** All records of a query, as they are exported. */
  readonly exported: AttemptStreams['read']
}

/** Writes the file of a report, and what it is into the row, in the transaction of the outcome. */
export type MakeReport = (work: ReportWork) => Promise<void>

export interface AttemptSurroundings {
  readonly transaction: LazyTransaction
  readonly query: RunQuery
  readonly exportQuery: ExportQuery
  /** To reading by cursor. */
  readonly streams: Gate
  /** Absent where there is no storage. */
  readonly report?: MakeReport | undefined
  readonly progress: (done: number, total?: number, note?: string) => void
  /** So long it may go on once it was aborted. */
  readonly graceMs: number
}

/** Something that can be cut off. */
export interface Attempt {
  /** The first cause counts. */
  abort(why: AbortCause): void
  readonly ended: Promise<Ended>
}

export interface Ended {
  readonly outcome: 'returned' | 'threw' | 'left'
  readonly error: unknown
  /** Why it was cut off; null where it ended by itself. */
  readonly aborted: AbortCause | null
  /** The last of what nobody handled meanwhile, such as an error thrown by a timer. */
  readonly stray: { readonly error: unknown } | null
}

/** One that goes on after its time is left behind: whatever it does later, nobody listens. */
export function performAttempt(claimed: Claimed, queue: Queue, around: AttemptSurroundings): Attempt {
  const { row, attempt } = claimed
  const caller = { ...claimed.caller, version: queue.version }
  const { request } = queue
  const { transaction, query, exportQuery, report, progress, graceMs } = around
  const controller = new AbortController()
  const left = Promise.withResolvers<Ended>()
  let aborted: AbortCause | null = null
  let patience: NodeJS.Timeout | undefined
  let isOver = false
  let stray: Ended['stray'] = null
  const scope = {
    ...{ resource: queue.name, id: claimed.id, attempt },
    onStray(error: unknown) {
      stray = { error }
    },
  }
  const abort = (why: AbortCause) => {
    if (aborted !== null || isOver) return
    aborted = why
    patience = setTimeout(() => left.resolve({ outcome: 'left', error: undefined, aborted, stray }), graceMs)
    // A listener that throws is the command's own mistake.
    withinAttempt(scope, () => controller.abort(new AttemptAborted(why)))
  }
  const timer = setTimeout(() => abort('timeout'), request.timeoutMs)
  const { signal } = controller
  const streams = attemptStreams({ caller, exportQuery, signal, transaction, gate: around.streams })
  const { id, claims } = caller.principal
  const context = {
    ...{ row, attempt },
    db: hookDatabase(transaction),
    signal,
    progress: (done: number, total?: number, note?: string) => outsideAttempt(() => progress(done, total, note)),
    // Its promise is the command's own, though what it waits for is ours.
    query: async (resource: string, given: Readonly<Record<string, unknown>> = {}) =>
      outsideAttempt(() => query(caller, resource, given, transaction)),
    stream: (resource: string, given: Readonly<Record<string, unknown>> = {}) =>
      readLines(streams.read({ resource, query: given }, ndjson), signal),
    principal: { id, claims: Object.fromEntries(claims) },
  }
  const performed = Promise.resolve()
    .then(() => {
      if (!request.report) return withinAttempt(scope, () => request.perform(context as never))
      if (!report) throw new Error('This worker has no storage for reports.')
      return withinAttempt(scope, () => report({ claimed, queue, context, transaction, exported: streams.read }))
    })
    .then(
      (): Ended => ({ outcome: 'returned', error: undefined, aborted, stray }),
      (error: unknown): Ended => ({ outcome: 'threw', error, aborted, stray }),
    )
  const ended = Promise.race([performed, left.promise]).finally(() => {
    isOver = true
    clearTimeout(timer)
    clearTimeout(patience)
    streams.close()
  })
  return { abort, ended }
}

/** The records of lines that come in pieces. @throws `signal.reason` where the attempt ended before they did */
async function* readLines(pieces: AsyncIterable<ExportedText>, signal: AbortSignal): AsyncGenerator<unknown, void> {
  for await (const { text } of pieces)
    for (let at = 0; at < text.length; ) {
      const end = text.indexOf('\n', at)
      yield JSON.parse(Buffer.from(text.slice(at, end), 'latin1').toString())
      at = end + 1
    }
  signal.throwIfAborted()
}
