// Makes the text of a list that is exported: its records alone, one after another, a batch at a time.
import { notFound } from '../access/allow-read.ts'
import type { PermittedRead } from '../access/permitted.ts'
import { ApiError } from '../errors/api-error.ts'
import { ByteWriter } from '../formats/byte-writer.ts'
import type { OpenExport } from '../formats/export-format.ts'
import { isNull, type Rows } from '../formats/rows.ts'
import { marks } from '../plan/layout.ts'
import type { ReadPlan } from '../plan/plan-read.ts'

/** One for all exports: each batch is written at once, and taken out. */
const out = new ByteWriter()

const cutMark = new RegExp(`${marks.cut}\\d+;`, 'g')

export interface ExportContext {
  readonly read: PermittedRead
  readonly plan: ReadPlan
  readonly format: OpenExport
  /** Fills in what is made in TypeScript. */
  fill(text: string): Promise<string>
}

/**
 * The records of one page, in the order that JSON has them.
 * @returns what is still to be finished, and how many records it is
 * @throws ApiError `not_found` where the record that it stands under is not there for this caller
 */
export function writePage({ read, plan, format }: ExportContext, rows: Rows): { text: string; records: number } {
  if (read.parent && rows.length === 0) throw notFound()
  const kept = Math.min(countRecords(plan, rows), read.page?.size ?? 0)
  out.clear()
  for (let i = 0; i < kept; i += 1) format.write(rows.at(plan.reversed ? kept - 1 - i : i), out, '')
  return { text: out.toByteText(), records: kept }
}

/** @param text what was written */
export async function finishRecords({ plan, format, fill }: ExportContext, text: string): Promise<string> {
  // There is no place to tell which lists were cut.
  const data = plan.layout.included.length > 0 ? text.replace(cutMark, '') : text
  return format.finish(await fill(data))
}

/** Writes the batches of a whole list, and counts. */
export class WholeExport {
  readonly #context: ExportContext
  readonly #max: number
  #records = 0

  constructor(context: ExportContext) {
    this.#context = context
    this.#max = context.read.page?.size ?? 0
  }

  /** How many there were so far. */
  get records(): number {
    return this.#records
  }

  /**
   * @throws ApiError `not_found` as a page does, `limit_exceeded` where there are too many records already
   */
  async first(rows: Rows): Promise<string> {
    if (this.#context.read.parent && rows.length === 0) throw notFound()
    if (rows.length > this.#max)
      throw new ApiError('limit_exceeded', `An export has at most ${this.#max} records. Filter, or ask page by page.`, {
        meta: { limit: 'maxExportRows', max: this.#max },
      })
    return this.#context.format.head + (await this.next(rows))
  }

  /** @throws Error for a record more than there may be */
  next(rows: Rows): Promise<string> {
    const { plan, format } = this.#context
    const count = countRecords(plan, rows)
    this.#records += count
    if (this.#records > this.#max) throw new Error(`An export has more than maxExportRows (${this.#max}) records.`)
    out.clear()
    for (let i = 0; i < count; i += 1) format.write(rows.at(i), out, '')
    return finishRecords(this.#context, out.toByteText())
  }
}

/** A row without a record says that the parent is there. */
function countRecords({ layout }: ReadPlan, rows: Rows): number {
  if (layout.present < 0 || rows.length !== 1) return rows.length
  return isNull(rows.at(0), layout.present) ? 0 : 1
}
