// Prints the record that was written as its caller sees it, of what the statement returned.
import type { Access } from '../access/access.ts'
import type { PermittedWrite } from '../access/permitted-write.ts'
import type { CodeSource, Layout } from './layout.ts'
import type { Notes } from './print-object.ts'
import { type Columns, printRecord } from './print-output.ts'
import { Printer, type Row } from './printer.ts'

/** No layout where it has to be read again: the statement sees the other rows of its table as they were. */
export function printWritten(
  { answer, access, links, assignments, creation }: PermittedWrite,
  after: Row,
  columns: Columns,
  printer: Printer,
): { readonly layout: Layout | null; readonly mustReread: boolean } {
  if (!answer) return { layout: null, mustReread: false }
  const own = `${access.resource.table.schema}.${access.resource.table.name}`
  printer.searched.delete(own)
  const notes: Notes = { code: [] as CodeSource[], included: [] }
  const before = columns.list.length
  const record = printRecord(answer, after, printer, notes, columns)
  // A record that was just made is there for lookups by key only where it points to itself.
  const mayPointToItself = links.some(({ field }) => field.target === access.resource.name)
  const choosesKey = [...assignments, ...(creation?.assignments ?? [])].some(({ column: one }) =>
    access.resource.key.includes(one),
  )
  if (printer.searched.has(own) || (mayPointToItself && choosesKey) || leadsBack(access, own, printer)) {
    columns.list.length = before
    return { layout: null, mustReread: true }
  }
  return {
    layout: {
      ...record,
      cursor: [],
      code: notes.code,
      included: notes.included,
      meta: { total: -1, aggregate: -1, groups: -1 },
      present: -1,
    },
    mustReread: false,
  }
}

/** Whether it may change with rows of the table that is written which linked records are seen, and so which links are shown. */
function leadsBack({ resource, permitted }: Access, own: string, { set, dialect }: Printer): boolean {
  return [...resource.fields.values()].some(field => {
    const isGuarded = field.kind === 'toOne' && !field.keyShown && !field.inKey
    const target = isGuarded && permitted.has(field.name) ? set.target(field) : null
    if (!target) return false
    const printer = new Printer(set, dialect)
    printer.visible({ alias: printer.newAlias(), resource: target.resource, access: target })
    return printer.tables.has(own)
  })
}
