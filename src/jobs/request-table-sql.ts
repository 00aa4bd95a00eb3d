// The SQL that makes a table a queue of commands: columns, check, indexes and what tells of changes. Each statement does nothing where it was done.
import { createHash } from 'node:crypto'
import { readColumn } from '../schema/compare-column.ts'
import type { DatabaseSchema, TableInfo, TableName } from '../schema/database-schema.ts'
import { type RequestColumn, reportColumns, requestColumns, requestStates } from '../schema/request-columns.ts'
import type { TableDefinition } from '../schema/schema-definition.ts'
import { columnType } from '../types/index.ts'
import { clientOf, quoteName } from './queue.ts'

/** What the migration finds in its way, in words for a person. */
export class MigrationError extends Error {}

/**
 * @param info the table as it is; undefined where it is to be made
 * @param definition of schema.ts
 * @returns nothing where nothing is left to do
 * @throws MigrationError for a column of another type, or a table without a key of one column
 */
export function requestTableSql(
  name: TableName,
  info: TableInfo | undefined,
  definition: TableDefinition,
  done: ReadonlySet<string>,
  /** Its rows are reports. */
  isReport = false,
): readonly string[] {
  const wanted = isReport ? [...requestColumns, ...reportColumns] : requestColumns
  const table = `${quoteName(name.schema)}.${quoteName(name.name)}`
  const key = info ? keyOf(info) : ([definition.key ?? 'id'].flat()[0] as string)
  const statements = [
    info ? addColumns(table, info, wanted) : createTable(table, key, definition, wanted),
    ...addRest(table, name, key, done, isReport),
  ]
  return statements.filter(statement => statement !== '')
}

function keyOf({ schema, name, kind, primaryKey }: TableInfo): string {
  if (kind !== 'table') throw new MigrationError(`${schema}.${name} is a view; requests stand in a table.`)
  const [key, another] = primaryKey ?? []
  if (key !== undefined && another === undefined) return key
  throw new MigrationError(
    `${schema}.${name} needs a primary key of one column, such as: id uuid primary key default gen_random_uuid()`,
  )
}

function addColumns(table: string, info: TableInfo, wanted: readonly RequestColumn[]): string {
  const there = new Map(info.columns.map(column => [column.name, column]))
  const lines: string[] = []
  for (const column of wanted) {
    const found = there.get(column.name)
    if (!found) lines.push(`add column ${columnSql(column)}`)
    else if (found.type !== column.type || found.isArray)
      throw new MigrationError(
        `${info.schema}.${info.name}.${column.name} is ${found.type}, and a request has ${column.type} there. Rename it first.`,
      )
    else {
      if (column.default !== null && !found.hasDefault)
        lines.push(`alter column ${quoteName(column.name)} set default ${column.default}`)
      if (!column.nullable && found.nullable) lines.push(`alter column ${quoteName(column.name)} set not null`)
    }
  }
  return lines.length === 0 ? '' : `alter table ${table}\n  ${lines.join(',\n  ')}`
}

function columnSql({ name, type, nullable, default: byDefault }: RequestColumn): string {
  return `${quoteName(name)} ${type}${nullable ? '' : ' not null'}${byDefault === null ? '' : ` default ${byDefault}`}`
}

/** The columns that schema.ts names come first, as far as a word says what they are. */
function createTable(
  table: string,
  key: string,
  { columns }: TableDefinition,
  wanted: readonly RequestColumn[],
): string {
  const ours = new Set(wanted.map(column => column.name))
  const own = Object.entries(columns).flatMap(([column, word]) => {
    if (column === key || ours.has(column)) return []
    const { type, null: isNullable, labels } = readColumn(word)
    const base = type.replace(/\[\]$/, '')
    if (labels !== null || columnType(base).name === 'unknown')
      throw new MigrationError(
        `${table} cannot be made: what ${column} is, "${type}" does not say. Create the table, then migrate.`,
      )
    return [`${quoteName(column)} ${type}${isNullable ? '' : ' not null'}`]
  })
  const lines = [`${quoteName(key)} uuid primary key default gen_random_uuid()`, ...own, ...wanted.map(columnSql)]
  return `create table ${table} (\n  ${lines.join(',\n  ')}\n)`
}

