// Plans a permitted read as one SQL statement, whatever it includes. Pure: no connection, no clock.
import type { PermittedState } from '../access/allow-state.ts'
import type { KeyMatch, PermittedRead } from '../access/permitted.ts'
import type { Column } from '../schema/field.ts'
import type { Dialect } from './dialect.ts'
import type { Layout } from './layout.ts'
import { printMeta } from './print-aggregates.ts'
import type { Notes } from './print-object.ts'
import { printOrder } from './print-order.ts'
import { Columns, cursorColumn, printRecord, shift } from './print-output.ts'
import { printPage } from './print-page.ts'
import { joinMeta, printLink, printMatch, printParent } from './print-parent.ts'
import { printBackwards } from './print-range.ts'
import { Printer, type Row } from './printer.ts'
import { and, column, type Parameter, type Sql, sql, yes } from './sql.ts'

/** SQL with slots, and how its rows become the answer. Depends on the shape of the request alone, never on its values. */
export interface ReadPlan {
  readonly text: string
  readonly parameters: readonly Parameter[]
  readonly layout: Layout
  /** Rows come in reverse, for the page before a cursor. */
  readonly reversed: boolean
  /** Every table that is read (`public.videos`); null where the answer depends on more than their rows. */
  readonly tables: readonly string[] | null
}

export function planRead(read: PermittedRead, dialect: Dialect): ReadPlan {
  const printer = new Printer(read.set, dialect)
  const notes: Notes = { code: [], included: [] }
  const row: Row = { alias: printer.newAlias(), resource: read.access.resource, access: read.access }
  const parent = read.parent && printParent(read.parent, printer)
  const linked = parent && read.parent ? printLink(read.parent.relationship, parent.row, row, printer) : []
  const where = [...linked, printer.visible(row), printer.condition(read.filter, row)]
  const reversed = read.page?.kind === 'keyset' && read.page.before !== null && read.page.after === null

  const columns = new Columns()
  const plainColumns = new Map<Column, number>()
  const record = printRecord(read.selection, row, printer, notes, columns, plainColumns)
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

  const changed = read.kind === 'item' ? read.validator : null
  const modified = changed ? columns.add(printer.dialect.seconds(printer.shown(changed, row))) : -1
  const state = read.state && printState(read.state, row, printer, columns)
  const rows =
    read.kind === 'item'
      ? printItem(read.match, where, row, printer)
      : printPage(read, read.page, { row, order, where }, printer)
  const selectPage = sql`select ${named(columns.list, 'c')}${rows}`
  const meta = printMeta(read, printer, other =>
    parent && read.parent ? printLink(read.parent.relationship, parent.row, other, printer) : [],
  )
  const range = read.page?.kind === 'keyset' ? read.page.range : undefined
  const backwards = range ? printBackwards(range, read.sort, order.keys, row, printer) : null
  const metaColumns = backwards ? [...meta.columns, backwards] : meta.columns
  const hasMeta = metaColumns.length > 0
  const statement =
    parent || hasMeta
      ? joinMeta(selectPage, columns.list.length, metaColumns, parent, read.parent?.match ?? null, printer)
      : selectPage
  const offset = parent || hasMeta ? 1 + metaColumns.length : 0
  const { text, parameters } = dialect.compile(statement)
  const layout: Layout = {
    ...shift(record, offset),
    cursor: cursor.map(index => index + offset),
    code: notes.code,
    ...(modified >= 0 && { modified: modified + offset }),
    ...(state && { state: shiftState(state, offset) }),
    included: notes.included,
    meta: backwards ? { ...meta.layout, backwards: meta.columns.length } : meta.layout,
    present: parent || hasMeta ? metaColumns.length : -1,
  }
  return { text, parameters, layout, reversed, tables: printer.onlyTables && !state ? [...printer.tables] : null }
}

type StateColumns = NonNullable<Layout['state']>

/** How long to wait before asking again depends on the time, so such an answer is kept by nobody. */
function printState({ status, column: own, runAt, key }: PermittedState, row: Row, printer: Printer, columns: Columns) {
  const guard = printer.fieldGuard(status, row)
  const stored = column(row.alias, own.name)
  return {
    status: columns.add(guard === yes ? stored : sql`case when ${guard} then ${stored} end`),
    runAt: runAt ? columns.add(printer.dialect.seconds(printer.shown(runAt, row))) : -1,
    key: columns.add(sql`${column(row.alias, key.name)}`),
  }
}

function shiftState({ status, runAt, key }: StateColumns, by: number): StateColumns {
  return { status: status + by, runAt: runAt < 0 ? -1 : runAt + by, key: key + by }
}

/** What stands for a list, alone: neither its records nor their order are looked at. */
export function planProbe(read: PermittedRead, dialect: Dialect): Pick<ReadPlan, 'text' | 'parameters'> {
  const printer = new Printer(read.set, dialect)
  const [value = sql`null`] = printMeta({ ...read, total: null }, printer, () => []).columns
  return dialect.compile(sql`select ${value} as v`)
}

/** Where the one record comes from. */
function printItem(match: KeyMatch | null, where: readonly Sql[], row: Row, printer: Printer): Sql {
  const found = match ? printMatch(match, row, printer) : { where: yes, order: null }
  return sql` from ${printer.table(row.resource.table)} as ${sql.raw(row.alias)} where ${and([...where, found.where])}${found.order ? sql` order by ${found.order}` : sql``} limit 1`
}

function named(columns: readonly Sql[], letter: string): Sql {
  return columns.length === 0 ? sql`` : sql.join(columns.map((one, i) => sql`${one} as ${sql.raw(`${letter}${i}`)}`))
}
