// Holds the lists of operators and aggregates to what real servers have for each type.
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeEachServer, emptyDatabase, type TestDatabase } from '../../test/support/databases.ts'
import { aggregates, aggregatesFor } from '../aggregates/index.ts'
import { type ColumnType, columnTypes } from '../types/index.ts'
import { type OperatorName, operatorsFor } from './index.ts'

/** The plainest SQL of each operator, on a column `v` of type T; `search` on text makes its tsvector first. */
const sqlOf: Readonly<Record<Exclude<OperatorName, 'search'>, string>> = {
  eq: 'v = v',
  ne: 'not (v = v)',
  lt: 'v < v',
  lte: 'v <= v',
  gt: 'v > v',
  gte: 'v >= v',
  in: 'v = any(array[v])',
  nin: 'not (v = any(array[v]))',
  contains: "v like '%a%'",
  starts_with: "v like 'a%'",
  ends_with: "v like '%a'",
  ilike: "v ilike '%a%'",
  null: 'v is null',
  has: "v ? 'a'",
  any: "v ?| array['a']",
  all: "v ?& array['a']",
}

describeEachServer('operators on a real PostgreSQL', server => {
  let database: TestDatabase
  let client: pg.Client
  beforeAll(async () => {
    database = await emptyDatabase(server)
    client = new pg.Client(database.config)
    await client.connect()
    await client.query('create extension citext')
  })
  afterAll(async () => {
    await client?.end()
    await database?.drop()
  })
  const types = [...columnTypes.values()].filter(({ name }) => name !== 'unknown')

  it('has every operator that a type is said to take', async () => {
    const missing: string[] = []
    for (const type of types) {
      const conditions = operatorsFor(type).map(name => (name === 'search' ? searchOf(type) : sqlOf[name]))
      await client
        .query(`select ${conditions.join(', ')} from (select null::${type.name} as v) t`)
        .catch(error => missing.push(`${type.name}: ${error}`))
    }
    expect(missing).toEqual([])
  })

  it('has every aggregate that a type is said to take, and an order where it is said to be sortable', async () => {
    const missing: string[] = []
    for (const type of types) {
      const calls = aggregatesFor(type).map(name => `${name}(v), pg_typeof(${name}(v))::text`)
      const sql = `select ${calls.join(', ')} from (select null::${type.name} as v) t`
      await client.query(sql).catch(error => missing.push(`${type.name}: ${error}`))
      if (type.sortable)
        await client
          .query(`select v from (select null::${type.name} as v) t order by v`)
          .catch(error => missing.push(`${type.name}: ${error}`))
    }
    expect(missing).toEqual([])
  })

  it('answers min and max with the type that is said', async () => {
    for (const type of types.filter(one => aggregatesFor(one).includes('min'))) {
      const said = aggregates.get('min')?.resultType(type).name
      const { rows } = await client.query(
        `select pg_typeof(min(v)) = $1::regtype as same from (select null::${type.name} as v) t`,
        [said],
      )
      expect([type.name, rows[0].same]).toEqual([type.name, true])
    }
  })
})

function searchOf(type: ColumnType): string {
  const document = type.name === 'tsvector' ? 'v' : "to_tsvector('simple', v::text)"
  return `${document} @@ websearch_to_tsquery('simple', 'a')`
}
