// Random commands and reports in every state, given by this caller and by others, and what of them a caller does not see changed.
import type { Caller } from '../non-interference/condition.ts'
import { clashes, mend } from '../non-interference/make-data.ts'
import type { Random } from '../non-interference/random.ts'
import { pickValue } from '../non-interference/values.ts'
import type { Column, Data, Row, World, WorldTable } from '../non-interference/world.ts'
import { contents } from './contents.ts'
import { internalValues, requestTables, tableNames } from './tables.sql.ts'

export const states: readonly string[] = ['pending', 'running', 'succeeded', 'failed', 'cancelled']

const sizes: Readonly<Record<string, number>> = { folks: 4, gates: 4, opens: 5, files: 5 }

export interface RowsOptions {
  readonly caller: Caller
  /** The roles that are stored with what the caller has given. */
  readonly roles: readonly string[]
  /** Whether a worker that runs would leave all of these alone. */
  readonly isParked: boolean
}

/** As the insert of a command stores who gave it. */
export function runAs({ caller: { id, claims }, roles }: Pick<RowsOptions, 'caller' | 'roles'>): string {
  return JSON.stringify({ id, client: null, roles, claims: Object.fromEntries(claims) })
}

export function makeRows(world: World, random: Random, options: RowsOptions): Data {
  const data: Record<string, readonly Row[]> = {}
  for (const name of tableNames) {
    const table = world.tables.get(name) as WorldTable
    const rows: Row[] = []
    for (let count = 2 + random.int(sizes[name] as number); count > 0; count--) {
      const row = makeRow(table, data, random, options)
      if (!clashes(row, rows, table)) rows.push(row)
    }
    data[name] = rows
  }
  return data
}

function makeRow(table: WorldTable, data: Data, random: Random, options: RowsOptions): Row {
  const id = String(1 + random.int(9))
  let row: Row = { id }
  for (const column of table.columns)
    if (column.name !== 'id') row = { ...row, [column.name]: makeValue(column, row, table, data, random, options) }
  return setContent(row, table, random, options)
}

/** What its file is stands in several columns, which go together. */
function setContent(row: Row, table: WorldTable, random: Random, options: RowsOptions): Row {
  if (!requestTables.includes(table.name)) return row
  const parked = options.isParked ? park(row) : row
  if (table.name !== 'files') return parked
  const content = parked.status === 'succeeded' && random.chance(0.9) ? random.pick(contents) : null
  return {
    ...parked,
    content_name: content?.name ?? null,
    content_type: content?.type ?? null,
    content_size: content ? String(content.bytes.length) : null,
    content_sha256: content?.sha256 ?? null,
    expires_at: content
      ? random.pick(['2001-01-01 00:00:00+00', '2099-12-31 23:59:59+00', '2099-12-31 23:59:59+00'])
      : null,
  }
}

function park(row: Row): Row {
  return {
    ...row,
    ...(row.status === 'pending' && { run_at: '2099-12-31 23:59:59+00' }),
    ...(row.status === 'running' && { lease_until: '2099-12-31 23:59:59+00' }),
  }
}

const finiteTimes = ['2001-01-01 00:00:00+00', '2010-06-15 12:30:00+00', '2099-12-31 23:59:59+00']

