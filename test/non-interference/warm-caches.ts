// Warms the caches with what a second caller asks, and compares what they give with what is made anew.
import type { HttpResponse } from '../../src/request/http-request.ts'
import type { Caller } from './condition.ts'
import { differ } from './differ.ts'
import { makeCaller } from './make-caller.ts'
import { makeData, mend } from './make-data.ts'
import type { Asked } from './make-request.ts'
import type { Random } from './random.ts'
import type { Street } from './street.ts'
import type { TwinDatabases } from './twin-databases.ts'
import type { Data, Row, World, WorldTable } from './world.ts'

/** The same person with other claims or other roles, another person with the same roles, or anybody. */
export function makeCompanion(caller: Caller, random: Random): Caller {
  return random.weigh([
    [3, () => ({ ...makeCaller(random, caller), id: caller.id })],
    [4, () => makeCaller(random, caller)],
    [2, () => ({ ...makeCaller(random), id: caller.id })],
    [2, () => makeCaller(random)],
  ] as const)()
}

export interface WarmAnswers {
  readonly answers: readonly [HttpResponse, HttpResponse]
  /** An answer that is not as it is without caches, beside the one that is. */
  readonly shared: { readonly reason: string; readonly answers: readonly [HttpResponse, HttpResponse] } | null
}

/** Asks while, or after, the companion asks the same; then anew, where the companion's tag may be the condition. */
export async function askWarm(street: Street, asked: Asked, number: number, random: Random): Promise<WarmAnswers> {
  const headers = { authorization: 'companion' }
  const isTogether = random.chance(0.5)
  const theirs = random.chance(0.6) ? street.ask(asked, number, headers) : null
  if (!isTogether) await theirs
  const [first, warmed] = await Promise.all([street.ask(asked, number), theirs])
  const cold = await street.askCold(asked, number)
  if (differ([first[0], cold]))
    return { answers: first, shared: { reason: 'shared too widely', answers: [first[0], cold] } }
  const tag = warmed?.[0].headers.etag
  if (differ(first) || tag === undefined || random.chance(0.5)) return { answers: first, shared: null }
  const condition = { 'if-none-match': tag }
  const answers = await street.ask(asked, number, condition)
  const coldly = await street.askCold(asked, number, condition)
  return {
    answers: differ(answers) ? answers : first,
    shared: differ([answers[0], coldly]) ? { reason: 'kept too widely', answers: [answers[0], coldly] } : null,
  }
}

interface AfterChange {
  readonly street: Street
  readonly twins: TwinDatabases
  readonly world: World
  /** What was asked before. */
  readonly asked: readonly Asked[]
  readonly random: Random
}

export interface OldAnswer {
  readonly reason: string
  readonly data: readonly [Data, Data]
  readonly asked: readonly Asked[]
  /** As it was kept, and as it is. */
  readonly answers: readonly [HttpResponse, HttpResponse]
}

/** Changes one table after another, and looks for answers that are still as they were. */
export async function askAfterChange(
  { street, twins, world, asked, random }: AfterChange,
  before: Data,
): Promise<OldAnswer | null> {
  let data = before
  for (const table of random.some([...world.tables.values()], 3, 3)) {
    data = random.chance(0.3)
      ? mend({ ...data, [table.name]: makeData(world, random)[table.name] ?? [] }, world)
      : { ...data, [table.name]: mix(table, data[table.name] ?? [], random) }
    await twins.load([data, data], world, random)
    street.loaded([data, data])
    for (const one of random.some(
      asked.filter(({ method }) => method === 'GET'),
      8,
      12,
    )) {
      const [kept] = await street.ask(one, 0)
      const cold = await street.askCold(one, 0)
      // Rows that make an expression raise may be among those that changed.
      if (kept.status >= 500 || cold.status >= 500 || !differ([kept, cold])) continue
      return { reason: `kept although ${table.name} changed`, data: [data, data], asked: [one], answers: [kept, cold] }
    }
  }
  return null
}

/** Rows that keep their keys and have values, and lead where, others of them have and do: nothing else has to change with them. */
function mix(table: WorldTable, rows: readonly Row[], random: Random): readonly Row[] {
  const kept = new Set(table.uniques.flat())
  const links = table.relationships.flatMap(one => (one.kind === 'toOne' ? [one.own] : []))
  const alone = table.columns.map(({ name }) => [name]).filter(([name]) => !links.flat().includes(name as string))
  const groups = [...links, ...alone].filter(group => !group.some(name => kept.has(name)))
  return rows.map(row => {
    const taken = groups.flatMap(group => {
      const from = random.pick(rows)
      return group.map(name => [name, from[name] ?? null] as const)
    })
    return { ...row, ...Object.fromEntries(taken) }
  })
}
