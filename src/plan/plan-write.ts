// Plans a permitted write as one SQL statement that does all of it or nothing: rights before and after, links, and the answer.
//
//   with target  as (what may be done with the row, and which links lead somewhere),
//        written as (insert, update or delete … where all of that holds, returning its columns)
//   select that, a cast that fails where the new row may not be so, the key, the record as its caller sees it
import type { Guard } from '../access/access.ts'
import type { KeyMatch } from '../access/permitted.ts'
import type { PermittedWrite } from '../access/permitted-write.ts'
import type { Column, Field } from '../schema/field.ts'
import type { Dialect } from './dialect.ts'
import type { CodeSource, Layout, NamedColumn } from './layout.ts'
import { type AfterPlan, names, planAfter, printChecks, printRefusal } from './print-after.ts'
import type { Notes } from './print-object.ts'
import { Columns, printOutput } from './print-output.ts'

import { printFound, printMatch, printUnder } from './print-parent.ts'
import { printUpsert } from './print-upsert.ts'

import { printLink, printValue } from './print-value.ts'
import { Printer, type Row } from './printer.ts'
import { and, column, no, type Parameter, type Sql, sql, yes } from './sql.ts'

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
  const key = resource.key.map(one => ({
    name: one.name,
    index: columns.add(column(after.alias, one.name)),
    type: one.type,
  }))
  const { layout, mustReread } = printAnswer(write, after, columns, printer)

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

function printCreate({ access, assignments }: PermittedWrite, flags: readonly Sql[], printer: Printer): Sql {
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
function printChange(write: PermittedWrite, flags: readonly Sql[], before: Row, printer: Printer): Sql {
  const { access, kind, assignments, rights } = write
  const { resource } = access
  const row: Row = { alias: printer.newAlias(), resource, access }
  const found = printFound(write.match as KeyMatch, write.parent, before, printer)
  // An id that is both a key and a natural key names one record: the one that was found.
  const keys = found.order ? resource.key : []
  const ids = keys.map((one, i) => sql`${column(before.alias, one.name)} as ${sql.raw(`k${i}`)}`)
  const softly = kind === 'delete' ? (resource.softDelete?.column ?? null) : null
  const gone = softly ? [sql`${column(before.alias, softly.name)} as gone`] : []
  const known = sql`select ${sql.join([sql`true as found`, ...flags, ...ids, ...gone])} from ${printer.table(resource.table)} as ${sql.raw(before.alias)} where ${and([found.where, printer.visible(before)])}${found.order ? sql` order by ${found.order}` : sql``} limit 1`
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

function printAnswer(
  { answer, access, links, assignments, creation }: PermittedWrite,
  after: Row,
  columns: Columns,
  printer: Printer,
): { readonly layout: Layout | null; readonly mustReread: boolean } {
  if (!answer) return { layout: null, mustReread: false }
  const own = `${access.resource.table.schema}.${access.resource.table.name}`
  printer.searched.delete(own)
  const notes: Notes = { code: [] as CodeSource[], included: [] }
  const guards = new Map<string, number>()
  const plain = new Map<Column, number>()
  const before = columns.list.length
  const outputs = answer.fields.map(selected => {
    const { guard } = selected
    let index = -1
    if (typeof guard === 'object') {
      index = guards.get(guard.id) ?? columns.add(sql`(${printer.guard(guard, after)}) is true`)
      guards.set(guard.id, index)
    }
    return printOutput(selected, after, printer, notes, columns, index, plain)
  })
  // A record that was just made is there for lookups by key only where it points to itself.
  const mayPointToItself = links.some(({ field }) => field.target === access.resource.name)
  const choosesKey = [...assignments, ...(creation?.assignments ?? [])].some(({ column: one }) =>
    access.resource.key.includes(one),
  )
  if (printer.searched.has(own) || (mayPointToItself && choosesKey)) {
    columns.list.length = before
    return { layout: null, mustReread: true }
  }
  return {
    layout: {
      outputs,
      cursor: [],
      code: notes.code,
      included: notes.included,
      meta: { total: -1, aggregate: -1, groups: -1 },
      present: -1,
    },
    mustReread: false,
  }
}

function namesOf(columns: readonly Column[]): Sql {
  return sql.join(columns.map(one => sql.id(one.name)))
}