function makeValue(
  column: Column,
  row: Row,
  table: WorldTable,
  data: Data,
  random: Random,
  options: RowsOptions,
): string | null {
  const { name } = column
  const link = table.relationships.find(one => one.kind === 'toOne' && one.own.includes(name))
  if (link) {
    const targets = data[link.target] ?? []
    if (targets.length === 0 || random.chance(0.15)) return null
    const own = name === 'owner_id' ? targets.find(one => one.id === options.caller.id) : undefined
    return (own && random.chance(0.5) ? own : random.pick(targets)).id ?? null
  }
  const internal = internalValues[name]
  if (internal) return random.chance(0.5) ? null : random.pick(internal.of(row.id ?? ''))
  switch (name) {
    case 'run_as':
      return random.weigh<string | null>([
        [4, runAs(options)],
        [1, runAs({ ...options, roles: [...options.roles, 'other'] })],
        [
          2,
          runAs({ ...options, caller: { id: random.pick(['1', '2', '3', 'nobody']), claims: options.caller.claims } }),
        ],
        [1, JSON.stringify({ id: options.caller.id, client: 'robot', roles: options.roles, claims: {} })],
        [1, null],
      ])
    case 'status':
      return random.pick(table.name === 'files' ? [...states, 'succeeded', 'succeeded'] : states)
    case 'error':
    case 'last_error':
      return random.chance(0.4)
        ? null
        : JSON.stringify({ code: random.pick(['a', 'b']), message: random.pick(['The gate.', 'The wall.']) })
    case 'progress':
      return random.chance(0.5) ? null : JSON.stringify({ done: random.int(3), total: 3 })
    case 'label':
      return table.name === 'files' ? `l${random.int(12)}` : pickValue('text', random)
    case 'kind':
      return random.pick(['a', 'ab'])
    case 'attempts':
    case 'priority':
    case 'month':
      return String(random.int(3))
    default:
      if (column.type === 'timestamptz') return column.nullable && random.chance(0.3) ? null : random.pick(finiteTimes)
      return column.nullable && random.chance(0.15)
        ? null
        : column.type === 'int4'
          ? String(random.int(8))
          : pickValue(column.type, random)
  }
}

/** A report of the caller, ready to be fetched, with these parameters. */
export function makeReady(world: World, data: Data, random: Random, options: RowsOptions, params: Row): Row {
  const table = world.tables.get('files') as WorldTable
  const [content] = contents
  return {
    ...makeRow(table, data, random, options),
    ...{ id: '10', label: null, status: 'succeeded', run_as: runAs(options) },
    ...{
      content_name: content?.name ?? null,
      content_type: content?.type ?? null,
      content_sha256: content?.sha256 ?? null,
    },
    ...{ content_size: '0', expires_at: '2099-12-31 23:59:59+00', request_key: null, schedule: null },
    ...params,
  }
}

/** Random changes of whatever there is, one after another; those that `keeps` refuses are not made. */
export function change(
  data: Data,
  world: World,
  random: Random,
  options: RowsOptions,
  keeps: (data: Data) => boolean,
  tries = 50,
): Data {
  let kept = data
  for (let left = tries; left > 0; left--) {
    const candidate = changeOnce(kept, world, random, options)
    if (candidate && keeps(candidate)) kept = candidate
  }
  return kept
}

function changeOnce(data: Data, world: World, random: Random, options: RowsOptions, tables = tableNames): Data | null {
  const name = random.weigh(tables.map(one => [requestTables.includes(one) ? 4 : 1, one] as const))
  const table = world.tables.get(name) as WorldTable
  const rows = data[name] ?? []
  const what = random.pick(['change', 'change', 'change', 'change', 'remove', 'add'])
  if (what === 'add') return check([...rows, makeRow(table, data, random, options)])
  if (rows.length === 0) return null
  const row = random.pick(rows)
  if (what === 'remove') return check(rows.filter(one => one !== row))
  return check(rows.map(one => (one === row ? changeRow(row, table, data, random, options) : one)))

  function check(changed: readonly Row[]): Data | null {
    if (changed.some(one => clashes(one, changed, table))) return null
    return mend({ ...data, [name]: changed }, world)
  }
}

/** By which more is told than by others: in headers, by statuses and by what can be fetched. */
const tellingColumns: ReadonlySet<string> = new Set([
  'status',
  'run_at',
  'error',
  'run_as',
  'month',
  'attempts',
  'progress',
])

/** One or more of its columns. */
export function changeRow(row: Row, table: WorldTable, data: Data, random: Random, options: RowsOptions): Row {
  if (table.name === 'files' && random.chance(0.3)) return setContent(row, table, random, options)
  const own = table.columns.filter(one => one.name !== 'id')
  const telling = own.filter(one => tellingColumns.has(one.name))
  const columns = random.some(telling.length > 0 && random.chance(0.5) ? telling : own, 1, random.chance(0.6) ? 1 : 3)
  let changed = row
  for (const column of columns)
    changed = { ...changed, [column.name]: makeValue(column, changed, table, data, random, options) }
  return options.isParked && requestTables.includes(table.name) ? park(changed) : changed
}
