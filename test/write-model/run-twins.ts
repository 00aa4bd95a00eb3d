// Sends one write to two databases that are the same to its caller: answers and what the caller then sees are the same again.

import type { HttpResponse } from '../../src/request/http-request.ts'
import type { Caller } from '../non-interference/condition.ts'
import { differ } from '../non-interference/differ.ts'
import { makeCaller } from '../non-interference/make-caller.ts'
import { clashes, mend } from '../non-interference/make-data.ts'
import { Random } from '../non-interference/random.ts'
import { pickValue } from '../non-interference/values.ts'
import type { Data, Row, World, WorldTable } from '../non-interference/world.ts'
import { Judge, unsaid, type Verdict } from './judge.ts'
import { makeWrite } from './make-write.ts'
import { makePolicy, toDefinition } from './policy.ts'
import type { WriteProduct } from './product.ts'
import { load, type Mistake, makeRows, readAll, type Tables, toHttp } from './run-cases.ts'
import { spell } from './spell-write.ts'
import { restartSql, tableNames, uniqueColumns } from './tables.sql.ts'
import { tablesOf } from './write.ts'

/** What only the database knows before it refuses. */
const constraints: ReadonlySet<string> = new Set(['clash', 'restrict', 'nowhere'])
const writesOfCase = 8

/** @returns what is not the same; null where all is */
export async function runTwins(
  product: WriteProduct,
  twins: readonly [Tables, Tables],
  seed: number,
  counts: Map<string, number>,
): Promise<Mistake | null> {
  const random = new Random(seed)
  const { world, schema } = twins[0]
  const policy = makePolicy(world, random)
  const definition = toDefinition(policy, world)
  const api = product.compileApi(definition, schema, product.sqlTypeOf)
  const errors: unknown[] = []
  let caller: Caller = { id: null, claims: new Map() }
  const inputs = product.compileAllInputs(definition, api, schema)
  const runtimes = twins.map(({ database }) =>
    product.makeRuntime({
      ...{ api, inputs, database },
      identify: () => caller,
      secret: 'one secret for both of them, 32 bytes',
      onError: error => void errors.push(error),
    }),
  )
  const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1)
  for (let i = 0; i < writesOfCase; i++) {
    caller = makeCaller(random)
    const judge = new Judge(world, policy, caller)
    const first = makeRows(world, random)
    const pair = [first, changeHidden(first, judge, world, random)] as const
    if (JSON.stringify(pair[0]) === JSON.stringify(pair[1])) continue
    const known = pair[random.int(2)] as Data
    const spelled = spell(makeWrite(world, known, random), world, known, new Random(seed * 1_000 + i))
    const { write, request, toVerdict } = spelled
    const verdicts = pair.map(data => toVerdict(judge.judge(write, data), data)) as [Verdict, Verdict]
    if (verdicts.some(({ reason }) => unsaid.has(reason))) continue
    const isRefused = verdicts.some(({ reason }) => constraints.has(reason.split(': ').at(-1) ?? ''))
    // A policy over hidden columns tells its own yes or no of the row as it would be.
    const tells = (one: Verdict) =>
      `${one.status} ${one.reason} ${JSON.stringify(one.said?.data ?? one.said?.each)} ${judge.view(one.data)}`
    if (!isRefused && tells(verdicts[0]) !== tells(verdicts[1])) {
      count('told by the policy')
      continue
    }
    const answers = (await Promise.all(
      runtimes.map(async (runtime, at) => {
        const { client } = twins[at] as Tables
        await load(client, pair[at] as Data, world)
        await client.query(restartSql)
        return product.handleRequest(toHttp(request, { 'request-id': `r${i}` }), runtime)
      }),
    )) as [HttpResponse, HttpResponse]
    const after = await Promise.all(twins.map(({ client }) => readAll(client, world)))
    const [one, other] = after.map(data => judge.view(data))
    const said = {
      ...request,
      caller: [caller.id, ...caller.claims],
      answer: answers,
      errors,
      data: pair[0],
      other: pair[1],
      said: verdicts.map(({ status, reason }) => `${status} ${reason}`),
      roles: Object.fromEntries(tableNames.map(name => [name, definition.resources[name]?.options.roles])),
      actions: tablesOf(write).map(name => definition.resources[name]?.options.actions),
    }
    const status = Math.max(...answers.map(one => one.status))
    const found = (what: string): Mistake => ({ seed, what, status, report: said })
    if (!differ(answers)) {
      count(`${answers[0].status} alike`)
      if (spelled.isDocument) count(`${answers[0].status} alike, as a document`)
      if (one !== other) return found('other views afterwards')
      continue
    }
    if (answers.some(({ status }) => status >= 500)) return found('an error of our own')
    // The one bit of a constraint: of the two, what was refused says nothing else.
    const odd = answers.filter(({ status }) => status === 409 || status === 422 || status === 403)
    if (!isRefused || odd.length === 0) return found('other answers')
    const told = answers
      .filter(one => one.status === 409)
      // Which operation was refused may be said.
      .map(({ body }) => body.replace(/"source":[{]"pointer":"[/]operations[/]\d+"[}],/, ''))
    if (told.some(body => !body.includes('"code":"conflict"') || body.includes('"source"')))
      return found('more than one bit')
    if (told.some(body => !body.includes('"detail":"This cannot be done beside what is there."')))
      return found('more than one bit')
    if (answers.some(({ status: one }, at) => ![verdicts[at]?.status, ...(verdicts[at]?.also ?? [])].includes(one)))
      return found('refused otherwise')
    count('one bit of a constraint')
  }
  return null
}

/** Tries changes one after another, and keeps those that the caller does not see. */
export function changeHidden(data: Data, judge: Judge, world: World, random: Random): Data {
  const view = judge.view(data)
  let kept = data
  for (let tries = 0; tries < 25; tries++) {
    const name = random.pick(tableNames)
    const table = { ...(world.tables.get(name) as WorldTable), uniques: uniqueColumns[name] ?? [] }
    const rows = kept[name] ?? []
    if (rows.length === 0) continue
    const row = random.pick(rows)
    const changed = random.chance(0.2) ? [] : [changeRow(row, table, kept, random)]
    const isNew = random.chance(0.25)
    const next = [
      ...rows.filter(one => isNew || one !== row),
      ...changed.map(one => (isNew ? renamed(one, random) : one)),
    ]
    if (next.some(one => clashes(one, next, table))) continue
    const candidate = mend({ ...kept, [name]: next }, world)
    if (judge.view(candidate) === view) kept = candidate
  }
  return kept
}

const renamed = (row: Row, random: Random): Row => ('id' in row ? { ...row, id: String(9 + random.int(4)) } : row)

export function changeRow(row: Row, table: WorldTable, data: Data, random: Random): Row {
  const column = random.pick(table.columns.filter(one => !table.key.includes(one.name) && one.name !== 'shout'))
  const link = table.relationships.find(one => one.kind === 'toOne' && one.own.includes(column.name))
  const targets = link ? (data[link.target] ?? []) : []
  const value = link
    ? targets.length > 0
      ? (random.pick(targets).id ?? null)
      : null
    : column.name === 'slug'
      ? `s${1 + random.int(6)}`
      : column.type === 'int4'
        ? String(random.int(8))
        : pickValue(column.type, random)
  const changed = { ...row, [column.name]: value }
  return 'shout' in changed ? { ...changed, shout: changed.title?.toUpperCase() ?? null } : changed
}
