// Asks two databases that are the same to a caller for commands and reports, lets them be performed, followed and cancelled, and compares every byte.
import type { HttpResponse } from '../../src/request/http-request.ts'
import { Asker } from '../non-interference/asker.ts'
import type { Caller } from '../non-interference/condition.ts'
import { makeCaller } from '../non-interference/make-caller.ts'
import { Random } from '../non-interference/random.ts'
import type { Data } from '../non-interference/world.ts'
import { type Case, type Found, isToldByPolicy } from './case.ts'
import { followAlike } from './follow.ts'
import { type Asked, areApart, type Both, openLane, withoutNow } from './lane.ts'
import { type Known, makeAsk, makeGift, makeWrite, type Write } from './make-ask.ts'
import { change, makeReady, makeRows, type RowsOptions, runAs } from './make-rows.ts'
import { makePolicy, params, type RequestPolicy, toDefinition } from './policy.ts'
import type { RequestProduct } from './product.ts'
import { requestTables } from './tables.sql.ts'
import type { Twins } from './twins.ts'
import { canonical, View } from './view.ts'
import { workAlike } from './work.ts'

export interface Mistake {
  readonly seed: number
  readonly what: string
  readonly report: object
}

export interface Counts {
  readonly told: Map<string, number>
  policies: number
  pairs: number
}

export const newCounts = (): Counts => ({ told: new Map(), policies: 0, pairs: 0 })

const callersOfCase = 2
const readsOfCaller = 14
const writesOfCaller = 4

/** All follows from the seed. @returns what is not the same; null where all is */
export async function runCase(
  product: RequestProduct,
  twins: Twins,
  seed: number,
  counts: Counts,
): Promise<Mistake | null> {
  const random = new Random(seed)
  const { world, schema } = twins
  const policy = makePolicy(world, random)
  const definition = toDefinition(policy, world, product)
  const api = product.compileApi(definition, schema, product.sqlTypeOf)
  const inputs = product.compileAllInputs(definition, api, schema)
  const lane = openLane(product, twins, { api, inputs })
  counts.policies += 1
  try {
    for (let i = 0; i < callersOfCase; i++) {
      const caller = makeCaller(random)
      const roles = [...product.rolesHeld(api, caller).names]
      const options: RowsOptions = { caller, roles, isParked: random.chance(0.3) }
      const view = new View(policy, world, caller)
      const first = makeRows(world, random, options)
      const text = view.describe(first)
      const second = change(first, world, random, options, data => view.describe(data) === text)
      if (JSON.stringify(first) === JSON.stringify(second)) continue
      counts.pairs += 1
      const pair = [first, second] as const
      lane.become(caller)
      await twins.load(pair)
      const count = (what: string) => counts.told.set(what, (counts.told.get(what) ?? 0) + 1)
      const asker = new Asker(policy, world, caller, pair, random)
      const found = await runCaller({ twins, lane, view, policy, options, random, asker, pair, count }, product)
      if (found)
        return { seed, what: found.what, report: reportOf(found, { caller, policy, pair, errors: lane.errors }) }
    }
  } finally {
    await lane.close()
  }
  const bad = twins.both.flatMap(({ told }) => told.splice(0)).find(one => !isOfKeysAlone(one))
  return bad === undefined ? null : { seed, what: 'NOTIFY tells more than keys', report: { bad } }
}

function isOfKeysAlone(told: string): boolean {
  return /^(?:colonnade_requests public\.\w+ \d+|colonnade (?:changed(?: public\.\w+)?|reload)|colonnade_work (?:public\.\w+(?: cancel)?|reload))$/.test(
    told,
  )
}

