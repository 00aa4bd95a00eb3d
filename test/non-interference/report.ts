// Says of a difference all that is needed to understand it, cut down to the fewest hidden changes that still show.

import { differ } from './differ.ts'
import type { Difference } from './harness.ts'
import { mend } from './make-data.ts'
import type { Asked } from './make-request.ts'
import { toDefinition } from './policy.ts'
import type { Product } from './product.ts'
import { Random } from './random.ts'
import { openStreet } from './street.ts'
import type { TwinDatabases } from './twin-databases.ts'
import { type Data, makeWorld, type Row, type World, type WorldTable } from './world.ts'

export async function reportDifference(product: Product, twins: TwinDatabases, found: Difference): Promise<string> {
  const world = makeWorld(product.defineTables(twins.schema))
  const asked = found.asked.at(-1) as Asked
  const street = openStreet(product, twins, found.policy, world)
  street.become(found.caller)
  const shows = async (other: Data): Promise<boolean> => {
    await twins.load([found.data[0], other], world, new Random(0))
    return differ(await street.ask(asked, 0))
  }
  let other = found.data[1]
  const alone = await shows(other).catch(() => false)
  if (alone) other = await cutDown(found.data[0], other, world, shows)
  const answers = alone
    ? await twins.load([found.data[0], other], world, new Random(0)).then(() => street.ask(asked, 0))
    : found.answers
  const named = [...answers.keys()].map(
    i =>
      `${i === 0 ? 'first' : 'other'}: ${answers[i]?.status} ${JSON.stringify(answers[i]?.headers)}\n${answers[i]?.body}`,
  )
  return [
    `${asked.method} ${decodeURIComponent(asked.target)}${asked.body === null ? '' : `\n${asked.body}`}`,
    alone ? 'shows when asked alone' : `does not show when asked alone; before it: ${found.asked.length - 1} requests`,
    `caller ${found.caller.id} ${JSON.stringify(Object.fromEntries(found.caller.claims))}`,
    ...named,
    `other data: ${describeChanges(found.data[0], other, world)}`,
    `errors: ${[...found.errors, ...street.errors].slice(0, 2).map(describeError).join('; ')}`,
    `policy: ${JSON.stringify(definitionOf(found, world), (_, value) => (typeof value === 'function' ? 'code' : value))}`,
    `data: ${JSON.stringify(found.data[0])}`,
  ].join('\n')
}

function definitionOf({ policy }: Difference, world: World): unknown {
  const { resources, options } = toDefinition(policy, world)
  return { resources: Object.fromEntries(Object.entries(resources).map(([name, one]) => [name, one.options])), options }
}

function describeError(error: unknown): string {
  const { cause } = error as { cause?: unknown }
  return `${error instanceof Error ? (error.stack ?? error.message) : String(error)}${cause ? ` <- ${describeError(cause)}` : ''}`
}

/** Takes back one change after another, as long as the difference stays. */
async function cutDown(first: Data, other: Data, world: World, shows: (data: Data) => Promise<boolean>): Promise<Data> {
  let least = other
  for (const table of world.tables.values()) {
    const whole = mend({ ...least, [table.name]: first[table.name] ?? [] }, world)
    if (await shows(whole).catch(() => false)) {
      least = whole
      continue
    }
    for (const row of least[table.name] ?? []) {
      const before = sameIn(first, table, row)
      const without = mend(
        {
          ...least,
          [table.name]: (least[table.name] ?? []).flatMap(one => (one !== row ? [one] : before ? [before] : [])),
        },
        world,
      )
      if (JSON.stringify(before) !== JSON.stringify(row) && (await shows(without).catch(() => false))) least = without
    }
  }
  return least
}

function sameIn(data: Data, table: WorldTable, row: Row): Row | undefined {
  return table.key.length === 0
    ? undefined
    : (data[table.name] ?? []).find(one => table.key.every(column => one[column] === row[column]))
}

function describeChanges(first: Data, other: Data, world: World): string {
  const changes = [...world.tables.values()].flatMap(table => {
    const [before, after] = [first, other].map(
      data => new Set((data[table.name] ?? []).map(row => JSON.stringify(row))),
    ) as [Set<string>, Set<string>]
    const gone = [...before].filter(row => !after.has(row)).map(row => `- ${table.name} ${row}`)
    return [...gone, ...[...after].filter(row => !before.has(row)).map(row => `+ ${table.name} ${row}`)]
  })
  return changes.length === 0 ? 'the same rows in other places' : `\n${changes.join('\n')}`
}
