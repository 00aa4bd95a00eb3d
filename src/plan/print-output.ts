// Prints what a record shows as columns of the statement, and notes which column is what.
import type { Guard } from '../access/access.ts'
import type { Selected, Selection } from '../access/permitted.ts'
import type { Column } from '../schema/field.ts'
import type { Layout, NamedColumn, Output } from './layout.ts'
import { printInclude } from './print-include.ts'
import { codeColumns, type Notes, noteCode } from './print-object.ts'
import { printObjectLayout } from './print-object-layout.ts'
import type { Order } from './print-order.ts'
import type { Printer, Row } from './printer.ts'
import { column, type Sql, sql, yes } from './sql.ts'

/** How the columns become one record. */
export type RecordLayout = Pick<Layout, 'outputs' | 'object'>

/** The columns of one statement, numbered as they are added. */
export class Columns {
  readonly list: Sql[] = []

  add(value: Sql): number {
    return this.list.push(value) - 1
  }
}

export function cursorColumn(known: number | undefined, order: Order, i: number, columns: Columns): number {
  const key = order.keys[i]
  return known ?? columns.add(key ? key.value : sql`null`)
}

/** Adds what a record is made of to the columns of the statement: each guard once, however many members it guards. */
export function printRecord(
  selection: Selection,
  row: Row,
  printer: Printer,
  notes: Notes,
  columns: Columns,
  plain: Map<Column, number> = new Map(),
): RecordLayout {
  const guards = new Map<string, number>()
  const guardColumn = (guard: Guard): number => {
    if (guard === 'always' || guard === 'never') return -1
    const index = guards.get(guard.id) ?? columns.add(sql`(${printer.guard(guard, row)}) is true`)
    guards.set(guard.id, index)
    return index
  }
  const print = (selected: Selected): Output =>
    printOutput(selected, row, printer, notes, columns, guardColumn(selected.guard), plain)
  if (selection.form === 'plain') return { outputs: selection.fields.map(print) }
  return printObjectLayout(selection, row, printer, {
    print,
    guard: guardColumn,
    add: value => columns.add(value),
    include: one => columns.add(printInclude(one, row, printer, notes)),
  })
}

/** Adds what a member of the record is made of to the columns of the statement. */
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
        type: foreign.column.type,
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

/** The same in a statement whose columns begin further on. */
export function shift({ outputs, object }: RecordLayout, by: number): RecordLayout {
  const moved = (part: NamedColumn) => ({ ...part, index: part.index + by })
  return {
    outputs: outputs.map(output => shiftOutput(output, by)),
    ...(object && {
      object: {
        ...object,
        selfGuard: object.selfGuard < 0 ? -1 : object.selfGuard + by,
        id: object.id.map(moved),
        linkage: object.linkage.map(one => ({
          ...one,
          guard: one.guard < 0 ? -1 : one.guard + by,
          parts: one.parts.map(moved),
        })),
      },
    }),
  }
}

function shiftOutput(output: Output, by: number): Output {
  if (by === 0) return output
  const guard = output.guard < 0 ? -1 : output.guard + by
  if (output.kind === 'key' || output.kind === 'code')
    return { ...output, guard, parts: output.parts.map(part => ({ ...part, index: part.index + by })) }
  return { ...output, guard, index: output.index + by }
}
