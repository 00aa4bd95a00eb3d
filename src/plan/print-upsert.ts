// Prints a record that is made, or replaced where it is there: one statement, whoever else writes at the same time.
import type { KeyMatch } from '../access/permitted.ts'
import type { Creation, PermittedWrite } from '../access/permitted-write.ts'
import { names } from './print-after.ts'
import { printMatch, printUnder } from './print-parent.ts'
import { printValue } from './print-value.ts'
import type { Printer, Row } from './printer.ts'
import { and, column, no, type Sql, sql, yes } from './sql.ts'

/**
 * @param flags what is asked before; the first `ofRow` of them of the row that is there, the others whether it is there or not
 * @returns `target`, one row in any case, and `written`, which says whether it was made
 */
export function printUpsert(
  write: PermittedWrite & { readonly creation: Creation },
  { flags, ofRow }: { readonly flags: readonly Sql[]; readonly ofRow: number },
  before: Row,
  printer: Printer,
): Sql {
  const { access, creation, match, mustBeAbsent, parent, rights } = write
  const { resource } = access
  const row: Row = { alias: printer.newAlias(), resource, access }
  const place = placeOf(match as KeyMatch)
  const table = printer.table(resource.table)
  const there = sql`select ${sql.join([sql`true as found`, ...flags.slice(0, ofRow)])} from ${table} as ${sql.raw(before.alias)} where ${and([printMatch(place, before, printer).where, printer.visible(before)])} limit 1`
  const shown = [
    sql`there.found`,
    ...flags.slice(0, ofRow).map((_, i) => sql.raw(`there.f${i}`)),
    ...flags.slice(ofRow),
  ]
  const target = sql`select ${sql.join(shown)} from (select) as one left join (${there}) as there on true`
  const into = sql.join(creation.assignments.map(one => sql.id(one.column.name)))
  const values = sql.join(creation.assignments.map(one => printValue(one, null, printer)))
  const links = and(flags.slice(ofRow).map((_, i) => sql.raw(`target.f${ofRow + i}`)))
  // The row in the way is judged as it is when it is locked, so the policy stands here (ACCESS R34).
  const holds = printer.locked(() =>
    and([
      mustBeAbsent ? no : yes,
      printMatch(place, row, printer).where,
      printer.visible(row),
      parent ? printUnder(parent, row, printer) : yes,
      ...rights.filter(one => one.on !== 'create').map(one => printer.guard(one.guard, row)),
    ]),
  )
  const [first] = creation.conflict
  const set =
    write.assignments.length > 0
      ? write.assignments.map(one => sql`${sql.id(one.column.name)} = ${printValue(one, row, printer)}`)
      : [sql`${sql.id(first?.name ?? '')} = ${column(row.alias, first?.name ?? '')}`]
  const returned = [...resource.columns.values()].map(one => column(row.alias, one.name))
  const conflict = sql.join(creation.conflict.map(one => sql.id(one.name)))
  return sql`target as (${target}), written as (insert into ${table} as ${sql.raw(row.alias)} (${into}) select ${values} from target where ${links} on conflict (${conflict}) do update set ${sql.join(set)} where ${holds} returning true as ${names.written}, ${sql.raw(row.alias)}.xmax = 0 as ${names.created}, ${sql.join(returned)})`
}

/** By the key alone where the id is one. */
function placeOf({ key, natural }: KeyMatch): KeyMatch {
  return key ? { key, natural: null } : { key: null, natural }
}
