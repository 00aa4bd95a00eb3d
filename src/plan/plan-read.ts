// Plans a permitted read as one SQL statement, whatever it includes. Pure: no connection, no clock.
import type { KeyMatch, PermittedRead, Selected } from '../access/permitted.ts'
import type { Column, RelationshipField } from '../schema/field.ts'
import type { Dialect } from './dialect.ts'
import type { Layout, NamedColumn, Output } from './layout.ts'
import { printMeta } from './print-aggregates.ts'
import { codeColumns, type Notes, noteCode, type Order, printInclude, printOrder } from './print-object.ts'
import { printPage } from './print-page.ts'
import { Printer, type Row } from './printer.ts'
import { and, column, or, type Parameter, type Sql, sql, table, yes } from './sql.ts'

/** SQL with slots, and how its rows become the answer. Depends on the shape of the request alone, never on its values. */
export interface ReadPlan {
  readonly text: string
  readonly parameters: readonly Parameter[]
  readonly layout: Layout
  /** Rows come in reverse, for the page before a cursor. */
  readonly reversed: boolean
  /** Claims that the statement looks at. */
  readonly claims: readonly string[]
}

/** The columns of one statement, numbered as they are added. */
class Columns {
  readonly list: Sql[] = []

  add(value: Sql): number {
    return this.list.push(value) - 1
  }
}

export function planRead(read: PermittedRead, dialect: Dialect): ReadPlan {
  const printer = new Printer(read.set, dialect)
  const notes: Notes = { code: [], included: [] }
  const row: Row = { alias: printer.newAlias(), resource: read.access.resource, access: read.access }
  const parent = read.parent && printParent(read.parent, printer)
  const linked = parent && read.parent ? printLink(read.parent.relationship, parent.row, row, printer) : []
  const where = [...linked, printer.visible(row), printer.condition(read.filter, row)]
  const hasMeta = read.total !== null || read.aggregates.length > 0
  const reversed = read.page?.kind === 'keyset' && read.page.before !== null && read.page.after === null

  const columns = new Columns()
  const guards = new Map<string, number>()
  const guardColumn = (selected: Selected): number => {
    if (selected.guard === 'always' || selected.guard === 'never') return -1
    const known = guards.get(selected.guard.id)
    if (known !== undefined) return known
    const index = columns.add(sql`(${printer.guard(selected.guard, row)}) is true`)
    guards.set(selected.guard.id, index)
    return index
  }
  const plainColumns = new Map<Column, number>()
  const outputs = read.selection.fields.map(selected =>
    printOutput(selected, row, printer, notes, columns, guardColumn(selected), plainColumns),
  )
  const order = printOrder(read.sort, row, printer, reversed)
  const cursor =
    read.page?.kind === 'keyset'
      ? read.sort.map((key, i) =>
          cursorColumn(
            key.path.length === 0 && key.field.kind === 'column' ? plainColumns.get(key.field.column) : undefined,
            order,
            i,
            columns,
          ),
        )
      : []

  const rows =
    read.kind === 'item'
      ? printItem(read.match, where, row, printer)
      : printPage(read, read.page, { row, order, where }, printer)
  const selectPage = sql`select ${named(columns.list, 'c')}${rows}`
  const meta = printMeta(read, printer, other =>
    parent && read.parent ? printLink(read.parent.relationship, parent.row, other, printer) : [],
  )
  const statement =
    parent || hasMeta
      ? joinMeta(selectPage, columns.list.length, meta.columns, parent, read.parent?.match ?? null, printer)
      : selectPage
  const offset = parent || hasMeta ? 1 + meta.columns.length : 0
  const { text, parameters } = dialect.compile(statement)
  const layout: Layout = {
    outputs: outputs.map(output => shift(output, offset)),
    cursor: cursor.map(index => index + offset),
    code: notes.code,
    included: notes.included,
    meta: meta.layout,
    present: parent || hasMeta ? meta.columns.length : -1,
  }
  const claims = [...new Set(parameters.flatMap(one => (one.kind === 'claim' ? [one.claim] : [])))]
  return { text, parameters, layout, reversed, claims }
}

/** Where the one record comes from. */
function printItem(match: KeyMatch | null, where: readonly Sql[], row: Row, printer: Printer): Sql {
  const found = match ? printMatch(match, row, printer) : { where: yes, order: null }
  return sql` from ${table(row.resource.table)} as ${sql.raw(row.alias)} where ${and([...where, found.where])}${found.order ? sql` order by ${found.order}` : sql``} limit 1`
}

/** By key, by natural key, or by whichever is found, the key first. The natural key is the caller's to use only where it may read it. */
function printMatch(match: KeyMatch, row: Row, printer: Printer): { readonly where: Sql; readonly order: Sql | null } {
  const { dialect } = printer
  const byKey =
    match.key &&
    and(
      row.resource.key.map(
        (key, i) =>
          sql`${column(row.alias, key.name)} = ${dialect.cast({ kind: 'slot', slot: match.key?.[i] as number }, key.sqlType)}`,
      ),
    )
  const field = match.natural?.field
  const natural =
    match.natural && field?.kind === 'column'
      ? and([
          printer.fieldGuard(field, row),
          sql`${column(row.alias, field.column.name)} = ${dialect.cast({ kind: 'slot', slot: match.natural.slot }, field.column.sqlType)}`,
        ])
      : null
  if (byKey && natural) return { where: or([byKey, natural]), order: sql`(${byKey}) desc` }
  return { where: byKey ?? natural ?? yes, order: null }
}

interface PrintedParent {
  readonly relationship: RelationshipField
  readonly row: Row
  readonly from: Sql
  readonly where: readonly Sql[]
}

