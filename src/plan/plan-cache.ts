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
  // What was commanded is between who gave it and the server, whoever else may read it.
  const isShared =
    caching &&
    !request &&
    layout.code.length === 0 &&
    parameters.every(one => one.kind !== 'claim') &&
    isForEveryone(read)
  // What is the same for everybody has one tag, whatever roles its reader holds elsewhere: they are the first line of a shape.
  const whose = isShared ? shape.slice(shape.indexOf('\n')) : shape
  return {
    off: caching === null || includesUncached(read.selection),
    shared: isShared ? caching.shared : null,
    fingerprint: layout.meta.validator === undefined ? '' : hash('sha256', `${whose}\n${text}`, 'base64url'),
  }
}

function includesUncached({ fields }: Selection): boolean {
  return fields.some(
    ({ include }) =>
      include && (include.selection.access.resource.caching === null || includesUncached(include.selection)),
  )
}

/** Plans of one kind by their shape. */
interface Shelf<Plan extends object> {
  readonly plans: LRUCache<string, Plan>
  hits: number
  misses: number
}

/** @param make gets its arguments from here, so that a plan that is found costs no closure */
function findOrMake<Plan extends object, Asked>(
  shelf: Shelf<Plan>,
  shape: string,
  asked: Asked,
  make: (asked: Asked, name: string, shape: string) => Plan,
): Plan {
  const found = shelf.plans.get(shape)
  if (found) {
    shelf.hits += 1
    return found
  }
  shelf.misses += 1
  made += 1
  const plan = make(asked, `c${made}`, shape)
  shelf.plans.set(shape, plan)
  return plan
}

/** @param max plans kept of each kind; each is a few kilobytes */
export function makePlanCache(dialect: Dialect, max = 2000): PlanCache {
  const shelf = <Plan extends object>(): Shelf<Plan> => ({
    plans: new LRUCache<string, Plan>({ max }),
    hits: 0,
    misses: 0,
  })
  const reads = shelf<NamedPlan>()
  const writes = shelf<NamedWritePlan>()
  const actions = shelf<NamedActionPlan>()
  // Made on the way of a request that is counted already.
  const rows = shelf<NamedRowPlan>()
  const counted = [reads, writes, actions]
  const sum = (of: (one: (typeof counted)[number]) => number) => counted.reduce((all, one) => all + of(one), 0)

  function makeRead(read: PermittedRead, name: string, shape: string): NamedPlan {
    const planned = planRead(read, dialect)
    return {
      ...planned,
      name,
      write: compileRecord(planned.layout),
      claims: claimsOf(planned),
      caching: cachingOf(read, planned, shape),
    }
  }
  function makeWrite(write: PermittedWrite, name: string): NamedWritePlan {
    const planned = planWrite(write, dialect)
    return { ...planned, name, write: planned.layout && compileRecord(planned.layout) }
  }
  const makeAction = (action: PermittedAction, name: string): NamedActionPlan => ({
    ...planAction(action, dialect),
    name,
  })
  const makeRow = (plan: () => RowPlan, name: string): NamedRowPlan => ({ ...plan(), name })
  const rowPlan = (shape: readonly unknown[], plan: () => RowPlan) =>
    findOrMake(rows, JSON.stringify(shape), plan, makeRow)
  const shapeOfLinks = ({ set, field, join }: LinkSet) => [set.roles.id, join.resource.name, field.name, field.target]
  return {
    get size() {
      return sum(one => one.plans.size)
    },
    get hits() {
      return sum(one => one.hits)
    },
    get misses() {
      return sum(one => one.misses)
    },
    planFor: read => findOrMake(reads, shapeOf(read), read, makeRead),
    planForWrite: write => findOrMake(writes, shapeOfWrite(write), write, makeWrite),
    planForAction: action => findOrMake(actions, shapeOfWrite(action), action, makeAction),
    probeFor: read => rowPlan(['probe', shapeOf(read)], () => planProbe(read, dialect)),
    storedFor: write => rowPlan(['stored', shapeOfWrite(write)], () => planStored(write, dialect)),
    chosenFor: action => rowPlan(['chosen', shapeOfWrite(action)], () => planChosen(action, dialect)),
    rowFor: resource => rowPlan(['row', resource.name], () => planRow(resource, dialect)),
    linksFor: links => rowPlan(['links', ...shapeOfLinks(links)], () => planLinks(links, dialect)),
    linkedFor: (links, by) =>
      rowPlan(['linked', by, ...shapeOfLinks(links)], () =>
        planLinked(links, by === 'key' ? null : links.target.resource.naturalKey, dialect),
      ),
  }
}
