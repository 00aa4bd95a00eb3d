// Reads what makes a resource a request resource, and whether its table is one.
import { Cron } from 'croner'
import { toColumn } from './bind-table.ts'
import { compileReport } from './compile-report.ts'
import type { Column } from './field.ts'
import type { RequestOptions, RequestSchedule } from './model.ts'
import { definedNames, findDefined } from './policy-reader.ts'
import { readDuration } from './read-duration.ts'
import {
  internalColumns,
  type RequestColumn,
  reportColumns,
  requestColumns,
  visibleColumns,
} from './request-columns.ts'
import type { RequestSurroundings } from './request-surroundings.ts'
import type { RequestDefinition, ResourceDefinition } from './resource-definition.ts'
import { hint } from './suggest.ts'

const mostOfInt4 = 2 ** 31 - 1
/** Seconds: a timer of node holds 31 bits of milliseconds. */
const mostOfTimer = Math.floor(mostOfInt4 / 1_000)

/** Null for a resource whose rows are no commands, or are none that could be performed, which is reported. */
export function compileRequest(definition: ResourceDefinition, around: RequestSurroundings): RequestOptions | null {
  const { request, options } = definition
  const { name, report } = around
  if (!request) return null
  const wanted = request.report ? [...requestColumns, ...reportColumns] : requestColumns
  if (!checkColumns(around, wanted) || !around.state) return null
  if (around.key.length !== 1) report(`${name}: a request has a key of one column, such as id`)
  if (options.softDelete !== undefined) report(`${name}.softDelete: a request is not deleted but cancelled`)
  if (typeof request.perform !== 'function') report(`${name}.perform: it is no function`)
  const whole = (value: number | undefined, byDefault: number, place: string, most = mostOfInt4): number => {
    if (value === undefined) return byDefault
    if (!Number.isSafeInteger(value) || value < 1 || value > most)
      report(`${name}.${place}: must be a whole number above 0, at most ${most}, not ${value}`)
    return value
  }
  const backoff = typeof request.backoff === 'object' ? request.backoff : {}
  return {
    attempts: whole(request.attempts, 5, 'attempts'),
    backoff: {
      firstMs: whole(backoff.firstMs, 1_000, 'backoff.firstMs'),
      maxMs: whole(backoff.maxMs, 60_000, 'backoff.maxMs'),
      jitter: backoff.jitter ?? true,
    },
    timeoutMs: readTimeout(request, around),
    concurrency: whole(request.concurrency, 10, 'concurrency'),
    key: readKey(request, around),
    wait: { maxSeconds: whole(request.wait?.maxSeconds, 60, 'wait.maxSeconds', mostOfTimer) },
    state: around.state,
    schedules: readSchedules(request, around),
    perform: request.perform,
    runAs: internalColumn('run_as', around),
    requestKey: internalColumn('request_key', around),
    report: request.report ? compileReport(request.report, around) : null,
  }
}

/** @returns whether all of them are there */
function checkColumns({ name, bound, report }: RequestSurroundings, wanted: readonly RequestColumn[]): boolean {
  const { info } = bound
  if (info.kind !== 'table') {
    report(`${name}: requests stand in a table, and ${info.schema}.${info.name} is a view`)
    return false
  }
  const found = new Map(info.columns.map(column => [column.name, column]))
  const mend = 'Run: colonnade migrate'
  const missing = wanted.filter(column => !found.has(column.name)).map(column => column.name)
  if (missing.length > 0) report(`${name}: the table ${info.schema}.${info.name} lacks ${missing.join(', ')}. ${mend}`)
  const wrong = wanted.filter(column => found.has(column.name) && found.get(column.name)?.type !== column.type)
  for (const column of wrong)
    report(`${name}: ${column.name} must be ${column.type} for a request, not ${found.get(column.name)?.type}`)
  const bare = wanted.filter(column => column.default !== null && found.get(column.name)?.hasDefault === false)
  if (bare.length > 0) report(`${name}: ${bare.map(column => column.name).join(', ')} must have a default. ${mend}`)
  if (missing.length === 0 && !bound.columns.has('status'))
    report(
      `${name}: schema.ts does not have ${visibleColumns.map(one => one.name).join(', ')} yet. Run: colonnade pull`,
    )
  return missing.length === 0 && wrong.length === 0
}

function internalColumn(name: string, { bound, sqlTypeOf }: RequestSurroundings): Column {
  const info = bound.info.columns.find(column => column.name === name)
  if (!info || !internalColumns.some(column => column.name === name)) throw new Error(`${name} was not checked`)
  return toColumn(info, sqlTypeOf)
}

function readTimeout({ timeout, timeoutMs }: RequestDefinition, { name, report }: RequestSurroundings): number {
  if (timeout !== undefined && timeoutMs !== undefined)
    report(`${name}: timeout and timeoutMs say the same; leave one out`)
  const given = timeout === undefined ? timeoutMs : readDuration(timeout)
  if (given === undefined) return 30_000
  // A timer of node holds 31 bits.
  if (!(given >= 1 && given < 2 ** 31)) report(`${name}.timeout: '30s' or '5m', at most 24 days`)
  return given
}

function readKey({ key }: RequestDefinition, around: RequestSurroundings): RequestOptions['key'] {
  if (key === undefined || typeof key === 'function') return (key as ((row: unknown) => string) | undefined) ?? null
  const columns = key.flatMap(name => {
    const field = findDefined(around.known, name)
    if (field?.kind === 'column') return [field.column]
    if (field?.kind === 'toOne') return field.link.own
    around.report(`${around.name}.key: there is no column "${name}".${hint(name, definedNames(around.known))}`)
    return []
  })
  if (key.length === 0) around.report(`${around.name}.key: it names no column`)
  return columns
}

function readSchedules({ schedule = {} }: RequestDefinition, around: RequestSurroundings): readonly RequestSchedule[] {
  return Object.entries(schedule).flatMap(([name, { cron, timezone = 'UTC', row = {} }]) => {
    try {
      const times = new Cron(cron, { timezone, paused: true })
      return [{ name, row, next: (after: Date) => times.nextRun(after) }]
    } catch (error) {
      around.report(`${around.name}.schedule.${name}.cron: ${(error as Error).message}`)
      return []
    }
  })
}