/** The record under which a list stands: visible, and with a relationship that this caller may walk on it. */
function printParent(parent: NonNullable<PermittedRead['parent']>, printer: Printer): PrintedParent {
  const row: Row = { alias: printer.newAlias(), resource: parent.access.resource, access: parent.access }
  return {
    relationship: parent.relationship,
    row: { ...row, linkOnly: true },
    from: sql`${table(row.resource.table)} as ${sql.raw(row.alias)}`,
    where: [printer.visible(row), printer.fieldGuard(parent.relationship, row)],
  }
}

/** The records of the page are those that the relationship leads to. */
function printLink(relationship: RelationshipField, parent: Row, row: Row, printer: Printer): readonly Sql[] {
  const { from, where, row: target } = printer.related(relationship, parent)
  const same =
    row.resource.key.length > 0
      ? row.resource.key.map(key => sql`${column(target.alias, key.name)} = ${column(row.alias, key.name)}`)
      : null
  if (relationship.kind !== 'manyToMany') {
    // The link itself, over the row of the page: no second look at the table.
    const link = relationship.link.own.map(
      (own, i) =>
        sql`${column(row.alias, (relationship.link.foreign[i] as Column).name)} = ${column(parent.alias, own.name)}`,
    )
    const holder = relationship.kind === 'toMany' ? row.resource.fields.get(relationship.holder) : undefined
    return [...link, holder ? printer.linkGuard(holder, row, parent) : yes]
  }
  if (!same)
    throw new Error(`${row.resource.name} has no key, so it cannot be nested under a many-to-many relationship`)
  return [sql`exists (select from ${from} where ${and([...where, ...same])})`]
}

/** One row of meta data, and beside it the page: also where the page is empty. No row at all where the parent is not there. */
function joinMeta(
  page: Sql,
  width: number,
  meta: readonly Sql[],
  parent: PrintedParent | null,
  match: KeyMatch | null,
  printer: Printer,
): Sql {
  const alias = parent?.row.alias ?? 'm'
  const found = match && parent ? printMatch(match, parent.row, printer) : { where: yes, order: null }
  const parentFrom =
    parent &&
    sql`(select ${sql.join(linkColumns(parent).map(name => column(parent.row.alias, name)))} from ${parent.from} where ${and([...parent.where, found.where])}${found.order ? sql` order by ${found.order}` : sql``} limit 1) as ${sql.raw(alias)}`
  const metaColumns = meta.map((one, i) => sql`${one} as ${sql.raw(`m${i}`)}`)
  const numbered = sql`select q.*, row_number() over () as n from (${page}) as q`
  const shown = [
    ...meta.map((_, i) => sql.raw(`m.m${i}`)),
    sql.raw('p.n'),
    ...Array.from({ length: width }, (_, i) => sql.raw(`p.c${i}`)),
  ]
  const metaRow = sql`(select ${metaColumns.length === 0 ? sql`1 as one` : sql.join(metaColumns)}) as m`
  const from = parentFrom ? sql`${parentFrom} cross join lateral ${metaRow}` : metaRow
  return sql`select ${sql.join(shown)} from ${from} left join lateral (${numbered}) as p on true order by p.n`
}

/** The parent's columns that the page is linked by. */
function linkColumns({ relationship }: PrintedParent): readonly string[] {
  const own = relationship.kind === 'manyToMany' ? relationship.through.near.own : relationship.link.own
  return own.map(one => one.name)
}

function named(columns: readonly Sql[], letter: string): Sql {
  return columns.length === 0 ? sql`` : sql.join(columns.map((one, i) => sql`${one} as ${sql.raw(`${letter}${i}`)}`))
}

function cursorColumn(known: number | undefined, order: Order, i: number, columns: Columns): number {
  const key = order.keys[i]
  return known ?? columns.add(key ? key.value : sql`null`)
}

function printOutput(
  selected: Selected,
  row: Row,
  printer: Printer,
  notes: Notes,
  columns: Columns,
  guard: number,
  plain: Map<Column, number>,
): Output {
  const { field, include } = selected
  const { name } = field
  if (include) return { kind: 'json', name, guard, index: columns.add(printInclude(include, row, printer, notes)) }
  if (field.kind === 'column') {
    const index = columns.add(printer.value(field, row))
    // A hidden value is no sort key, so only a column that is always shown serves the cursor too.
    if (printer.fieldGuard(field, row) === yes) plain.set(field.column, index)
    return { kind: 'value', name, guard, index, type: field.column.type }
  }
  if (field.kind === 'toOne') {
    const values = printer.shownKey(field, row)
    return {
      kind: 'key',
      name,
      guard,
      parts: printer.keyColumns(field).map((foreign, i) => ({
        name: foreign.name,
        index: columns.add(values[i] as Sql),
        type: foreign.type,
      })),
    }
  }
  if (field.kind === 'computed' && field.compute.by !== 'code')
    return { kind: 'value', name, guard, index: columns.add(printer.value(field, row)), type: field.type }
  if (field.kind === 'computed' || field.kind === 'links') {
    const source = field.kind === 'links' ? null : field
    const parts: NamedColumn[] = codeColumns(source, row).map(({ name: key, column: one }) => ({
      name: key,
      index: columns.add(column(row.alias, one.name)),
      type: one.type,
    }))
    return { kind: 'code', name, guard, parts, code: noteCode(source, row, notes) }
  }
  throw new Error(`${name} is shown only when included`)
}

function shift(output: Output, by: number): Output {
  if (by === 0) return output
  const guard = output.guard < 0 ? -1 : output.guard + by
  if (output.kind === 'key' || output.kind === 'code')
    return { ...output, guard, parts: output.parts.map(part => ({ ...part, index: part.index + by })) }
  return { ...output, guard, index: output.index + by }
}
