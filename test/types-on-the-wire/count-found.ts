// Counts what a filter on a column finds.
import { askServers } from './ask-servers.ts'
import type { Doors } from './interview.ts'
import { tableWith, type World } from './world.ts'

/** @param sql the type of the column, of which the first there is will do */
export async function countFound(
  world: World,
  doors: Doors,
  { sql, operator, operand }: { readonly sql: string; readonly operator: string; readonly operand: string },
): Promise<{ readonly status: number; readonly count: number }> {
  const { plan, columns } = tableWith(world, sql)
  const name = plan.columns.find(column => column.kind.sql === sql)?.name
  const field = columns.find(column => column.name === name)?.field ?? ''
  const path = `/${encodeURIComponent(plan.name)}/query`
  const body = JSON.stringify({ filter: { [field]: { [operator]: operand } } })
  const reply = await askServers(doors.urls, { path, token: doors.tokens.admin, body })
  const { data } = JSON.parse(reply.text) as { readonly data?: readonly unknown[] }
  return { status: reply.status, count: data?.length ?? 0 }
}