async function runCaller(one: Case, product: RequestProduct): Promise<Found | null> {
  const { random, lane } = one
  for (let i = 0; i < readsOfCaller; i++) {
    const found = await readAlike(one, makeAsk(one.asker))
    if (found) return found
  }
  const followed = await followAlike(one)
  if (followed) return followed
  const gates = (one.pair[0].gates ?? []).flatMap(({ id }) =>
    id && one.view.isVisible('gates', id, one.pair[0]) ? [id] : [],
  )
  const known = { asker: one.asker, rights: one.policy.rights, gates, files: random.pick(one.pair).files ?? [] }
  for (let i = 0; i < writesOfCaller; i++) {
    const write = makeWrite(known)
    const found = await writeAlike(one, write)
    if (found) return found
  }
  const again = await giveAgain(one, known)
  if (again) return again
  if (one.options.isParked) {
    const gift = makeGift(known, random.pick(requestTables))
    const found = await workAlike(one, gift, product)
    if (found) return found
  }
  if (lane.errors.length > 0) return { what: 'an error of our own', errors: lane.errors.splice(0) }
  return null
}

async function readAlike({ lane, count, random, view, pair }: Case, asked: Asked): Promise<Found | null> {
  const answers = await lane.ask(asked)
  count(`${asked.method} ${asked.target.includes('/content') ? 'content ' : ''}${answers[0].status}`)
  if (areApart(answers)) return { what: 'other answers', asked, answers: [...answers] }
  if (answers.held[0] !== answers.held[1]) return { what: 'one of them is waited for', asked, answers: [...answers] }
  if (answers.held[0]) count('held')
  const [, id] = /^\/api\/files\/(\d+)\/content$/.exec(asked.target) ?? []
  if (id !== undefined && asked.method === 'GET') {
    const { status } = answers[0]
    const is = status === 404 ? 'none' : status === 401 || status === 403 ? 'refused' : 'given'
    const should = view.contentOf(id, pair[0])
    // Who holds no role at all is refused before anything is looked at; a guest is told that he may sign in.
    if (is !== should && !(should === 'none' && is === 'refused'))
      return { what: 'content goes to who may not have it, or not to who may', asked, answers: [...answers], should }
    if (answers[0].body.includes('"cause":') && !view.reads('error', 'files', id, pair[0]))
      return { what: 'a cause is told to who may not read it', asked, answers: [...answers] }
  }
  const { etag } = answers[0].headers
  if (etag === undefined || asked.method !== 'GET' || !random.chance(0.3)) return null
  const again = { ...asked, headers: { ...asked.headers, 'if-none-match': etag } }
  const others = await lane.ask(again)
  count(`${asked.method} ${others[0].status} with its tag`)
  if (areApart(others) || others.held[0] !== others.held[1])
    return { what: 'other answers', asked: again, answers: [...others], held: others.held }
  return null
}

async function writeAlike(one: Case, write: Write): Promise<Found | null> {
  const { twins, lane, view, pair, count } = one
  const { asked } = write
  if (write.kind === 'give' && isToldByPolicy(one, write)) {
    count('told by the policy')
    return null
  }
  await twins.load(pair)
  const answers = await lane.ask(asked)
  const after = [await twins.readAll(0), await twins.readAll(1)] as const
  const isCancel = write.kind === 'cancel'
  const is = `${isCancel ? 'cancel' : 'give'} ${answers[0].status}`
  const isApart = areApart(answers, true) || answers.held[0] !== answers.held[1]
  const views = after.map(data => withoutNow(view.describe(data)))
  if (isApart || views[0] !== views[1]) {
    if (isCancel && changesView(one, after)) {
      count('told by the policy')
      return null
    }
    return { what: isApart ? 'other answers' : 'other views afterwards', asked, answers: [...answers], after }
  }
  count(is)
  const [, name, id] = /^\/api\/(\w+)\/(\d+)$/.exec(asked.target) ?? []
  if (isCancel && answers[0].status === 409 && name && id && !view.mayCancel(name, id, pair[0]))
    return { what: 'whether it is over is told to who may not cancel it', asked, answers: [...answers] }
  return write.kind === 'give' ? isReusedRightly(one, write, answers, after) : null
}

