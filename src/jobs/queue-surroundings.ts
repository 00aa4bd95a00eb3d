// What the work on one table is given: a database, what performs, how patient it is, who is told what.
import type { Database } from '../databases/database.ts'
import type { ExportQuery } from './export-query.ts'
import type { Gate } from './gate.ts'
import type { MakeReport, RunQuery } from './perform-attempt.ts'

export type Outcome = 'succeeded' | 'retried' | 'failed' | 'cancelled' | 'lost' | 'released'

export interface WorkerSettings {
  /** Unlike that of any other worker. */
  readonly owner: string
  /** A worker that is not heard of for so long has lost what it had claimed. */
  readonly leaseMs: number
  /** How often it looks without being told, at least. */
  readonly pollMs: number
  /** How long an attempt may go on once it was cut off. */
  readonly graceMs: number
  readonly progressMs: number
  /** In place of what each resource says. */
  readonly concurrency: number | null
  /** From 0 up to 1. */
  readonly random: () => number
}

export interface QueueSurroundings {
  readonly database: Database
  /** To transactions of attempts. */
  readonly gate: Gate
  /** To reading by cursor. */
  readonly streams: Gate
  readonly query: RunQuery
  readonly exportQuery: ExportQuery
  readonly report?: MakeReport | undefined
  readonly settings: WorkerSettings
  readonly onError: (error: unknown) => void
  /** @param ms from the claim to the outcome */
  readonly onEnded: (outcome: Outcome, ms: number) => void
  /** Something was committed in a transaction of a command. */
  readonly onChanged: () => void
}
