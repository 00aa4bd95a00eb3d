// Asks two databases the same and compares every byte: for random policies, callers, hidden data and requests.
import type { HttpResponse } from '../../src/request/http-request.ts'
import { askDocuments } from './ask-documents.ts'
import { askParts } from './ask-parts.ts'
import { Asker } from './asker.ts'
import { changeHidden } from './change-hidden.ts'
import type { Caller } from './condition.ts'
import { differ } from './differ.ts'
import type { Focus } from './focus.ts'
import { makeCaller } from './make-caller.ts'
import { makeData } from './make-data.ts'
import { makePolicy } from './make-policy.ts'
import { type Asked, makeRequest } from './make-request.ts'
import type { Policy } from './policy.ts'
import type { Product } from './product.ts'
import { Random } from './random.ts'
import { openStreet } from './street.ts'
import type { TwinDatabases } from './twin-databases.ts'
import { describeView, replaceRaising, see } from './view.ts'
import { askAfterChange, askWarm, makeCompanion } from './warm-caches.ts'
import { type Data, makeWorld, type World } from './world.ts'

export interface Counts {
  policies: number
  callers: number
  pairs: number
  changes: number
  requests: number
  ok: number
  /** Of the requests, those for JSON:API. */
  documents: number
  /** By status. */
  readonly statuses: Map<number, number>
}

export interface Budget {
  readonly callers: number
  readonly requests: number
  readonly focus?: Focus
}

export interface Difference {
  readonly policy: Policy
  readonly caller: Caller
  readonly data: readonly [Data, Data]
  /** The requests before it, by the same caller, and itself at the end. */
  readonly asked: readonly Asked[]
  readonly answers: readonly [HttpResponse, HttpResponse]
  readonly errors: readonly unknown[]
  readonly reason: string
}

export const newCounts = (): Counts => ({
  policies: 0,
  callers: 0,
  pairs: 0,
  changes: 0,
  requests: 0,
  ok: 0,
  documents: 0,
  statuses: new Map(),
})

/** A case is all that follows from one number: a policy, and callers one after another on the same two runtimes. */
export async function runCase(
  product: Product,
  twins: TwinDatabases,
  seed: number,
  budget: Budget,
  counts: Counts,
): Promise<Difference | null> {
  const random = new Random(seed)
  const world = makeWorld(product.defineTables(twins.schema))
  const policy = makePolicy(world, random, budget.focus)
  if (random.chance(0.3)) await twins.replan(random)
  // A stream of choices of its own, so that cases stay what they are without caches.
  const warmth = new Random(~seed)
  const parts = new Random(seed ^ 0x5a5a5a5a)
  const forDocuments = new Random(seed ^ 0x3c3c3c3c)
  // Who looks at something else is not kept from it.
  const shareOfDocuments = budget.focus === undefined ? 0.25 : budget.focus === 'documents' ? 1 : 0
  const isWarm = budget.focus === 'caches' || warmth.chance(0.35)
  const street = openStreet(product, twins, policy, world, isWarm)
  counts.policies += 1
  const cursors: string[] = []
  const before: Asked[] = []
  const first = makeCaller(random)
  // Some have the roles of the first and other claims, and ask what was asked before: what one has warmed the other finds.
  const callers = Array.from({ length: budget.callers }, (_, i) =>
    i === 0 ? first : random.chance(0.6) ? makeCaller(random, first) : makeCaller(random),
  )
  for (const caller of callers) {
    street.become(caller, makeCompanion(caller, warmth))
    counts.callers += 1
    const pair = makePair(policy, world, caller, random)
    if (!pair) continue
    counts.pairs += 1
    counts.changes += pair.changes
    await twins.load(pair.data, world, random)
    street.loaded(pair.data)
    const asker = new Asker(policy, world, caller, pair.data, random)
    const asked: Asked[] = []
    const queue: Asked[] = []
    for (let i = 0; i < budget.requests; i++) {
      const again = before.length > 0 && random.chance(0.25) ? random.pick(before) : null
      const next = queue.shift() ?? again ?? withCursor(makeRequest(asker, budget.focus), cursors, random)
      asked.push(next)
      const { answers, shared } = isWarm
        ? await askWarm(street, next, i, warmth)
        : { answers: await street.ask(next, i), shared: null }
      count(answers[0], counts)
      const reason = findFault(answers, asker) ?? shared?.reason ?? null
      if (reason !== null)
        return {
          ...{ reason, policy, caller, data: pair.data, asked, errors: street.errors.splice(0) },
          answers: shared?.answers ?? answers,
        }
      const part = await askParts({ street, asker, random: parts }, next, answers, i, both => findFault(both, asker))
      if (part) return { ...part, policy, caller, data: pair.data, asked, errors: street.errors.splice(0) }
      if (forDocuments.chance(shareOfDocuments)) {
        const both = (all: readonly [HttpResponse, HttpResponse]) => {
          counts.documents += 1
          count(all[0], counts)
          return findFault(all, asker)
        }
        const document = await askDocuments({ street, random: forDocuments }, next, i, both)
        if (document) return { ...document, policy, caller, data: pair.data, errors: street.errors.splice(0) }
      }
      if (answers[0].status === 200 && i % 3 === 0) before.push(next)
      const links = linksIn(answers[0])
      for (const target of links) {
        const cursor = /page\[(?:after|before)\]=([\w-]+)/.exec(target)?.[1]
        if (cursor !== undefined) cursors.push(cursor)
        if (queue.length < 3 && random.chance(0.5)) queue.push({ method: 'GET', target, body: null })
      }
    }
    if (!isWarm) continue
    const old = await askAfterChange({ street, twins, world, asked, random: warmth }, pair.data[0])
    if (old) return { ...old, policy, caller, errors: street.errors.splice(0) }
  }
  return null
}

