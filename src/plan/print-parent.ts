// Prints the record under which a list stands, and beside it the page: no row at all where it is not there for the caller.
import type { KeyMatch, PermittedRead } from '../access/permitted.ts'
import type { Column, RelationshipField } from '../schema/field.ts'
import type { Printer, Row } from './printer.ts'
import { and, column, or, type Sql, sql, yes } from './sql.ts'

/** By key, by natural key, or by whichever is found, the key first. The natural key is the caller's to use only where it may read it. */
export function printMatch(
  match: KeyMatch,
  row: Row,
  printer: Printer,
): { readonly where: Sql; readonly order: Sql | null } {
  if (match.own) return { where: printer.condition(match.own, row), order: null }
  const { dialect } = printer
  const byKey =
    match.key &&
    and(
      row.resource.key.map(
        (key, i) =>
          sql`${printer.stored(key, row)} = ${dialect.cast({ kind: 'slot', slot: match.key?.[i] as number }, key.sqlType)}`,
      ),
    )
  const field = match.natural?.field
  const natural =
    match.natural && field?.kind === 'column'
      ? and([
          printer.fieldGuard(field, row),
          sql`${printer.stored(field.column, row)} = ${dialect.cast({ kind: 'slot', slot: match.natural.slot }, field.column.sqlType)}`,
        ])
      : null
  if (byKey && natural) return { where: or([byKey, natural]), order: sql`(${byKey}) desc` }
  return { where: byKey ?? natural ?? yes, order: null }
}

/** The row that is meant: what is the caller's own is so under the record of the path alone. */
export function printFound(
  match: KeyMatch,
  parent: PermittedRead['parent'] | undefined,
  row: Row,
  printer: Printer,
): { readonly where: Sql; readonly order: Sql | null } {
  const found = printMatch(match, row, printer)
  return match.own && parent ? { ...found, where: and([found.where, printUnder(parent, row, printer)]) } : found
}

export interface PrintedParent {
  readonly relationship: RelationshipField
  readonly row: Row
  readonly from: Sql
  readonly where: readonly Sql[]
}

/** The record under which a list stands: visible, and with a relationship that this caller may walk on it. */
export function printParent(parent: NonNullable<PermittedRead['parent']>, printer: Printer): PrintedParent {
  const row: Row = { alias: printer.newAlias(), resource: parent.access.resource, access: parent.access }
  return {
    relationship: parent.relationship,
    row: { ...row, linkOnly: true },
    from: sql`${printer.table(row.resource.table)} as ${sql.raw(row.alias)}`,
    where: [printer.visible(row), printer.fieldGuard(parent.relationship, row)],
  }
}

/** The records of the page are those that the relationship leads to. */
export function printLink(relationship: RelationshipField, parent: Row, row: Row, printer: Printer): readonly Sql[] {
  const { from, where, row: target, tables } = printer.related(relationship, parent)
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
  return [printer.exists({ from, tables }, [...where, ...same])]
}

/** Whether a record is one of those that the path leads to: its parent is there for the caller, and so is the way from it. */
export function printUnder(given: NonNullable<PermittedRead['parent']>, row: Row, printer: Printer): Sql {
  const parent = printParent(given, printer)
  const found = printMatch(given.match, parent.row, printer)
  const where = and([...parent.where, found.where])
  const link = and(printLink(given.relationship, parent.row, row, printer))
  const tables = new Map([[parent.row.alias, parent.row.resource.table]])
  if (!found.order) return printer.exists({ from: parent.from, tables }, [where, link])
  // By the key or the natural key: the one that is found first, and no other.
  const columns = sql.join(linkColumns(parent).map(name => column(parent.row.alias, name)))
  return sql`exists (select from (select ${columns} from ${parent.from} where ${where} order by ${found.order} limit 1${printer.lock(tables)}) as ${sql.raw(parent.row.alias)} where ${link})`
}

/** One row of meta data, and beside it the page: also where the page is empty. No row at all where the parent is not there. */
export function joinMeta(
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
