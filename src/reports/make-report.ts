// Makes one report: its rows into a file, and what the file is into the row, in the transaction that says that it succeeded.
import { randomBytes } from 'node:crypto'
import { RequestFailure } from '../errors/request-failure.ts'
import { csv } from '../formats/csv.ts'
import { ndjson } from '../formats/ndjson.ts'
import { outsideAttempt } from '../jobs/attempt-scope.ts'
import type { MakeReport, ReportWork } from '../jobs/perform-attempt.ts'
import type { Queue } from '../jobs/queue.ts'
import { type Progress, toProgress } from '../jobs/to-progress.ts'
import type { ReportOptions } from '../schema/model.ts'
import type { ReportFormat, ReportQuery } from '../schema/resource-definition.ts'
import type { Written } from '../storage/storage.ts'
import { contentTypes, encodeExport, encodeRows, type ReportRow, type RowCounter } from './report-formats.ts'
import type { ReportStorage } from './report-storage.ts'

export interface ReportSurroundings {
  readonly storage: ReportStorage
  readonly onError: (error: unknown) => void
}

/** So many rows are counted at a time. */
const countEvery = 1_000

export function makeReports({ storage, onError }: ReportSurroundings): MakeReport {
  return async work => {
    const { claimed, queue, context, transaction } = work
    const report = queue.request.report as ReportOptions
    const format = formatOf(report, context.row)
    const opened = await outsideAttempt(() => storage.open())
    // 128 bits that nobody guesses, and another file in each attempt: one that was left behind overwrites nothing.
    const name = randomBytes(16).toString('hex')
    const remove = () => opened.remove(name).catch(onError)
    const { pieces, told } = await openSource(report, format, work)
    const written = await opened.write(name, pieces, {
      contentType: contentTypes[format],
      signal: context.signal,
    })
    transaction.ifUndone(() => void remove())
    try {
      await transaction.atEnd(
        describeContent(queue, claimed.id, { name, type: contentTypes[format], written, report, told }),
      )
    } catch (error) {
      await remove()
      throw error
    }
  }
}

function formatOf({ format }: ReportOptions, row: ReportRow): ReportFormat {
  const chosen = typeof format === 'string' ? format : row[format.name]
  if (chosen === 'json' || chosen === 'ndjson' || chosen === 'csv') return chosen
  throw new RequestFailure('unknown_format', 'A report is json, ndjson or csv.', { final: true })
}

/** The last progress that was told: shown at once, and with the outcome. */
interface Told {
  progress: Progress | null
}

interface Source {
  readonly pieces: AsyncIterable<Uint8Array>
  /** The last progress that was told. */
  readonly told: Told
}

/** Counted as they are taken, unless `generate` tells of its progress itself. */
async function openSource(
  { generate }: ReportOptions,
  format: ReportFormat,
  { context, exported }: ReportWork,
): Promise<Source> {
  const { signal } = context
  const told: Told = { progress: null }
  let tells = false
  const tell = (done: number, total?: number, note?: string) => {
    told.progress = toProgress(done, total, note) ?? told.progress
    context.progress(done, total, note)
  }
  const own = {
    ...context,
    progress: (done: number, total?: number, note?: string) => {
      tells = true
      tell(done, total, note)
    },
  }
  const given = typeof generate === 'function' ? await generate(own as never) : generate
  if (!isRows(given) && typeof (given as ReportQuery | undefined)?.resource !== 'string')
    throw new Error('`generate` gives rows, as an async generator, or a query such as { resource: … }.')
  let toldAt = 0
  const counter: RowCounter = {
    onRow(count) {
      signal.throwIfAborted()
      if (tells || count < toldAt + countEvery) return
      toldAt = count
      tell(count)
    },
    onEnd(count) {
      if (!tells) tell(count, count)
    },
  }
  if (isRows(given)) return { pieces: encodeRows(format, given, counter), told }
  const pieces = exported(given as ReportQuery, format === 'csv' ? csv : ndjson)
  return { pieces: encodeExport(format, pieces, counter), told }
}

function isRows(
  given: AsyncIterable<unknown> | ReportQuery,
): given is AsyncIterable<ReportRow> & AsyncIterable<unknown> {
  return typeof given === 'object' && given !== null && Symbol.asyncIterator in given
}

interface Content {
  readonly name: string
  readonly type: string
  readonly written: Written
  readonly report: ReportOptions
  readonly told: Told
}

/** It stands behind the fence of the outcome, so the row is ours. */
function describeContent({ table, id, key }: Queue, row: string, { name, type, written, report, told }: Content) {
  const text = `update ${table} set content_type = $2, content_size = $3::int8, content_sha256 = $4, content_name = $5,
    expires_at = clock_timestamp() + $6::float8 * interval '1 ms', listed_until = clock_timestamp() + $7::float8 * interval '1 ms',
    progress = coalesce($8::jsonb, progress) where ${id} = $1::${key.sqlType}`
  return {
    name: '',
    text,
    values: [
      row,
      type,
      String(written.size),
      written.sha256,
      name,
      String(report.expiresMs),
      report.listedMs === null ? null : String(report.listedMs),
      told.progress && JSON.stringify(told.progress),
    ],
  }
}