interface Pair {
  readonly data: readonly [Data, Data]
  readonly changes: number
}

/** Null where nothing could be changed without being seen. */
function makePair(policy: Policy, world: World, caller: Caller, random: Random): Pair | null {
  let data = makeData(world, random)
  for (let tries = 0; tries < 5; tries++) {
    const changed = replaceRaising(see(policy, { world, data, caller }), policy, data)
    if (changed === data) break
    data = changed
  }
  const viewOf = (of: Data) => {
    const sight = see(policy, { world, data: of, caller })
    return {
      sight,
      text: describeView(sight, policy, { world, data: of, caller }),
      raises: replaceRaising(sight, policy, of) !== of,
    }
  }
  const first = viewOf(data)
  if (first.raises) return null
  const twin = changeHidden(data, first.sight, world, random, other => {
    const view = viewOf(other)
    return !view.raises && view.text === first.text
  })
  return twin.changes === 0 ? null : { data: [data, twin.data], changes: twin.changes }
}

/** A difference, an error of our own, or a name that is none of the caller's; null where all is well. */
function findFault(answers: readonly [HttpResponse, HttpResponse], asker: Asker): string | null {
  if (differ(answers)) return answers.some(one => one.status >= 500) ? 'an error of our own' : 'a difference'
  const suggested = /Did you mean \\?"([^"\\]+)/.exec(answers[0].status === 400 ? answers[0].body : '')?.[1]
  if (suggested === undefined) return null
  const naming = [...asker.resources.values()].filter(one => one.fields.some(field => field.name === suggested))
  const isTold = naming.length > 0 && !naming.some(one => one.permitted.has(suggested)) && !asker.isDeclared(suggested)
  return isTold ? `the name ${suggested} is suggested` : null
}

function count({ status }: HttpResponse, counts: Counts): void {
  counts.requests += 1
  if (status >= 200 && status < 300) counts.ok += 1
  counts.statuses.set(status, (counts.statuses.get(status) ?? 0) + 1)
}

function linksIn({ status, body }: HttpResponse): readonly string[] {
  if (status !== 200 || !body.includes('"links":{"next"')) return []
  const { next, prev } = (JSON.parse(body) as { links: { next: string | null; prev: string | null } }).links
  return [next, prev].filter(one => one !== null)
}

/** Now and then a cursor of another list, another caller, or one that was tampered with. */
function withCursor(asked: Asked, cursors: readonly string[], random: Random): Asked {
  if (asked.method !== 'GET' || cursors.length === 0 || !random.chance(0.03)) return asked
  const cursor = random.pick(cursors)
  const at = random.int(cursor.length)
  const tampered = random.chance(0.5)
    ? cursor
    : `${cursor.slice(0, at)}${random.pick(['A', 'b', '_'])}${cursor.slice(at + 1)}`
  return {
    ...asked,
    target: `${asked.target}${asked.target.includes('?') ? '&' : '?'}page[${random.pick(['after', 'before'])}]=${tampered}`,
  }
}
