// Prints what a resource object of the page is made of: its id, its attributes, the linkage of its relationships.
import type { Guard } from '../access/access.ts'
import type { Include, Selected, Selection } from '../access/permitted.ts'
import { documentName } from '../schema/document-names.ts'
import type { Column } from '../schema/field.ts'
import type { Layout, NamedColumn, Output } from './layout.ts'
import { attributesOf, relationshipsOf, toObjectForm } from './print-resource-object.ts'
import type { Printer, Row } from './printer.ts'
import type { Sql } from './sql.ts'

/** What adds to the columns of the statement. */
interface Adding {
  print(selected: Selected): Output
  guard(guard: Guard): number
  add(value: Sql): number
  include(include: Include): number
}

export function printObjectLayout(
  selection: Selection,
  row: Row,
  printer: Printer,
  adding: Adding,
): Pick<Layout, 'outputs' | 'object'> {
  const { resource } = row
  const keyPart = (column: Column, value: Sql): NamedColumn => ({
    name: column.name,
    index: adding.add(value),
    type: column.type,
  })
  const linkage = relationshipsOf(selection).map(({ field, guard, include }) => {
    const parts = include
      ? [{ name: field.name, index: adding.include(include), type: (resource.key[0] as Column).type }]
      : field.kind === 'toOne'
        ? printer.linkedKey(field, row).map(({ column, value }) => keyPart(column, value))
        : []
    return { guard: adding.guard(guard), parts, included: include !== null, toOne: field.kind === 'toOne' }
  })
  const links = selection.fields.find(({ field }) => field.kind === 'links')
  return {
    outputs: attributesOf(selection).map(selected => ({
      ...adding.print(selected),
      name: documentName(selected.field, resource),
    })),
    object: {
      ...toObjectForm(selection, printer.set),
      identifierOnly: selection.form === 'identifier',
      selfGuard: links ? adding.guard(links.guard) : -1,
      id: resource.key.map(column => keyPart(column, printer.stored(column, row))),
      linkage,
    },
  }
}