/** @param done names of constraints, indexes, functions and triggers that are there */
function addRest(
  table: string,
  { schema, name }: TableName,
  key: string,
  done: ReadonlySet<string>,
  isReport: boolean,
): readonly string[] {
  const states = requestStates.map(state => `'${state}'`).join(', ')
  const id = quoteName(key)
  const constraint = (what: string, sql: string) => {
    const called = nameOf(name, what)
    return done.has(called) ? '' : `alter table ${table} add constraint ${quoteName(called)} ${sql}`
  }
  const index = (what: string, sql: string, unique = '') => {
    const called = nameOf(name, what)
    return done.has(called) ? '' : `create ${unique}index ${quoteName(called)} on ${table} ${sql}`
  }
  const trigger = nameOf(name, 'tell')
  return [
    constraint('status', `check (status in (${states}))`),
    constraint('schedule', 'unique (schedule, schedule_at)'),
    index('claim', `((${clientOf}), priority desc, run_at, ${id}) where status = 'pending'`),
    index('due', `(run_at) where status = 'pending'`),
    index('lease', `(lease_until) where status = 'running'`),
    // No two of one key at a time, whatever a worker believes.
    index('key', `(request_key) where status = 'running'`, 'unique '),
    // The sweep asks of files whose they are.
    isReport ? index('content', '(content_name) where content_name is not null') : '',
    // What is available, and what may be used again, are few of all that there ever were.
    isReport ? index('expires', '(expires_at) where expires_at is not null') : '',
    done.has('schema colonnade') ? '' : 'create schema if not exists colonnade',
    done.has('function tell_request') ? '' : tellRequest,
    done.has(trigger)
      ? ''
      : `create trigger ${quoteName(trigger)} after insert or update of status, attempts, progress, cancel_requested_at, run_at, priority
  on ${table} for each row execute function colonnade.tell_request('${key.replaceAll("'", "''")}')`,
    // The login that serves may be another than the one that migrates; who may use the table has to be able to tell of it.
    done.has(trigger)
      ? ''
      : `comment on trigger ${quoteName(trigger)} on ${table} is 'Tells colonnade of ${schema.replaceAll("'", "''")}.${name.replaceAll("'", "''")}: workers, and who follows a request.'`,
  ]
}

/** Keys only (ACCESS R40): whoever hears of a change reads the row as he may. */
const tellRequest = `create or replace function colonnade.tell_request() returns trigger language plpgsql as $tell$
declare
  topic text := tg_table_schema || '.' || tg_table_name;
begin
  perform pg_notify('colonnade_requests', topic || ' ' || (to_jsonb(new) ->> tg_argv[0]));
  perform pg_notify('colonnade', 'changed ' || topic);
  if new.status = 'pending' then
    perform pg_notify('colonnade_work', topic);
  elsif new.status = 'running' and new.cancel_requested_at is not null then
    perform pg_notify('colonnade_work', topic || ' cancel');
  end if;
  return null;
end $tell$`

/** Names have 63 bytes at most; a long one of a table is cut, and told apart by a digest. */
function nameOf(table: string, what: string): string {
  const name = `${table}_request_${what}`
  if (Buffer.byteLength(name) <= 63) return name
  const digest = createHash('sha256').update(table).digest('hex').slice(0, 8)
  return `${table.replaceAll(/[^\w]/g, '').slice(0, 30)}_${digest}_request_${what}`
}

/** The names that `requestTableSql` looks for, as far as they are there. */
export function findDone({ schema, name }: TableName) {
  const text = `select conname::text from pg_constraint c join pg_class t on t.oid = c.conrelid join pg_namespace n on n.oid = t.relnamespace
      where n.nspname = $1 and t.relname = $2
    union select i.relname::text from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
      join pg_namespace n on n.oid = t.relnamespace where n.nspname = $1 and t.relname = $2
    union select g.tgname::text from pg_trigger g join pg_class t on t.oid = g.tgrelid join pg_namespace n on n.oid = t.relnamespace
      where n.nspname = $1 and t.relname = $2
    union select 'schema colonnade' from pg_namespace where nspname = 'colonnade'
    union select 'function tell_request' from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where n.nspname = 'colonnade' and p.proname = 'tell_request'`
  return { name: '', text, values: [schema, name] } as const
}

export function findTable({ tables }: DatabaseSchema, { schema, name }: TableName): TableInfo | undefined {
  return tables.find(one => one.schema === schema && one.name === name)
}
