// Prints a record as JSON text made by the database.
import type { Include, Selected, Selection } from '../access/permitted.ts'
import type { Column, ComputedField } from '../schema/field.ts'
import { type CodeSource, type Layout, marks } from './layout.ts'
import type { KeyPart, Printer, Row } from './printer.ts'
import { type Sql, sql, yes } from './sql.ts'

/** What is noted on the way, for the layout. */
export interface Notes {
  readonly code: CodeSource[]
  readonly included: Layout['included'][number][]
}

/** A record as JSON text. Members that are hidden on this row are absent. */
export function printObject(
  selection: Selection,
  row: Row,
  printer: Printer,
  notes: Notes,
  nested: (include: Include) => Sql,
): Sql {
  const { dialect } = printer
  const members = selection.fields.map(({ field, guard, include }) =>
    include
      ? { guard: printer.guard(guard, row), text: [printName(field.name, printer), nested(include)] }
      : printMember({ field, guard }, row, printer, notes),
  )
  const [first] = members
  if (!first) return dialect.text('{}')
  // The key comes first and is always there, so every other member can bring its comma along.
  if (first.guard === yes) {
    const rest = members.slice(1).flatMap(({ guard, text }) => {
      const member = [dialect.text(','), ...text]
      return guard === yes ? member : [sql`case when ${guard} then ${dialect.concat(member)} end`]
    })
    return dialect.concat([dialect.text('{'), ...first.text, ...rest, dialect.text('}')])
  }
  const all = members.map(
    ({ guard, text }) => sql`case when ${guard} then ${dialect.concat([dialect.text(','), ...text])} end`,
  )
  return dialect.concat([dialect.text('{'), sql`substr(${dialect.concat(all)}, 2)`, dialect.text('}')])
}

function printName(name: string, { dialect }: Printer): Sql {
  return dialect.text(`${JSON.stringify(name)}:`)
}

/** A member that nothing is included in. */
export function printMember(
  selected: Pick<Selected, 'field' | 'guard'>,
  row: Row,
  printer: Printer,
  notes: Notes,
  called: string = selected.field.name,
): { readonly guard: Sql; readonly text: readonly Sql[] } {
  const { field } = selected
  const { dialect } = printer
  const guard = printer.guard(selected.guard, row)
  const name = printName(called, printer)
  if (field.kind === 'toOne')
    return {
      guard,
      text: [
        name,
        printKey(printer.keyColumns(field), printer.shownKey(field, row), field.nullable || !field.inKey, printer),
      ],
    }
  if (field.kind === 'links' || (field.kind === 'computed' && field.compute.by === 'code')) {
    const columns = codeColumns(field.kind === 'links' ? null : field, row)
    const code = noteCode(field.kind === 'links' ? null : field, row, notes)
    const parts = columns.map(({ name: key, column: source }, i) =>
      dialect.concat([
        dialect.text(`${i === 0 ? '' : ','}${JSON.stringify(key)}:`),
        dialect.json(
          printer.value(
            { kind: 'column', name: key, definedAs: key, column: source, inKey: false, explicit: false, reads: [] },
            row,
          ),
          source.type,
          source.nullable,
        ),
      ]),
    )
    return { guard, text: [name, dialect.text(`${marks.code}${code}:{`), ...parts, dialect.text(`}${marks.end}`)] }
  }
  const value = printer.value(field, row)
  if (field.kind === 'column')
    return { guard, text: [name, dialect.json(value, field.column.type, field.column.nullable)] }
  if (field.kind === 'computed') return { guard, text: [name, dialect.json(value, field.type, field.nullable)] }
  throw new Error(`${field.name} is shown only when included`)
}

/** `{"id":18}`, or null where there is no record or none that the caller may see. */
function printKey(key: readonly KeyPart[], values: readonly Sql[], nullable: boolean, printer: Printer): Sql {
  const { dialect } = printer
  // Joined by `||` the object is null as soon as one part is, so that no value has to be printed twice.
  const parts = key.map(({ name, column }, i) => {
    const label = dialect.text(`${i === 0 ? '{' : ','}${JSON.stringify(name)}:`)
    return sql`${label} || ${dialect.json(values[i] as Sql, column.type, false)}`
  })
  const object = sql`${sql.join(parts, sql` || `)} || '}'`
  return nullable ? sql`coalesce(${object}, 'null')` : sql`(${object})`
}

/** The columns that something made in TypeScript is made of. */
export function codeColumns(
  field: ComputedField | null,
  row: Row,
): readonly { readonly name: string; readonly column: Column }[] {
  if (!field) return row.resource.key.map(column => ({ name: column.name, column }))
  const { reads, compute } = field
  return reads.flatMap((read, i) => {
    const source = row.resource.fields.get(read)
    const name = (compute.by === 'code' && compute.from[i]) || read
    return source?.kind === 'column' ? [{ name, column: source.column }] : []
  })
}

export function noteCode(field: ComputedField | null, row: Row, notes: Notes): number {
  const found = notes.code.findIndex(one => one.field === field && one.resource === row.resource)
  return found >= 0 ? found : notes.code.push({ kind: field ? 'values' : 'links', field, resource: row.resource }) - 1
}
