// Joins who follows a command to all others who see the same of it: the row is read once for them all, through access, at every change.
import type { Following, Listener } from './following/shared-reads.ts'
import { planRecords, readRecords, type Walk } from './read-records.ts'
import { toReadTarget } from './request/read-target.ts'
import type { ReadAnswer } from './respond/read-answer.ts'

/** @throws ApiError, ApiErrors for what the caller may not read at all */
export function joinCommand(walk: Walk, listener: Listener<ReadAnswer>): Promise<Following> {
  const { http, request, principal, runtime } = walk
  const { plan, values } = planRecords(walk)
  const { resource, id } = toReadTarget(request.route as never)
  const topic = `${resource.table.schema}.${resource.table.name}`
  // What TypeScript makes may depend on any claim that it declares (ACCESS R25).
  const caller = plan.layout.code.length === 0 ? null : [principal.id, ...principal.claims]
  const key = JSON.stringify([request.version, plan.name, values, request.path, request.search, caller])
  const named = resource.key[0]?.type.parse(id ?? '')
  // Nobody in particular asks: who hangs up leaves, and the last one ends it.
  const { watch: _, ...rest } = http
  const asked: Walk = { ...walk, http: { ...rest, isGone: () => false } }
  return runtime.followers.join(
    key,
    {
      row: named === undefined ? null : `${topic} ${named}`,
      read: () => readRecords(asked),
      rowOf: ({ state }) => (state ? `${topic} ${state.key}` : null),
    },
    listener,
  )
}
