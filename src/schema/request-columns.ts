// The columns that make a table a queue of commands: what each is, who sees it, and which tables have them.
import type { TableInfo } from './database-schema.ts'

export interface RequestColumn {
  readonly name: string
  /** As PostgreSQL calls the type. */
  readonly type: string
  readonly nullable: boolean
  /** SQL; null for none. */
  readonly default: string | null
}

export const requestStates = ['pending', 'running', 'succeeded', 'failed', 'cancelled'] as const
export type RequestState = (typeof requestStates)[number]

const column = (name: string, type: string, nullable = true, byDefault: string | null = null): RequestColumn => ({
  name,
  type,
  nullable,
  default: byDefault,
})

/** What roles may read. All but `run_at` and `priority` are written by the worker alone. */
export const visibleColumns: readonly RequestColumn[] = [
  column('status', 'text', false, "'pending'"),
  column('attempts', 'int4', false, '0'),
  column('last_error', 'jsonb'),
  column('error', 'jsonb'),
  column('progress', 'jsonb'),
  column('run_at', 'timestamptz', false, 'now()'),
  column('priority', 'int4', false, '0'),
  column('created_at', 'timestamptz', false, 'now()'),
  column('updated_at', 'timestamptz', false, 'now()'),
  column('started_at', 'timestamptz'),
  column('finished_at', 'timestamptz'),
]

/** What no resource ever has: who asked, with which claims, and how the worker goes about it. */
export const internalColumns: readonly RequestColumn[] = [
  column('lease_owner', 'text'),
  column('lease_until', 'timestamptz'),
  column('cancel_requested_at', 'timestamptz'),
  column('run_as', 'jsonb'),
  column('internal_error', 'text'),
  column('request_key', 'text'),
  column('schedule', 'text'),
  column('schedule_at', 'timestamptz'),
]

export const requestColumns = [...visibleColumns, ...internalColumns]

/** What a report has beside, for roles to read: what its content is, until when it is there, and until when the list has it. */
const contentColumns: readonly RequestColumn[] = [
  column('content_type', 'text'),
  column('content_size', 'int8'),
  column('content_sha256', 'text'),
  column('expires_at', 'timestamptz'),
  column('listed_until', 'timestamptz'),
]

/** The name of the file, which nobody is told. */
const contentName = column('content_name', 'text')

export const reportColumns = [...contentColumns, contentName]

const hidden: ReadonlySet<string> = new Set(internalColumns.map(({ name }) => name))
const ofContent: ReadonlySet<string> = new Set(contentColumns.map(({ name }) => name))
const byCaller: ReadonlySet<string> = new Set(['run_at', 'priority'])
const byWorker: ReadonlySet<string> = new Set(
  visibleColumns.map(({ name }) => name).filter(name => !byCaller.has(name)),
)

/** A table with all of the internal columns is one; a part of them may be somebody's own. */
export function isRequestTable({ columns }: Pick<TableInfo, 'columns'>): boolean {
  const types = new Map(columns.map(one => [one.name, one.type]))
  return internalColumns.every(one => types.get(one.name) === one.type)
}

/** A table of requests with the columns of content. */
function isReportTable(table: Pick<TableInfo, 'columns'>): boolean {
  const types = new Map(table.columns.map(one => [one.name, one.type]))
  return isRequestTable(table) && reportColumns.every(one => types.get(one.name) === one.type)
}

/** Whether no resource may ever have the column. */
export function isHidden(table: Pick<TableInfo, 'columns'>, name: string): boolean {
  if (name === contentName.name) return isReportTable(table)
  return hidden.has(name) && isRequestTable(table)
}

/** Whether the worker alone writes it. */
export function isByWorker(table: Pick<TableInfo, 'columns'>, name: string): boolean {
  if (ofContent.has(name)) return isReportTable(table)
  return byWorker.has(name) && isRequestTable(table)
}
