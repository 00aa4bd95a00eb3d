// Keeps plans by shape, so that a second request of a shape generates no SQL.
import { LRUCache } from 'lru-cache'
import type { PermittedRead } from '../access/permitted.ts'
import { compileRecord, type EncodeRecord } from '../formats/json-record.ts'
import type { Dialect } from './dialect.ts'
import { planRead, type ReadPlan } from './plan-read.ts'
import { shapeOf } from './shape-of.ts'

/** A plan with the name under which its statement is prepared, and its encoder. */
export interface NamedPlan extends ReadPlan {
  readonly name: string
  readonly encode: EncodeRecord
}

export interface PlanCache {
  planFor(read: PermittedRead): NamedPlan
  readonly size: number
}

// Over the whole process: a reload makes new plans for connections that still hold the statements of the old ones.
let made = 0

/** @param max plans kept; each is a few kilobytes */
export function makePlanCache(dialect: Dialect, max = 2000): PlanCache {
  const plans = new LRUCache<string, NamedPlan>({ max })
  return {
    get size() {
      return plans.size
    },
    planFor(read) {
      const shape = shapeOf(read)
      let plan = plans.get(shape)
      if (!plan) {
        made += 1
        const planned = planRead(read, dialect)
        plan = { ...planned, name: `c${made}`, encode: compileRecord(planned.layout) }
        plans.set(shape, plan)
      }
      return plan
    },
  }
}
