// Holds answers to what the plain driver reads: every type, in random tables and random reads, over each way of reading.
import type pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { connectPostgres } from '../../src/databases/postgres/connect.ts'
import { Random } from '../non-interference/random.ts'
import { type ApiUnderTest, signToken, startApi } from '../support/api-under-test.ts'
import { describeEachServer, emptyDatabase } from '../support/databases.ts'
import { chooseSeed } from '../support/seed.ts'
import { countFound } from '../types-on-the-wire/count-found.ts'
import { faults, spoil } from '../types-on-the-wire/faults.ts'
import { type Doors, Interview } from '../types-on-the-wire/interview.ts'
import { drawHidden, type Hidden, toDefinition } from '../types-on-the-wire/policy.ts'
import { fillDatabase, openPlain, readWorld, tableWith, type World } from '../types-on-the-wire/world.ts'

const callers = ['admin', 'guest'] as const
const atOnce = 12

const filters = [
  ['feeling', 'eq', 'NULL'],
  ['feeling', 'gt', 'happy'],
  ['feeling[]', 'has', 'NULL'],
  ['word[]', 'has', '🎉'],
  ['whole[]', 'any', '0'],
  ['code[]', 'has', 'abcd'],
] as const

/** Each way of reading, as options of a connection. */
const ways = [{ wire: false }, { wire: true }]

describeEachServer('values on the wire', server => {
  const seed = chooseSeed(process.env.FC_SEED)
  // More of them, or the same again: WIRE_READS=20000 FC_SEED=7.
  const reads = Number(process.env.WIRE_READS ?? 400)
  const apis: ApiUnderTest[] = []
  let plain: pg.Pool
  let world: World
  let hidden: Hidden
  let doors: Doors
  let interview: Interview

  beforeAll(async () => {
    const database = await emptyDatabase(server)
    plain = openPlain(database)
    const plans = await fillDatabase(plain, seed)
    const schema = await introspect(database.config as pg.ClientConfig)
    world = await readWorld(plain, plans, schema)
    hidden = drawHidden(world.tables.values(), new Random(seed))
    for (const way of ways) apis.push(await startApi(toDefinition(schema, hidden), database, way))
    doors = { urls: apis.map(api => api.url), tokens: { admin: await signToken('1', { role: 'admin' }), guest: null } }
    interview = new Interview(world, hidden, doors)
  }, 60_000)
  afterAll(async () => {
    for (const api of apis) {
      await api.close()
      expect(api.errors).toEqual([])
    }
    await plain.end()
  })

  it.each(callers)('are all shown right, at the top and included, to %s', async caller => {
    const problems: string[] = []
    for (const name of world.tables.keys()) problems.push(...(await interview.readWhole(name, caller)))
    expect([...new Set(problems)]).toEqual([])
  })

  it('are shown right wherever a chunk of the answer ends', async () => {
    expect(await interview.readSizes('long', 'admin')).toEqual([])
  })

  it(`are shown right in ${reads} random reads, many at a time`, { timeout: 120_000 }, async () => {
    const random = new Random(seed)
    const problems: string[] = []
    for (let i = 0; i < reads && problems.length === 0; i += atOnce) {
      const askers = Array.from({ length: atOnce }, () => new Random(random.int(2 ** 32)))
      const found = await Promise.all(askers.map(one => interview.readSome(one.pick(callers), one)))
      problems.push(...found.flat())
    }
    report()
    expect([...new Set(problems)]).toEqual([])
    const stored = [...world.tables.values()].flatMap(({ plan }) => plan.columns.map(column => column.kind.sql))
    expect(stored.filter(sql => !interview.seen.values.has(sql))).toEqual([])
  })

  it.each(filters)(
    'are found by a filter on a domain without operators of its own: %s %s',
    async (sql, operator, operand) => {
      const { status, count } = await countFound(world, doors, { sql, operator, operand })
      expect(status).toBe(200)
      expect(count).toBeGreaterThan(0)
    },
  )

  it.runIf(server.name.startsWith('embedded')).each(faults)('are told from wrong ones: %s %s', async (sql, _, show) => {
    const mistaken = new Interview(spoil(world, sql, show), hidden, doors)
    const problems = await mistaken.readWhole(tableWith(world, sql).plan.name, 'admin')
    expect(problems.length).toBeGreaterThan(0)
  })

  function report() {
    const { seen, requests } = interview
    const rows = [...world.tables.values()].reduce((sum, table) => sum + table.rows.length, 0)
    console.log(
      `${server.name}, seed ${seed}: ${world.tables.size} tables of ${rows} rows; ${requests} questions, ${seen.records} records, ` +
        `${seen.top} values at the top and ${seen.nested} in included records, of ${seen.values.size} types, at least ${Math.min(...seen.values.values())} of each`,
    )
  }
})

async function introspect(config: pg.ClientConfig) {
  const database = connectPostgres({ config })
  try {
    return await database.introspect()
  } finally {
    await database.close()
  }
}
