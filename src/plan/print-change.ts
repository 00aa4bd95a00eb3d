// Prints how a row is made, changed or removed where all that is asked of it holds.
import type { KeyMatch } from '../access/permitted.ts'
import type { PermittedWrite } from '../access/permitted-write.ts'
import type { Column } from '../schema/field.ts'
import { names } from './print-after.ts'
import { printFound, printMatch, printUnder } from './print-parent.ts'
import { printValue } from './print-value.ts'
import type { Printer, Row } from './printer.ts'
import { and, column, no, type Sql, sql, yes } from './sql.ts'

export function printCreate({ access, assignments }: PermittedWrite, flags: readonly Sql[], printer: Printer): Sql {
  const { resource } = access
  const table = printer.table(resource.table)
  const returning = sql`returning true as ${names.written}, ${namesOf([...resource.columns.values()])}`
  if (assignments.length === 0 && flags.length === 0)
    return sql`written as (insert into ${table} default values ${returning})`
  const into = sql.join(assignments.map(one => sql.id(one.column.name)))
  const values = sql.join(assignments.map(one => printValue(one, null, printer)))
  if (flags.length === 0) return sql`written as (insert into ${table} (${into}) values (${values}) ${returning})`
  const holds = and(flags.map((_, i) => sql.raw(`target.f${i}`)))
  return sql`target as (select ${sql.join(flags)}), written as (insert into ${table} (${into}) select ${values} from target where ${holds} ${returning})`
}

/** What is asked of the row stands in the `where` of the change itself, so that it holds of the row that is changed, whoever changed it meanwhile. */
export function printChange(write: PermittedWrite, flags: readonly Sql[], before: Row, printer: Printer): Sql {
  const { access, kind, assignments, rights } = write
  const { resource } = access
  const row: Row = { alias: printer.newAlias(), resource, access }
  const found = printFound(write.match as KeyMatch, write.parent, before, printer)
  // An id that is both a key and a natural key names one record: the one that was found.
  const keys = found.order ? resource.key : []
  const ids = keys.map((one, i) => sql`${column(before.alias, one.name)} as ${sql.raw(`k${i}`)}`)
  const softly = kind === 'delete' ? (resource.softDelete?.column ?? null) : null
  const cancels = kind === 'delete' ? (resource.request?.state.column ?? null) : null
  const isOver = cancels ? [sql`(${column(before.alias, cancels.name)} not in ('pending', 'running')) as over`] : []
  const gone = softly ? [sql`${column(before.alias, softly.name)} as gone`] : []
  const known = sql`select ${sql.join([sql`true as found`, ...flags, ...ids, ...gone, ...isOver])} from ${printer.table(resource.table)} as ${sql.raw(before.alias)} where ${and([found.where, printer.visible(before)])}${found.order ? sql` order by ${found.order}` : sql``} limit 1`
  const holds = printer.locked(() =>
    and([
      write.mustBeAbsent ? no : yes,
      ...keys.map((one, i) => sql`${column(row.alias, one.name)} = ${sql.raw(`target.k${i}`)}`),
      printMatch(write.match as KeyMatch, row, printer).where,
      printer.visible(row),
      write.parent ? printUnder(write.parent, row, printer) : yes,
      ...rights.map(one => printer.guard(one.guard, row)),
      ...flags.map((_, i) => sql.raw(`target.f${i}`)),
    ]),
  )
  const returned = [...resource.columns.values()].map(one => column(row.alias, one.name))
  const returning = sql`returning true as ${names.written}, ${sql.join(returned)}`
  const table = sql`${printer.table(resource.table)} as ${sql.raw(row.alias)}`
  if (softly) {
    // It is answered as it was; whoever may see what is deleted does not delete it anew.
    const own = column(row.alias, softly.name)
    const shown = [...resource.columns.values()].map(one =>
      one === softly ? sql`target.gone as ${sql.id(one.name)}` : column(row.alias, one.name),
    )
    return sql`target as (${known}), written as (update ${table} set ${sql.id(softly.name)} = coalesce(${own}, now()::${sql.raw(softly.sqlType)}) from target where ${holds} returning true as ${names.written}, ${sql.join(shown)})`
  }
  if (cancels) {
    const status = column(row.alias, cancels.name)
    const waits = sql`${status} = 'pending'`
    const set = sql`${sql.id(cancels.name)} = case when ${waits} then 'cancelled' else ${status} end, finished_at = case when ${waits} then now() else ${sql.raw(row.alias)}.finished_at end, cancel_requested_at = coalesce(${sql.raw(row.alias)}.cancel_requested_at, now()), updated_at = now()`
    return sql`target as (${known}), written as (update ${table} set ${set} from target where ${and([holds, sql`${status} in ('pending', 'running')`])} ${returning})`
  }
  if (kind === 'delete')
    return sql`target as (${known}), written as (delete from ${table} using target where ${holds} ${returning})`
  // A body that says nothing of the row itself changes nothing, and no trigger of it.
  if (assignments.length === 0) {
    const lock = sql`for no key update of ${sql.raw(row.alias)}`
    const columns = sql`true as ${names.written}, ${sql.join(returned)}`
    return sql`target as (${known}), written as (select ${columns} from ${table}, target where ${holds} ${lock})`
  }
  const [unchanged] = resource.key
  const changes = assignments.map(one => sql`${sql.id(one.column.name)} = ${printValue(one, row, printer)}`)
  const nothing = unchanged ? [sql`${sql.id(unchanged.name)} = ${column(row.alias, unchanged.name)}`] : []
  const set = sql.join(changes.length > 0 ? changes : nothing)
  return sql`target as (${known}), written as (update ${table} set ${set} from target where ${holds} ${returning})`
}

function namesOf(columns: readonly Column[]): Sql {
  return sql.join(columns.map(one => sql.id(one.name)))
}
