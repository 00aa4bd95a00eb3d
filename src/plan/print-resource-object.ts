// Prints an included record as the parts of a resource object of JSON:API, with marks between them: what becomes of them is said in layout.ts.

import type { AccessSet } from '../access/access.ts'
import type { Include, Selected, Selection } from '../access/permitted.ts'
import { documentName } from '../schema/document-names.ts'
import { isRelationship } from '../schema/field-value.ts'
import { toPath } from '../schema/spell-path.ts'
import { marks, type ObjectForm } from './layout.ts'
import { type Notes, printMember } from './print-object.ts'
import type { Printer, Row } from './printer.ts'
import { type Sql, sql, yes } from './sql.ts'

/** What a record of this selection shows besides attributes, and how it is called. */
export function toObjectForm(selection: Selection, set: AccessSet): ObjectForm {
  const { resource } = selection.access
  return {
    type: resource.name,
    path: resource.path,
    self: selection.fields.some(({ field }) => field.kind === 'links'),
    relationships: relationshipsOf(selection).map(({ field, include, hidden }) => {
      const target = isRelationship(field) ? set.target(field) : null
      return {
        name: documentName(field, resource),
        path: toPath(field.definedAs),
        type: include || field.kind !== 'toOne' ? null : field.target,
        hasLinks: target !== null && target.resource.key.length > 0,
        hidden: hidden === true,
      }
    }),
  }
}

export function relationshipsOf({ fields, form }: Selection): readonly Selected[] {
  return form === 'identifier' ? [] : fields.filter(({ field }) => isRelationship(field))
}

export function attributesOf({ fields, form }: Selection): readonly Selected[] {
  return form === 'identifier' ? [] : fields.filter(({ field }) => !isRelationship(field) && field.kind !== 'links')
}

export function printResourceObject(
  { index, selection }: Include,
  row: Row,
  printer: Printer,
  notes: Notes,
  nested: (include: Include) => Sql,
): Sql {
  const { dialect } = printer
  const { resource } = row
  const key = dialect.id(resource.key.map(one => ({ value: printer.stored(one, row), type: one.type })))
  // The key of a view may be null on rows all the same.
  const id = resource.key.some(one => one.nullable) ? sql`coalesce(${key}, '""')` : key
  const attributes = attributesOf(selection).map(selected => {
    const { guard, text } = printMember(selected, row, printer, notes, documentName(selected.field, resource))
    return guarded(guard, [dialect.text(','), ...text], printer)
  })
  const relationships = relationshipsOf(selection).map(({ field, guard, include }, i) => {
    const linkage = include
      ? [nested(include)]
      : field.kind === 'toOne'
        ? [sql`coalesce(${printLinkedId(field, row, printer)}, 'null')`]
        : []
    return guarded(printer.guard(guard, row), [dialect.text(`${marks.relationship}${i}:`), ...linkage], printer)
  })
  const self = selection.fields
    .filter(({ field }) => field.kind === 'links')
    .map(({ guard }) =>
      guarded(printer.guard(guard, row), [dialect.text(`${marks.relationship}${relationships.length}:`)], printer),
    )
  return dialect.concat([
    dialect.text(`${marks.object}${index};`),
    id,
    dialect.text(marks.part),
    ...attributes.flat(),
    dialect.text(marks.part),
    ...relationships.flat(),
    ...self.flat(),
    dialect.text(marks.close),
  ])
}

/** As a JSON string; null where there is no record, or none that the caller may see. */
function printLinkedId(field: Parameters<Printer['linkedKey']>[0], row: Row, printer: Printer): Sql {
  const key = printer.linkedKey(field, row)
  // A table that nobody serves has no ids.
  if (key.length === 0) return sql`null`
  return printer.dialect.id(key.map(({ column, value }) => ({ value, type: column.type })))
}

function guarded(guard: Sql, text: readonly Sql[], { dialect }: Printer): readonly Sql[] {
  return guard === yes ? text : [sql`case when ${guard} then ${dialect.concat(text)} end`]
}
