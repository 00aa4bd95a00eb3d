// Keeps plans by shape, so that a second request of a shape generates no SQL.
import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { PermittedAction } from '../access/allow-action.ts'
import { isForEveryone } from '../access/for-everyone.ts'
import type { PermittedRead, Selection } from '../access/permitted.ts'
import type { PermittedWrite } from '../access/permitted-write.ts'
import { compileRecord } from '../formats/compile-record.ts'
import type { WriteRecord } from '../formats/json-record.ts'
import type { Resource } from '../schema/model.ts'
import type { Dialect } from './dialect.ts'
import { type ActionPlan, planAction } from './plan-action.ts'
import { planChosen } from './plan-chosen.ts'
import { type LinkSet, planLinked, planLinks } from './plan-links.ts'
import { planProbe, planRead, type ReadPlan } from './plan-read.ts'
import { planRow, planStored, type RowPlan } from './plan-row.ts'
import { planWrite, type WritePlan } from './plan-write.ts'
import { shapeOf } from './shape-of.ts'
import { shapeOfWrite } from './shape-of-write.ts'

/** A plan with the name under which its statement is prepared, and its encoder. */
export interface NamedPlan extends ReadPlan {
  readonly name: string
  readonly write: WriteRecord
  /** Claims of the caller that are bound, but for the id. */
  readonly claims: readonly string[]
  readonly caching: PlanCaching
}

/** What caches may do with the answers of a plan. */
export interface PlanCaching {
  /** Something in it may be kept by nobody. */
  readonly off: boolean
  /** The Cache-Control of what is the same for everybody; null where it is not. */
  readonly shared: string | null
  /** Names the plan in the validators of lists: the same wherever the same is served. */
  readonly fingerprint: string
}

export interface NamedWritePlan extends WritePlan {
  readonly name: string
  /** Null where the record is not answered by the statement itself. */
  readonly write: WriteRecord | null
}

export interface NamedActionPlan extends ActionPlan {
  readonly name: string
}

export interface NamedRowPlan extends RowPlan {
  readonly name: string
}

export interface PlanCache {
  planFor(read: PermittedRead): NamedPlan
  /** Reads what stands for the list alone. */
  probeFor(read: PermittedRead): NamedRowPlan
  planForWrite(write: PermittedWrite): NamedWritePlan
  planForAction(action: PermittedAction): NamedActionPlan
  /** Reads the row that is to be changed, and locks it. */
  storedFor(write: PermittedWrite): NamedRowPlan
  /** Reads the records that a function is to be called for, and locks them. */
  chosenFor(action: PermittedAction): NamedRowPlan
  /** Reads a row by its key. */
  rowFor(resource: Resource): NamedRowPlan
  linksFor(links: LinkSet): NamedRowPlan
  /** Which records are there for the caller, by their shown key or by their natural key. */
  linkedFor(links: LinkSet, by: 'key' | 'natural'): NamedRowPlan
  /** Of reads, writes and actions. */
  readonly size: number
  /** Since the beginning: plans that were found, and those that had to be made. */
  readonly hits: number
  readonly misses: number
}

// Over the whole process: a reload makes new plans for connections that still hold the statements of the old ones.
let made = 0

function claimsOf({ parameters }: ReadPlan): readonly string[] {
  return parameters.flatMap(one => (one.kind === 'claim' && one.claim !== 'id' ? [one.claim] : []))
}

function cachingOf(read: PermittedRead, { parameters, layout, text }: ReadPlan, shape: string): PlanCaching {
  const { caching, request } = read.access.resource
  const isShared =
    caching && layout.code.length === 0 && parameters.every(one => one.kind !== 'claim') && isForEveryone(read)
  // What is the same for everybody has one tag, whatever roles its reader holds elsewhere: they are the first line of a shape.
  const whose = isShared ? shape.slice(shape.indexOf('\n')) : shape
  return {
    off: caching === null || includesUncached(read.selection),
    // What was commanded is between who gave it and the server, whoever else may read it.
    shared: isShared && !request ? caching.shared : null,
    fingerprint: layout.meta.validator === undefined ? '' : hash('sha256', `${whose}\n${text}`, 'base64url'),
  }
}

function includesUncached({ fields }: Selection): boolean {
  return fields.some(
    ({ include }) =>
      include && (include.selection.access.resource.caching === null || includesUncached(include.selection)),
  )
}

/** @param max plans kept; each is a few kilobytes */
export function makePlanCache(dialect: Dialect, max = 2000): PlanCache {
  const plans = new LRUCache<string, NamedPlan>({ max })
  const writes = new LRUCache<string, NamedWritePlan>({ max })
  const actions = new LRUCache<string, NamedActionPlan>({ max })
  const rows = new LRUCache<string, NamedRowPlan>({ max })
  let hits = 0
  let misses = 0
  const rowPlan = (shape: readonly unknown[], make: () => RowPlan): NamedRowPlan => {
    const id = JSON.stringify(shape)
    let plan = rows.get(id)
    if (!plan) {
      made += 1
      plan = { ...make(), name: `c${made}` }
      rows.set(id, plan)
    }
    return plan
  }
  const shapeOfLinks = ({ set, field, join }: LinkSet) => [set.roles.id, join.resource.name, field.name, field.target]
  return {
    get size() {
      return plans.size + writes.size + actions.size
    },
    get hits() {
      return hits
    },
    get misses() {
      return misses
    },
    planFor(read) {
      const shape = shapeOf(read)
      let plan = plans.get(shape)
      if (plan) hits += 1
      else {
        misses += 1
        made += 1
        const planned = planRead(read, dialect)
        plan = {
          ...planned,
          name: `c${made}`,
          write: compileRecord(planned.layout),
          claims: claimsOf(planned),
          caching: cachingOf(read, planned, shape),
        }
        plans.set(shape, plan)
      }
      return plan
    },
    probeFor: read => rowPlan(['probe', shapeOf(read)], () => planProbe(read, dialect)),
    storedFor: write => rowPlan(['stored', shapeOfWrite(write)], () => planStored(write, dialect)),
    chosenFor: action => rowPlan(['chosen', shapeOfWrite(action)], () => planChosen(action, dialect)),
    rowFor: resource => rowPlan(['row', resource.name], () => planRow(resource, dialect)),
    linksFor: links => rowPlan(['links', ...shapeOfLinks(links)], () => planLinks(links, dialect)),
    linkedFor: (links, by) =>
      rowPlan(['linked', by, ...shapeOfLinks(links)], () =>
        planLinked(links, by === 'key' ? null : links.target.resource.naturalKey, dialect),
      ),
    planForAction(action) {
      const shape = shapeOfWrite(action)
      let plan = actions.get(shape)
      if (plan) hits += 1
      else {
        misses += 1
        made += 1
        plan = { ...planAction(action, dialect), name: `c${made}` }
        actions.set(shape, plan)
      }
      return plan
    },
    planForWrite(write) {
      const shape = shapeOfWrite(write)
      let plan = writes.get(shape)
      if (plan) hits += 1
      else {
        misses += 1
        made += 1
        const planned = planWrite(write, dialect)
        plan = { ...planned, name: `c${made}`, write: planned.layout && compileRecord(planned.layout) }
        writes.set(shape, plan)
      }
      return plan
    },
  }
}
