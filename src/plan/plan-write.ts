// Plans a permitted write as one SQL statement that does all of it or nothing: rights before and after, links, and the answer.
//
//   with target  as (what may be done with the row, and which links lead somewhere),
//        written as (insert, update or delete … where all of that holds, returning its columns)
//   select that, a cast that fails where the new row may not be so, the key, the record as its caller sees it
import type { Guard } from '../access/access.ts'
import type { PermittedWrite } from '../access/permitted-write.ts'
import type { Field } from '../schema/field.ts'
import type { Dialect } from './dialect.ts'
import type { Layout, NamedColumn } from './layout.ts'
import { type AfterPlan, names, planAfter, printChecks, printRefusal } from './print-after.ts'
import { printChange, printCreate } from './print-change.ts'
import { Columns } from './print-output.ts'
import { printUnder } from './print-parent.ts'
import { printUpsert } from './print-upsert.ts'
import { printLink } from './print-value.ts'
import { printWritten } from './print-written.ts'
import { Printer, type Row } from './printer.ts'
import { column, type Parameter, type Sql, sql, yes } from './sql.ts'

export interface WritePlan {
  readonly text: string
  readonly parameters: readonly Parameter[]
  /** The column that says whether each right holds on the row as it was, by the rights' order; -1 where it always does. */
  readonly rights: readonly number[]
  /** The same for links. */
  readonly links: readonly number[]
  /** The column that says whether the record stands under the one that the path names; -1 where it names none. */
  readonly under: number
  /** For a record that may be made by its key: the column that says whether it is there, and the one that says whether it was made; else -1. */
  readonly found: number
  readonly created: number
  /** For a command that is cancelled: the columns that say whether it was over before, and its state now; else -1. */
  readonly over: number
  readonly state: number
  /** Likewise whether its caller still sees it; -1 where he always does. */
  readonly seen: number
  /** The column that is null where nothing was written. */
  readonly written: number
  /** The key of the record that was written. */
  readonly key: readonly NamedColumn[]
  /** How the record is answered; null where it is not, or has to be read again. */
  readonly layout: Layout | null
  /** The answer looks at other rows of the table that is written, which this statement sees as they were. */
  readonly mustReread: boolean
  /** What is asked of the row once it is written; null where nothing is left to ask. */
  readonly after: AfterPlan | null
  /** Tables that are written. */
  readonly changes: string
}

export function planWrite(write: PermittedWrite, dialect: Dialect): WritePlan {
  const { access, set, kind } = write
  const { resource } = access
  const printer = new Printer(set, dialect)
  const before: Row = { alias: printer.newAlias(), resource, access }
  const after: Row = { alias: printer.newAlias(), resource, access, known: knownKeys(write) }
  const columns = new Columns()

  const flags: Sql[] = []
  const flag = (condition: Sql): number => {
    if (condition === yes) return -1
    flags.push(sql`(${condition}) is true as ${sql.raw(`f${flags.length}`)}`)
    return flags.length - 1
  }
  const under = write.parent ? flag(printUnder(write.parent, before, printer)) : -1
  const rights =
    kind === 'create'
      ? write.rights.map(() => -1)
      : write.rights.map(one => (one.on === 'create' ? -1 : flag(guardOf(one.guard, before, printer))))
  const ofRow = flags.length
  const links = write.links.map(one => flag(printer.locked(() => printLink(one, printer))))
  const flagColumns = flags.map((_, i) => columns.add(sql.raw(`target.f${i}`)))
  const place = (index: number) => (index < 0 ? -1 : (flagColumns[index] as number))

  const { creation } = write
  const found = creation ? columns.add(sql.raw('target.found')) : -1
  const cancels = kind === 'delete' ? resource.request : null
  const over = cancels ? columns.add(sql.raw('target.over')) : -1
  const statement = creation
    ? printUpsert({ ...write, creation }, { flags, ofRow }, before, printer)
    : kind === 'create'
      ? printCreate(write, flags, printer)
      : printChange(write, flags, before, printer)
  const written = columns.add(sql`${sql.raw(after.alias)}.${names.written}`)
  const created = creation ? columns.add(sql`${sql.raw(after.alias)}.${names.created}`) : -1
  if (kind !== 'delete') {
    const isNew = sql`${sql.raw(after.alias)}.${names.created}`
    const checks = printer.locked(() => printChecks(write, after, isNew, printer))
    columns.add(
      printRefusal(
        checks.filter(one => !one.early),
        after.alias,
      ),
    )
  }
  const state = cancels ? columns.add(column(after.alias, cancels.state.column.name)) : -1
  const stays = cancels ? printer.visible(after) : yes
  const seen = stays === yes ? -1 : columns.add(sql`(${stays}) is true`)
  const key = resource.key.map(one => ({
    name: one.name,
    index: columns.add(column(after.alias, one.name)),
    type: one.type,
  }))
  const { layout, mustReread } = printWritten(write, after, columns, printer)

  const source =
    kind === 'create' && flags.length === 0
      ? sql`written as ${sql.raw(after.alias)}`
      : sql`target left join written as ${sql.raw(after.alias)} on true`
  const { text, parameters } = dialect.compile(sql`with ${statement} select ${sql.join(columns.list)} from ${source}`)
  return {
    text,
    parameters,
    rights: rights.map(place),
    links: links.map(place),
    under: place(under),
    found,
    created,
    over,
    state,
    seen,
    written,
    key,
    layout,
    mustReread,
    after: kind === 'delete' ? null : planAfter(write, dialect),
    changes: `${resource.table.schema}.${resource.table.name}`,
  }
}

function guardOf(guard: Guard, row: Row, printer: Printer): Sql {
  return printer.guard(guard, row)
}

/** Foreign keys of the new row that need not be looked up again: those that the caller gave, which were found to lead to what he sees, and nulls. */
function knownKeys({ kind, access, assignments, links, creation }: PermittedWrite): ReadonlySet<Field> {
  // Of two ways to come to be, each looks for itself.
  if (creation || access.resource.table.moreOn[kind === 'create' ? 'insert' : 'update']) return new Set()
  const assigned = new Set(assignments.map(one => one.column))
  const known = new Set<Field>(links.map(({ field }) => field))
  if (kind !== 'create') return known
  for (const field of access.resource.fields.values())
    if (field.kind === 'toOne' && field.link.own.every(own => !assigned.has(own) && !own.hasDefault && !own.generated))
      known.add(field)
  return known
}
