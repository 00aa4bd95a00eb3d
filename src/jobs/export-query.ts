// What reads all records that a query means, for a command: the street gives it to the worker.
import type { ExportFormat } from '../formats/export-format.ts'
import type { Caller } from './run-as.ts'

/** Records as they are exported. */
export interface ExportedText {
  /** Byte text of whole records. */
  readonly text: string
  /** How many there were so far. */
  readonly records: number
}

/** All records that a query means, with the rights of who gave a command. */
export type ExportQuery = (
  caller: Caller,
  asked: { readonly resource: string; readonly query?: Readonly<Record<string, unknown>> },
  format: ExportFormat,
  signal: AbortSignal,
) => AsyncIterable<ExportedText>
