// Prints the order of a list: by shown values only, told apart to the last.
import type { SortKey } from '../access/permitted.ts'
import type { Column } from '../schema/field.ts'
import type { Printer, Row } from './printer.ts'
import { and, type Sql, sql, yes } from './sql.ts'

export interface Order {
  /** Joins for sort keys of related records, to follow the FROM. */
  readonly joins: Sql
  readonly order: Sql
  /** The value of each key, hidden as null. */
  readonly keys: readonly {
    readonly value: Sql
    readonly sqlType: string
    readonly nullable: boolean
    readonly descending: boolean
  }[]
}

/** The order by shown values; nulls are the greatest. `reversed` for the page before a cursor. */
export function printOrder(sort: readonly SortKey[], row: Row, printer: Printer, reversed = false): Order {
  const joined = new Map<string, Row>()
  const joins: Sql[] = []
  const keys = sort.map(key => {
    let at = row
    let path = ''
    for (const relationship of key.path) {
      path += `${relationship.name}\u0000`
      let next = joined.get(path)
      if (!next) {
        const { from, where, row: target } = printer.related(relationship, at)
        joins.push(sql` left join ${from} on ${and([...where, printer.fieldGuard(relationship, at)])}`)
        joined.set(path, target)
        next = target
      }
      at = next
    }
    return { ...printKeyValue(key, at, printer), descending: key.descending }
  })
  const terms = keys.map(({ value, descending }) => (descending !== reversed ? sql`${value} desc` : sql`${value} asc`))
  if (row.resource.key.length === 0) terms.push(...printSpellings(row, printer))
  return {
    joins: joins.length === 0 ? sql`` : sql.join(joins, sql``),
    order: terms.length === 0 ? sql`(select 1)` : sql.join(terms, sql`, `),
    keys,
  }
}

/** Without a key, rows that sort alike are told apart by all that the caller can see of them, to the letter. */
function printSpellings(row: Row, printer: Printer): readonly Sql[] {
  const fields = [...row.resource.fields.values()].filter(field => row.access?.permitted.has(field.name))
  return fields.flatMap(field => {
    const guard = printer.fieldGuard(field, row)
    const isMade = field.kind === 'computed' && field.compute.by === 'code'
    const values =
      field.kind === 'toOne'
        ? printer.shownKey(field, row)
        : field.kind === 'column' || (field.kind === 'computed' && !isMade)
          ? [printer.value(field, row)]
          : []
    return values.map(value =>
      printer.dialect.spelling(guard === yes ? value : sql`case when ${guard} then ${value} end`),
    )
  })
}

function printKeyValue(
  key: SortKey,
  row: Row,
  printer: Printer,
): { readonly value: Sql; readonly sqlType: string; readonly nullable: boolean } {
  const { field } = key
  const column = field.kind === 'column' ? field.column : field.kind === 'toOne' ? (field.link.own[0] as Column) : null
  const guarded = printer.fieldGuard(field, row) !== yes
  const sqlType = column?.sqlType ?? (field.kind === 'computed' ? field.sqlType : 'text')
  // Of a record that is not there a computed field is null, not false or 0.
  const missing = key.path.length > 0 && field.kind === 'computed' ? row.resource.key[0] : undefined
  const shown = printer.shown(field, row)
  const value = missing
    ? sql`case when ${sql.raw(row.alias)}.${sql.id(missing.name)} is not null then ${shown} end`
    : shown
  const nullable =
    guarded || key.path.length > 0 || (field.kind === 'toOne' ? !field.inKey : (column?.nullable ?? true))
  return { value, sqlType, nullable }
}
