// Wrong opinions of how a type is shown: whoever holds them must come to differ from the answers.
import { asFloat, asInstant, asList, asText, parseExactly, type Show } from './shown.ts'
import type { ColumnPlan } from './table-plan.ts'
import type { World } from './world.ts'

export const faults: readonly (readonly [sql: string, fault: string, show: Show])[] = [
  ['char(12)', 'without its spaces', text => text.trimEnd()],
  ['float8', 'without the sign of zero', text => asFloat(text === '-0' ? '0' : text)],
  ['timestamptz', 'without its fraction', text => asInstant(text.replace(/[.]\d+/, ''))],
  ['jsonb', 'rounded', text => parseExactly(JSON.stringify(JSON.parse(text)))],
  ['text[]', 'with null as a text', text => asList(asText)(text.replaceAll('NULL', '"NULL"'))],
]

/** The same world, but for how this type is shown. */
export function spoil(world: World, sql: string, show: Show): World {
  const spoilColumn = (column: ColumnPlan) =>
    column.kind.sql === sql ? { ...column, kind: { ...column.kind, show } } : column
  const tables = [...world.tables].map(
    ([name, table]) =>
      [name, { ...table, plan: { ...table.plan, columns: table.plan.columns.map(spoilColumn) } }] as const,
  )
  return { ...world, tables: new Map(tables) }
}
