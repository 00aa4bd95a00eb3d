// What a format of lists without meta data says of itself: how it is asked for, and how records are written one after another.
import type { Layout } from '../plan/layout.ts'
import type { WriteRecord } from './json-record.ts'
import type { MediaOffer } from './media-offer.ts'

export interface ExportFormat extends MediaOffer {
  readonly contentType: string
  open(layout: Layout): OpenExport
}

/** The format with the columns of one plan. */
export interface OpenExport {
  /** What stands before the first record, as byte text. */
  readonly head: string
  /** Writes a record, with marks where something is still to be made in TypeScript. */
  readonly write: WriteRecord
  /** From what was written for some records, the marks filled in, to how they are sent: byte text both. */
  finish(text: string): string
}