/** Asks for a report that there is in one of the two, where its giver does not see it any more. */
async function giveAgain(one: Case, known: Known): Promise<Found | null> {
  const { policy, options, view, pair, twins, asker } = one
  if (!policy.reuse) return null
  const gift = makeGift(known, 'files')
  const [columns = {}, more] = gift.members
  if (more) return null
  const wanted = Object.fromEntries(params.map(name => [name, columns[name] ?? null]))
  const [, second] = pair
  const text = view.describe(second)
  for (let tries = 12; tries > 0; tries--) {
    const ready = makeReady(twins.world, second, asker.random, options, wanted)
    const hiding = { ...second, files: [...(second.files ?? []), ready] }
    if (view.describe(hiding) === text) return writeAlike({ ...one, pair: [pair[0], hiding] }, gift)
  }
  return null
}

/** A change is past for whoever looks at it later, and not for the statement that makes it: there `updated_at >= now()` holds. */
const changeTimes = ['2026-01-01 00:00:00+00', '2099-01-01 00:00:00+00']

/** A policy over hidden columns tells its own yes or no of the commands that were cancelled. */
function changesView({ view, pair }: Case, after: Both<Data>): boolean {
  const touched = new Set(
    requestTables.flatMap(table =>
      after.flatMap(data =>
        (data[table] ?? []).flatMap(row => (withoutNow(row.updated_at ?? '') === 'now' ? [`${table} ${row.id}`] : [])),
      ),
    ),
  )
  const asCancelled = (data: Data, time: string): Data =>
    Object.fromEntries(
      Object.entries(data).map(([table, rows]) => [
        table,
        rows.map(row => {
          if (!touched.has(`${table} ${row.id}`)) return row
          const ended = row.status === 'pending' ? { status: 'cancelled', finished_at: time } : {}
          return { ...row, ...ended, updated_at: time }
        }),
      ]),
    )
  return changeTimes.some(
    time => view.describe(asCancelled(pair[0], time)) !== view.describe(asCancelled(pair[1], time)),
  )
}

/** A report that is used again was asked for by the same, with the same rights and parameters, and he sees it. */
function isReusedRightly(
  { view, options, count }: Case,
  { table, members: [columns = {}], asked }: Extract<Write, { kind: 'give' }>,
  [answer]: Both<HttpResponse>,
  after: Both<Data>,
): Found | null {
  if (answer.status !== 200 || table !== 'files') return null
  const id = /(\d+)$/.exec(answer.headers.location ?? '')?.[1] ?? ''
  for (const data of after) {
    const row = (data.files ?? []).find(one => one.id === id)
    const isSame =
      row !== undefined &&
      canonical(row.run_as) === canonical(runAs(options)) &&
      params.every(name => row[name] === (columns[name] ?? null))
    if (!isSame) return { what: 'the report of another is used again', asked, answer, row }
    if (!view.isVisible('files', id, data))
      return { what: 'a report that is not seen is used again', asked, answer, row }
  }
  count('reused')
  return null
}

function reportOf(
  found: Found,
  around: {
    readonly caller: Caller
    readonly policy: RequestPolicy
    readonly pair: Both<Data>
    readonly errors: readonly unknown[]
  },
): object {
  const { caller, policy, pair, errors } = around
  const others = Object.keys(pair[0]).flatMap(table => {
    const [one, other] = pair.map(data => new Set((data[table] ?? []).map(row => JSON.stringify(row)))) as [
      Set<string>,
      Set<string>,
    ]
    return [
      ...[...one].filter(row => !other.has(row)).map(row => `- ${table} ${row}`),
      ...[...other].filter(row => !one.has(row)).map(row => `+ ${table} ${row}`),
    ]
  })
  return {
    ...found,
    caller: [caller.id, ...caller.claims],
    others,
    roles: [...policy.resources].map(([name, model]) => [name, model.roles, model.options]),
    rights: [...policy.rights],
    errors: errors.map(error => (error instanceof Error ? `${error.stack} ${error.cause}` : String(error))),
  }
}
