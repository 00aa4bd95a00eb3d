// Plans the search for the records that a filtered write means: by the caller's own view, and locked until it is done.
import type { Access, AccessSet } from '../access/access.ts'
import type { Condition } from '../expressions/condition.ts'
import type { Dialect } from './dialect.ts'
import { Printer, type Row } from './printer.ts'
import { and, column, type Parameter, sql } from './sql.ts'

export interface Matching {
  readonly set: AccessSet
  readonly access: Access
  readonly filter: Condition
  /** Rows at most. */
  readonly limit: number
}

/** Its rows are keys, in their order. */
export function planMatching(
  { set, access, filter, limit }: Matching,
  dialect: Dialect,
): { readonly text: string; readonly parameters: readonly Parameter[] } {
  const { resource } = access
  const printer = new Printer(set, dialect)
  const row: Row = { alias: printer.newAlias(), resource, access }
  const key = sql.join(resource.key.map(one => column(row.alias, one.name)))
  const where = and([printer.visible(row), printer.condition(filter, row)])
  return dialect.compile(
    sql`select ${key} from ${printer.table(resource.table)} as ${sql.raw(row.alias)} where ${where} order by ${key} limit ${sql.raw(String(limit))} for update of ${sql.raw(row.alias)}`,
  )
}
