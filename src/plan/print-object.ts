// Prints records as JSON text made by the database: included ones, to any depth.
import type { Include, Selected, Selection, SortKey } from '../access/permitted.ts'
import type { Column, ComputedField } from '../schema/field.ts'
import { isToMany } from '../schema/field-value.ts'
import { type CodeSource, type Layout, marks } from './layout.ts'
import type { KeyPart, Printer, Row } from './printer.ts'
import { and, type Sql, sql, yes } from './sql.ts'

/** What is noted on the way, for the layout. */
export interface Notes {
  readonly code: CodeSource[]
  readonly included: Layout['included'][number][]
}

/** An included record or list as one JSON text; null or `[]` where there is none that the caller may see. */
export function printInclude(include: Include, row: Row, printer: Printer, notes: Notes): Sql {
  const { relationship, limit, index } = include
  notes.included[index] = { path: include.path, limit }
  const { from, where, row: target } = printer.related(relationship, row)
  const filter = printer.condition(include.filter, target)
  const object = printObject(include.selection, target, printer, notes)
  const { dialect } = printer
  if (!isToMany(relationship))
    return sql`coalesce((select ${object} from ${from} where ${and([...where, filter])} limit 1), 'null')`
  const { joins, order } = printOrder(include.sort, target, printer)
  const rows = sql`select ${object} as j from ${from}${joins} where ${and([...where, filter])} order by ${order} limit ${sql.lit(limit + 1)}`
  // An aggregate takes its rows as they come, and a LIMIT below keeps them in order: no second sort.
  const list = dialect.firstOf(sql`r.j`, limit)
  const cut = sql`case when count(*) > ${sql.lit(limit)} then ${dialect.text(`${marks.cut}${index};`)} end`
  return sql`(select ${dialect.concat([dialect.text('['), list, dialect.text(']'), cut])} from (${rows}) as r)`
}

/** A record as JSON text. Members that are hidden on this row are absent. */
function printObject(selection: Selection, row: Row, printer: Printer, notes: Notes): Sql {
  const { dialect } = printer
  const members = selection.fields.map(selected => printMember(selected, row, printer, notes))
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

function printMember(
  selected: Selected,
  row: Row,
  printer: Printer,
  notes: Notes,
): { readonly guard: Sql; readonly text: readonly Sql[] } {
  const { field, include } = selected
  const { dialect } = printer
  const guard = printer.guard(selected.guard, row)
  const name = dialect.text(`${JSON.stringify(field.name)}:`)
  if (include) return { guard, text: [name, printInclude(include, row, printer, notes)] }
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
